"""Processes that touch strangers' data: what they give up, and the pipes to them."""
