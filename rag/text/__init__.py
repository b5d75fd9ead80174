"""Text with structure out of bytes and markup: what the loaders share."""
