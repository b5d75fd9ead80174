"""The index over words: questions are read against the vocabulary of the chunks held, and chunks are scored here.

The store proposes the chunks that hold the question's rarer terms. Where the chunks are few enough it proposes nothing:
all of them are scored at once, from arrays in memory, which know the vocabulary as well.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby, pairwise
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from rag.analyzer import Analyzer
from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.likeness.postings import Postings
from rag.query import Sought, seek
from rag.terms import is_identifier, kind_of
from rag.types import Chunk
from rag.words.ranking import Terms, rarest, score, scores
from rag.words.term_store import Kept, TermStore, Written

_POOL = 100
_MOST_ROWS = 5_000
"""Chunks that a store weighs up for one question, microseconds each: commoner terms than fit in are only scored."""
_REMEMBERED = 64
"""Questions that are read once: a search asks for the terms of one three times."""
_CHUNKS_REMEMBERED = 4_000
"""Chunks whose terms are counted once: the same ones are found again and again."""
_TERMS_REMEMBERED = 20_000
MOST_IN_MEMORY = 8_000
"""Chunks whose terms are read into arrays by the first search: a tenth of a millisecond each."""


class TermIndex:
    """A WordIndex over a store of terms. It reads the text of chunks and questions, and ignores their vectors."""

    def __init__(self, store: TermStore, analyzer: Analyzer) -> None:
        self.analyzer = analyzer
        self._store = store
        self._using = Lock()
        self._closed = False
        self._cached: _Vocabulary | None = None

    @contextmanager
    def _locked(self) -> Iterator[TermStore]:
        with self._using:
            if self._closed:
                raise IndexUnavailable("The word index is closed")
            try:
                yield self._store
            except self._store.errors as error:
                raise IndexUnavailable(f"The word index failed: {error}") from error

    def add(self, chunks: Sequence[Chunk], vectors: Vectors | Sequence[Vectors]) -> None:
        written = [Written(chunk.id, chunk.subject, self._columns(chunk)) for chunk in chunks]
        with self._locked() as store:
            store.put(written)

    def _columns(self, chunk: Chunk) -> tuple[str, str, str]:
        title, section, body = (
            " ".join(self.analyzer.terms(text))
            for text in (chunk.title, " / ".join(chunk.section), "\n".join((" | ".join(chunk.header), chunk.text)))
        )
        return title, section, body

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._locked() as store:
            store.remove(chunk_ids)

    def sought(self, question: str) -> Sought:
        """What a question asks for, in the vocabulary of the chunks held."""
        with self._locked() as store:
            return self._vocabulary(store).sought(question)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        if k < 1 or (subjects is not None and not subjects):
            return []
        with self._locked() as store:
            vocabulary = self._vocabulary(store)
            sought = vocabulary.sought(query.text)
            if not sought.weights:
                return []
            if (postings := vocabulary.postings) is not None:
                return [Hit(*hit) for hit in postings.best(vocabulary.scores(postings, query.text), k, subjects)]
            counts = {term: vocabulary.chunk_count(term) for term in sought.weights}
            weights = {term: sought.weights[term] for term in rarest(sought.weights, counts, _MOST_ROWS)}
            hits = vocabulary.hits(store.candidates(weights, max(k, _POOL), subjects), sought)
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]

    def scores(self, question: str, chunk_ids: Sequence[str]) -> dict[str, float]:
        """The scores of certain chunks; unknown ids are left out."""
        with self._locked() as store:
            vocabulary = self._vocabulary(store)
            if (postings := vocabulary.postings) is not None:
                every = vocabulary.scores(postings, question)
                known = ((chunk_id, postings.positions.get(chunk_id)) for chunk_id in chunk_ids)
                return {chunk_id: float(every[at]) for chunk_id, at in known if at is not None}
            hits = vocabulary.hits(store.kept(chunk_ids), vocabulary.sought(question))
            return {hit.chunk_id: hit.score for hit in hits}

    def _vocabulary(self, store: TermStore) -> "_Vocabulary":
        """What is known of the terms, until the chunks change."""
        state = store.state()
        if self._cached is None or self._cached.state != state:
            self._cached = _Vocabulary(store, state, self.analyzer)
        return self._cached

    def ids(self) -> set[str]:
        with self._locked() as store:
            return store.ids()

    def clear(self) -> None:
        with self._locked() as store:
            store.clear()

    def close(self) -> None:
        with self._using:
            if not self._closed:
                self._closed = True
                self._store.close()


class _Vocabulary:
    """The terms of the chunks and how many hold each; used under the index's lock."""

    def __init__(self, store: TermStore, state: Hashable, analyzer: Analyzer) -> None:
        self.state = state
        self.total, terms = store.size()
        self._length = terms / self.total if terms else 1.0
        self._store = store
        self._analyzer = analyzer
        self._chunk_counts: LRUCache[str, int] = LRUCache(_TERMS_REMEMBERED)
        self._beginning: dict[str, Mapping[str, int]] = {}
        self._kinds: dict[str, Counter[tuple[str, int]]] = {}
        self._sought: dict[str, Sought] = {}
        self._last: tuple[str, NDArray[np.float64]] | None = None
        self._terms: LRUCache[int, Terms] = LRUCache(_CHUNKS_REMEMBERED)

    @cached_property
    def postings(self) -> Postings | None:
        """All chunks, where they are few enough."""
        if self.total > MOST_IN_MEMORY:
            return None
        chunks = ((kept, Terms.of(columns)) for kept, columns in self._store.everything())
        return Postings.of(
            [
                (kept.chunk_id, kept.subject, kept.length / self._length, terms.counts, terms.pairs)
                for kept, terms in chunks
            ]
        )

    @cached_property
    def _in_memory(self) -> Mapping[str, Mapping[str, int]] | None:
        """How many chunks hold each term, by its first letter, where all chunks are in memory."""
        if self.postings is None:
            return None
        held = sorted(self.postings.chunk_counts().items())
        return {letter: dict(terms) for letter, terms in groupby(held, lambda counted: counted[0][0])}

    def scores(self, postings: Postings, question: str) -> NDArray[np.float64]:
        """Of all chunks, by their positions; a search asks for them twice."""
        if self._last is None or self._last[0] != question:
            self._last = question, scores(postings, self.sought(question))
        return self._last[1]

    def hits(self, chunks: Sequence[Kept], sought: Sought) -> list[Hit]:
        """Chunks with their scores."""
        known = {kept.number: terms for kept in chunks if (terms := self._terms.get(kept.number)) is not None}
        unknown = [kept.number for kept in chunks if kept.number not in known]
        if unknown:
            new = {number: Terms.of(columns) for number, columns in self._store.columns(unknown).items()}
            self._terms.update(new)
            known |= new
        neighbours = frozenset(pairwise(sought.weights))
        return [
            Hit(kept.chunk_id, score(sought, neighbours, kept.length / self._length, known[kept.number]))
            for kept in chunks
            if kept.number in known  # another process may just have removed it
        ]

    def sought(self, question: str) -> Sought:
        if question not in self._sought:
            if len(self._sought) == _REMEMBERED:
                self._sought.clear()
            if self._in_memory is None:
                self._look_up({term.term for term in self._analyzer.search_terms(question)})
            self._sought[question] = seek(question, self, self._analyzer)
        return self._sought[question]

    def _look_up(self, terms: Iterable[str]) -> None:
        """Count together what would be asked for one by one."""
        asked = [term for term in terms if term not in self._chunk_counts]
        if asked:
            self._chunk_counts.update({**dict.fromkeys(asked, 0), **self._store.counts(asked)})

    def chunk_count(self, term: str) -> int:
        if self._in_memory is not None:
            return self._in_memory.get(term[:1], {}).get(term, 0)
        self._look_up([term])
        return self._chunk_counts[term]

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        if letter not in self._beginning:
            held = self._in_memory
            self._beginning[letter] = dict(self._store.beginning(letter)) if held is None else held.get(letter, {})
        return self._beginning[letter].items()

    def alike(self, kind: tuple[str, int]) -> int:
        letter = kind[0][0]
        if letter not in self._kinds:
            self._kinds[letter] = Counter(kind_of(term) for term, _ in self.beginning(letter) if is_identifier(term))
        return self._kinds[letter][kind]
