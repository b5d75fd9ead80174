"""The contract of a search index over chunks; `rag/indexes/` holds one implementation per file.

An index holds no truth: it is filled from the catalogue and can be dropped and rebuilt at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.analyzer import Analyzer
from rag.embedder import Vectors
from rag.query import Sought
from rag.types import Chunk


class IndexUnavailable(Exception):
    """The index cannot be read or written now; the cause is chained."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question in both forms; an index reads the one it understands. `vector` has shape (dimensions,)."""

    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Hit:
    """A found chunk. `score`: higher is better; its scale belongs to the index."""

    chunk_id: str
    score: float


class Index(Protocol):
    """Finds chunk ids. Thread-safe; blocks the calling thread. Every method may raise IndexUnavailable."""

    def add(self, chunks: Sequence[Chunk], vectors: Vectors | Sequence[Vectors]) -> None:
        """Insert or replace; `vectors[i]` belongs to `chunks[i]`: one of shape (dimensions,), or several views of the
        chunk, shape (views, dimensions), of which the nearest counts. Adding a chunk twice leaves one."""

    def remove(self, chunk_ids: Sequence[str]) -> None:
        """Unknown ids are ignored."""

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        """At most `k` hits, best first, only from `subjects` where given."""

    def ids(self) -> set[str]:
        """The ids of all chunks held, to compare with the catalogue."""

    def clear(self) -> None: ...

    def close(self) -> None: ...


class WordIndex(Index, Protocol):
    """An Index over words: it can also say what a question asks for, and score any chunk."""

    @property
    def analyzer(self) -> Analyzer:
        """What reads texts and questions as terms."""

    def sought(self, question: str) -> Sought:
        """What a question asks for, in the vocabulary of the chunks held."""

    def scores(self, question: str, chunk_ids: Sequence[str]) -> dict[str, float]:
        """The scores of certain chunks, on the scale of `search`; unknown ids are left out."""
