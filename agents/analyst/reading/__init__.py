"""Questions about tables, read without a model: links of words to the data, conditions, frames, and the best plan."""
