"""What is held of a person: given to them, erased for them, and kept no longer than it should be."""
