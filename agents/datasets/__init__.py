"""Datasets: registered, described, copied into snapshots, and queried in processes that reach nothing else."""
