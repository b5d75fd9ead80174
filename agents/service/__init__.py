"""Service schedules, and what is due."""
