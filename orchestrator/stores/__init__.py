"""Implementations of the conversation store."""
