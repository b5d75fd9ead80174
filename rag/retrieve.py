"""Hybrid search: passages by meaning and by words, in one order and on one scale, with nothing irrelevant among them.

A passage's score is the weighted mean of its cosine similarity and its share of the BM25 that the question's terms
could reach; both are absolute, so scores of different questions compare and a threshold can say that nothing fits.
Rank fusion was not used: it gives the best of a bad lot the same score as a perfect match.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from rag.catalogue import Catalogue
from rag.embedder import Embedder, Vectors
from rag.index import Hit, Index, IndexUnavailable, Query
from rag.spread import spread
from rag.terms import identifiers
from rag.types import Chunk, Passage

WORDS_WEIGHT = 0.4
IDENTIFIER_WEIGHT = 0.3
THRESHOLD = 0.22
_POOL = 40  # candidates from each index; the fused best eight were always among them
_LONGEST = 2000  # characters of a question that are searched for
_NO_VECTOR: Vectors = np.empty(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, in the order of `spread`. `degraded` names the half that could not be searched: `meaning` or
    `words`."""

    passages: tuple[Passage, ...]
    degraded: str | None = None


class Retriever:
    """Searches a catalogue through its two indexes, in a few threads of its own."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Embedder,
        dense: Index,
        lexical: Index,
        *,
        threads: int = 4,
        threshold: float = THRESHOLD,
    ) -> None:
        """`threshold`: the least score of a passage that is worth showing, 0..1."""
        self._catalogue = catalogue
        self._embedder = embedder
        self._dense = dense
        self._lexical = lexical
        self._threshold = threshold
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="retrieve")

    async def search(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> tuple[Passage, ...]:
        """The passages of `retrieve`."""
        return (await self.retrieve(text, subjects=subjects, k=k)).passages

    async def retrieve(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> Found:
        """At most `k` passages that bear on `text`, only from `subjects` where given; the event loop stays free.
        Raises IndexUnavailable when neither index answers, and SQLAlchemy's errors when the catalogue does not."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(self.find, text, subjects=subjects, k=k))

    def find(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> Found:
        """`retrieve` in the calling thread."""
        text = " ".join(text.split())[:_LONGEST]
        if not text or k < 1:
            return Found(())
        near, no_meaning = _tried(partial(self._by_meaning, text, subjects))
        worded, no_words = _tried(partial(self._by_words, text, subjects))
        if no_meaning and no_words:
            raise IndexUnavailable("Neither index can be searched") from no_meaning
        if no_meaning:
            scores, degraded = {hit.chunk_id: hit.score for hit in worded}, "meaning"
        elif no_words:
            scores, degraded = {hit.chunk_id: max(hit.score, 0.0) for hit in near}, "words"
        else:
            scores, degraded = fused(near, worded), None
        passages = self._passages(text, scores)
        fit = [passage for passage in passages if passage.score >= self._threshold]
        return Found(spread(fit)[:k], degraded)

    def close(self) -> None:
        """Wait for the searches that are running; the catalogue and the indexes stay open."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _by_meaning(self, text: str, subjects: Sequence[str] | None) -> list[Hit]:
        vector: Vectors = self._embedder.embed([text])[0]
        return self._dense.search(Query(text, vector), _POOL, subjects)

    def _by_words(self, text: str, subjects: Sequence[str] | None) -> list[Hit]:
        return self._lexical.search(Query(text, _NO_VECTOR), _POOL, subjects)

    def _passages(self, text: str, scores: Mapping[str, float]) -> list[Passage]:
        """Scored chunks, best first. An index may know chunks that the catalogue has dropped: those are left out."""
        named = identifiers(text)
        chunks = self._catalogue.chunks(list(scores))
        passages = [Passage(chunk, _scored(scores[chunk.id], chunk, named)) for chunk in chunks.values()]
        return sorted(passages, key=lambda passage: (-passage.score, passage.chunk.id))


def _tried(search: Callable[[], list[Hit]]) -> tuple[list[Hit], Exception | None]:
    """The hits of one half of the search, or why it has none; the other half goes on alone."""
    try:
        return search(), None
    except (IndexUnavailable, RuntimeError, OSError) as error:
        return [], error


def fused(near: Sequence[Hit], worded: Sequence[Hit]) -> dict[str, float]:
    """Scores, 0..1, of the chunks that either search found. A chunk found by its words alone is at most as near as the
    last that was found by meaning, and is taken to be so."""
    last = max(near[-1].score, 0.0) if near else 0.0
    cosines = {hit.chunk_id: max(hit.score, 0.0) for hit in near}
    words = {hit.chunk_id: hit.score for hit in worded}
    return {
        chunk_id: (1 - WORDS_WEIGHT) * cosines.get(chunk_id, last) + WORDS_WEIGHT * words.get(chunk_id, 0.0)
        for chunk_id in cosines | words
    }


def _scored(score: float, chunk: Chunk, named: frozenset[str]) -> float:
    """The final score: where the question names identifiers, part of it is the share of them that the chunk holds, so
    that the chunk on P0301 stands before the one on P0302, which reads almost the same."""
    if named:
        held = len(named & identifiers(chunk.searchable)) / len(named)
        score = (1 - IDENTIFIER_WEIGHT) * score + IDENTIFIER_WEIGHT * held
    return min(score, 1.0)
