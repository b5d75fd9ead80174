"""Logs, metrics, the watch over the event loop, and what `/ready` looks at."""
