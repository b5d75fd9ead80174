"""Errands between processes: one implementation per file."""
