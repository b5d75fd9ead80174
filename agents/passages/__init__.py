"""Passages as evidence: exact spans of documents, what they state, and the markers that cite them."""
