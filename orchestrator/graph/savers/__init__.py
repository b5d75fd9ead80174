"""The savers of parked runs: `sqlite` in a file of one process, `postgres` where processes share a database."""
