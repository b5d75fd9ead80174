"""Calling tools within limits, and the two tools that every specialist has: to pass a question on, or to a person."""
