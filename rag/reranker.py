"""The contract of a reranker: a model that reads question and passage together, for the best passages of a search."""

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Thread-safe; blocks the calling thread."""

    def relevance(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0..1."""
