"""Exact search by meaning, where the documents are few enough: the question's cosine with every vector that is shown.

An approximate index may miss chunks, above all where many have the same vector and some were replaced or removed, and
what it finds depends on the order in which they came. Here a search compares with all of them: the vectors of one
generation lie in memory, read from where they are kept beside the index.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
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
class _Subject:
    """The vectors of one subject's chunks: those of `chunk_ids[i]` begin at row `starts[i]`; `places` are those i by
    the chunks' ids."""

    chunk_ids: tuple[str, ...]
    starts: NDArray[np.intp]
    rows: Vectors
    places: Mapping[str, int]

    def near(self, vector: Vectors) -> Vectors:
        """The likeness of each chunk to the vector, a cosine."""
        likenesses: Vectors = np.maximum.reduceat(self.rows @ vector, self.starts)
        return likenesses

    def hits(self, vector: Vectors, k: int) -> Iterator[Hit]:
        """The nearest `k`, and whatever is as near as the last of them."""
        near = self.near(vector)
        least = np.partition(near, -k)[-k] if k < len(near) else near.min()
        found = np.flatnonzero(near >= least)
        return (Hit(self.chunk_ids[at], score) for at, score in zip(found, near[found].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Generation:
    """What is known of a generation's vectors. `subjects`: None where they are too many or not all there; `until`: when
    that is looked at again, in monotonic seconds."""

    number: int
    subjects: Mapping[str, _Subject] | None
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
        by_subject = self._at(generation).subjects
        if by_subject is None:
            return None
        searched = (
            by_subject.values()
            if subjects is None
            else [by_subject[name] for name in {*subjects} if name in by_subject]
        )
        hits = [hit for subject in searched for hit in subject.hits(vector, k)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]

    def nearness(self, vector: Vectors, chunks: Sequence[Chunk], generation: int) -> dict[str, float] | None:
        """The likeness to the vector of these chunks, by their ids, a cosine; None where no vectors are at hand."""
        by_subject = self._at(generation).subjects
        if by_subject is None:
            return None
        known: dict[str, float] = {}
        for name in {chunk.subject for chunk in chunks} & by_subject.keys():
            subject = by_subject[name]
            near = subject.near(vector)
            places = ((chunk.id, subject.places.get(chunk.id)) for chunk in chunks if chunk.subject == name)
            known |= {chunk_id: float(near[place]) for chunk_id, place in places if place is not None}
        return known

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
            by_subject = groupby(looks, key=lambda look: look.subject)
            return _Generation(generation, {name: _subject(list(some), vectors) for name, some in by_subject})
        except (SQLAlchemyError, KeyError):  # they are often in a file of their own, which may be lost or incomplete
            return _Generation(generation, None, time.monotonic() + RETRY_S)


def _subject(looks: Sequence[Look], vectors: Mapping[str, Vectors]) -> _Subject:
    own = [vectors[look.fingerprint] for look in looks]
    starts = np.cumsum([0, *(len(rows) for rows in own[:-1])])
    ids = tuple(look.chunk_id for look in looks)
    return _Subject(ids, starts, np.concatenate(own), {chunk_id: place for place, chunk_id in enumerate(ids)})
