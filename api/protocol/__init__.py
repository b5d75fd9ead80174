"""The contract of a dialect, and the frames that dialects are made of. Pure."""
