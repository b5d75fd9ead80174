"""The search indexes: `chroma` by meaning, `lexical` by words."""
