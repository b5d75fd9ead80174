"""The embedders: `local` runs a packaged model in this process."""
