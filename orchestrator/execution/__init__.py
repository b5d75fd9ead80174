"""The engine: what clients may ask, runs that are answered, and readers who follow them."""
