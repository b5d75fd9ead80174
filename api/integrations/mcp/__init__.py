"""Pitcrew for programs that speak the Model Context Protocol: search, ask, and the documents."""
