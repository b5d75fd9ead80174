"""The rerankers: `cross_encoder` runs a model of one's own."""
