"""The tools by subject; see `agents.tool`."""
