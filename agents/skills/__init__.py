"""The skills, one per module; see `agents.skill`."""
