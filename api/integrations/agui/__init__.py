"""AG-UI over the same conversations as every other protocol."""
