"""The embedders: `quantised` runs a small model fast, `local` any model; the others wrap one."""
