"""Exact search by meaning, where the documents are few enough: the question's cosine with every vector that is shown.

An approximate index may miss chunks, above all where many have the same vector and some were replaced or removed, and
what it finds depends on the order in which they came. Here a search compares with all of them: the vectors of one
generation lie in memory, read from where they are kept beside the index.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from rag.catalogue import Catalogue, Look
from rag.chunk_rows import lots
from rag.embedder import Vectors
from rag.index import Hit
from rag.types import Chunk
from rag.vectors import VectorStore

MOST_VECTORS = 20_000
"""So many vectors of 384 dimensions take 31 MB."""
RETRY_S = 10.0
"""How long it is not looked again whether vectors that were missing are there."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The vectors of the chunks of a generation, subject by subject: those of `chunk_ids[i]` begin at row `starts[i]`;
    `places` are those i by the chunks' ids, and `subjects` the first i of each subject and the one behind its last."""

    chunk_ids: tuple[str, ...]
    starts: NDArray[np.intp]
    rows: Vectors
    places: Mapping[str, int]
    subjects: Mapping[str, tuple[int, int]]

    def near(self, vector: Vectors, first: int, end: int) -> Vectors:
        """The likeness of each of some chunks in a row to the vector, a cosine."""
        row = self.starts[first]
        rows = self.rows[row : self.starts[end] if end < len(self.starts) else len(self.rows)]
        likenesses: Vectors = np.maximum.reduceat(rows @ vector, self.starts[first:end] - row)
        return likenesses


@dataclass(frozen=True, slots=True)
class _Generation:
    """What is known of a generation's vectors. `shown`: None where they are too many or not all there; `until`: when
    that is looked at again, in monotonic seconds."""

    number: int
    shown: _Shown | None
    until: float = float("inf")


class Neighbours:
    """The nearest chunks of a generation. Thread-safe; blocks its thread while the vectors are read."""

    def __init__(self, catalogue: Catalogue, vectors: VectorStore, most: int = MOST_VECTORS) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._most = most
        self._reading = Lock()
        self._newest = _Generation(-1, None)

    def search(
        self, vector: Vectors, k: int, generation: int, subjects: Sequence[str] | None = None
    ) -> list[Hit] | None:
        """At most `k` of the chunks that the generation shows, best first, only from `subjects` where given; None where
        an index has to be asked: there are too many vectors, some are missing, or a newer generation is known already.
        """
        shown = self._at(generation).shown
        if shown is None:
            return None
        if subjects is None:
            parts = [(0, len(shown.chunk_ids))] if shown.chunk_ids else []
        else:
            parts = [shown.subjects[name] for name in {*subjects} & shown.subjects.keys()]
        if not parts:
            return []
        near = np.concatenate([shown.near(vector, *part) for part in parts])
        places = np.concatenate([np.arange(*part) for part in parts])
        # Whatever is as near as the last one: which of them come first is decided by their ids.
        found = np.flatnonzero(near >= np.partition(near, -k)[-k]) if k < len(near) else np.arange(len(near))
        ranked = sorted(zip((-near[found]).tolist(), (shown.chunk_ids[at] for at in places[found]), strict=True))
        return [Hit(chunk_id, -far) for far, chunk_id in ranked[:k]]

    def nearness(self, vector: Vectors, chunks: Sequence[Chunk], generation: int) -> dict[str, float] | None:
        """The likeness to the vector of these chunks, by their ids, a cosine; None where no vectors are at hand."""
        shown = self._at(generation).shown
        if shown is None:
            return None
        known = {chunk.id: shown.places[chunk.id] for chunk in chunks if chunk.id in shown.places}
        if not known:
            return {}
        places = np.array([*known.values()])
        ends = np.append(shown.starts, len(shown.rows))
        sizes = ends[places + 1] - ends[places]
        firsts = np.cumsum(sizes) - sizes
        rows = np.arange(sizes.sum()) + np.repeat(ends[places] - firsts, sizes)
        near = np.maximum.reduceat(shown.rows[rows] @ vector, firsts)
        return dict(zip(known, near.tolist(), strict=True))

    def _at(self, generation: int) -> _Generation:
        with self._reading:
            newest = self._newest
            if generation > newest.number or (generation == newest.number and time.monotonic() > newest.until):
                self._newest = newest = self._read(generation)
            return newest if newest.number == generation else _Generation(generation, None)

    def _read(self, generation: int) -> _Generation:
        try:
            if self._catalogue.count(generation) > self._most:
                return _Generation(generation, None)
            looks = self._catalogue.looks(generation)
            vectors: dict[str, Vectors] = {}
            for some in lots(sorted({look.fingerprint for look in looks})):
                vectors |= self._vectors.get(some)
            if sum(len(vectors[look.fingerprint]) for look in looks) > self._most:
                return _Generation(generation, None)
            return _Generation(generation, _shown(looks, vectors))
        except (SQLAlchemyError, KeyError):  # they are often in a file of their own, which may be lost or incomplete
            return _Generation(generation, None, time.monotonic() + RETRY_S)


def _shown(looks: Sequence[Look], vectors: Mapping[str, Vectors]) -> _Shown:
    """Of looks by subject."""
    own = [vectors[look.fingerprint] for look in looks]
    subjects: dict[str, tuple[int, int]] = {}
    for place, look in enumerate(looks):
        subjects[look.subject] = (subjects.get(look.subject, (place, 0))[0], place + 1)
    ids = tuple(look.chunk_id for look in looks)
    return _Shown(
        ids,
        np.cumsum([0, *(len(rows) for rows in own)])[:-1],
        np.concatenate(own) if own else np.empty((0, 0), dtype=np.float32),
        {chunk_id: place for place, chunk_id in enumerate(ids)},
        subjects,
    )
