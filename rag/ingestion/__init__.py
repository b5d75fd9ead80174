"""Bringing documents in: files found, read in confined processes, split, stored and published."""
