"""Search by words: how a chunk is scored, over whatever keeps the chunks' terms."""
