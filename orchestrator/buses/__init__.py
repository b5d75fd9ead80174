"""Implementations of the bus."""
