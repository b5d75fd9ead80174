"""The contract of an embedder: texts in, unit vectors out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Maps texts to vectors whose dot product is their cosine similarity. Thread-safe; blocks the calling thread."""

    @property
    def name(self) -> str:
        """Identifies model and weights: vectors of embedders with different names are never compared."""

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions), float32, each row of length 1."""
