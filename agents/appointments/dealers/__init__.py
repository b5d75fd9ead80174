"""The dealers: where they are, when they are open, what they do."""
