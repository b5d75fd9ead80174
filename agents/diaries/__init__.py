"""Where appointments are kept; see `agents.diary`."""
