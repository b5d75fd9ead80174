"""The chat model's answerer: its prompt, its answer as it grows, its calls of tools, and what may leave it."""
