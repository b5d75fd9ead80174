"""Scores of routing, retrieval and answers. Pure: cases and predictions in, figures out; all shares are in 0..1."""
