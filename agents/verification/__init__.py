"""Whether passages bear out what a finished answer states."""
