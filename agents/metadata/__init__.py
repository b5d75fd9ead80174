"""What is known of tables besides their rows: names, keys, how they hang together, and how that is told and drawn."""
