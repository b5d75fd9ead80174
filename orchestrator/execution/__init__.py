"""Answering runs in this process."""
