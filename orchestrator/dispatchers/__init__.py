"""Dispatchers: one implementation per file."""
