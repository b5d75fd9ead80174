"""The answerer that needs no model and no key, in its steps."""
