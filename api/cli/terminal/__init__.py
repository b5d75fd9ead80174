"""What the commands share of a terminal: data on stdout, progress and words on stderr."""
