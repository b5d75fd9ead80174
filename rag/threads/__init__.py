"""Threads of the process: whose work they do first."""
