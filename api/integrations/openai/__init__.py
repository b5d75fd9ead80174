"""The OpenAI chat completions API over the same conversations as every other protocol."""
