"""A small real embedder for tests: a text's vector is the sum of fixed pseudo-random vectors of its words."""

import hashlib
from collections.abc import Sequence

import numpy as np

from agents.language.terms import terms
from rag.embedder import Vectors


class HashingEmbedder:
    """Texts that share words are near each other. `texts` counts what was embedded."""

    name = "hashing@1"
    dimensions = 64

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        rows = [self._embed(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimensions)

    def _embed(self, text: str) -> Vectors:
        total = np.full(self.dimensions, 1e-3, dtype=np.float32)
        for term in terms(text):
            seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).standard_normal(self.dimensions).astype(np.float32)
        return total / np.linalg.norm(total)
