"""The audit log: who did what to whom, from where, each entry bound to the one before it."""
