"""Hybrid search: passages by meaning and by words, in one order and on one scale, with nothing irrelevant among them.

A passage's score adds its cosine similarity and a power of its share of the BM25 that the question's terms could reach,
each with its weight; both are absolute, so scores of different questions compare and a threshold can say that nothing
fits. Each half is computed for whatever the other half found. Fusion of ranks was not used: it gives the best of a bad
lot the same score as a perfect match. A passage that holds the very identifier that a question names stands before all
but much better ones, and where the documents have identifiers of its kind but not this one, those that hold its
neighbours are left out.

Where customers' questions are known with what answers them, a passage that answers one like this stands the higher, the
more alike the two are: people's words are nearer to other people's words than to the documents'.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Protocol

import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from rag.analyzer import Analyzer
from rag.answerability import answerable
from rag.catalogue import Catalogue
from rag.customer_questions import CustomerQuestions, Nearest
from rag.embedder import Embedder, Vectors
from rag.index import Hit, Index, IndexUnavailable, Query, WordIndex
from rag.neighbours import Neighbours
from rag.query import Sought
from rag.spread import spread
from rag.terms import kind_of
from rag.threads.priority import PriorityThreads
from rag.types import Chunk, Passage, Place
from rag.vectors import VectorStore

WORDS_WEIGHT = 0.45
WORDS_TOLD, WORDS_LEAST = 0.5, 0.5
"""The share of the question's words that the best chunk has from which on words have their whole weight, and what part
of it they keep at least."""
WORDS_POWER = 1.5
"""Few shared words say less than their share of the question, many say more: measured, see `benchmarks/ranking.py`."""
IDENTIFIER_WEIGHT = 0.3
THRESHOLD = 0.12
ASKED_WEIGHT = 0.6
"""Of the likeness to a question that the passage is known to answer: measured, see `docs/retrieval.md`."""
ASKED_ALIKE = 0.6
"""The likeness from which on it makes a passage worth showing that shares too little with the question itself."""
ASKED_COVERED = 0.8
"""The share of the chunks that customers' questions ask for, from which on it tells that none is like another."""
RERANKED = 20
RERANKER_WEIGHT = 0.7
_POOL = 40  # candidates from each index; the fused best eight were always among them
_LONGEST = 2000  # characters of a question that are searched for
_NO_VECTOR: Vectors = np.empty(0, dtype=np.float32)
_FAILURES = (IndexUnavailable, RuntimeError, OSError)


class Reranker(Protocol):
    """A model that reads question and passage together, for the best passages of a search. Thread-safe; blocks the
    calling thread."""

    def relevance(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0..1."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, in the order of `spread`. `degraded` names the half that could not be searched: `meaning` or
    `words`; `unknown` the identifiers of the question that no document has, though they have others of the kind.
    `answerable`: the probability, 0..1, that the passages answer the question."""

    passages: tuple[Passage, ...]
    degraded: str | None = None
    unknown: frozenset[str] = frozenset()
    answerable: float = 0.0


class Retriever:
    """Searches a catalogue through its two indexes, in a few threads of its own."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Embedder,
        dense: Index,
        lexical: WordIndex,
        *,
        vectors: VectorStore | None = None,
        neighbours: Neighbours | None = None,
        questions: CustomerQuestions | None = None,
        reranker: Reranker | None = None,
        threads: int = 4,
        threshold: float = THRESHOLD,
    ) -> None:
        """`vectors`: of the chunks, to compute how near those are that only their words have found; without them they
        are taken to be as near as the last one found by meaning. `neighbours`: searched in the place of `dense` where
        they can be. `questions`: customers', with what answers them. `reranker`: reads the first passages again.
        `threshold`: the least score of a passage that is worth showing, 0..1."""
        self._catalogue = catalogue
        self._embedder = embedder
        self._dense = dense
        self._lexical = lexical
        self._vectors = vectors
        self._neighbours = neighbours
        self._questions = questions
        self._reranker = reranker
        self._threshold = threshold
        self._threads = PriorityThreads(threads, thread_name_prefix="retrieve")

    async def search(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> tuple[Passage, ...]:
        """The passages of `retrieve`."""
        return (await self.retrieve(text, subjects=subjects, k=k)).passages

    async def retrieve(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> SearchResult:
        """At most `k` passages that bear on `text`, only from `subjects` where given; the event loop stays free.
        Raises IndexUnavailable when neither index answers, and SQLAlchemy's errors when the catalogue does not."""
        return (await self.retrieve_each([text], subjects=subjects, k=k))[0]

    async def retrieve_each(
        self, texts: Sequence[str], *, subjects: Sequence[str] | None = None, k: int = 8
    ) -> list[SearchResult]:
        """`retrieve` for each of the texts, all in one state of the documents: to embed them together takes less than
        one after the other, and threads would take turns at one interpreter."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(self.find_each, texts, subjects=subjects, k=k))

    def asked(self, text: str, k: int = 8) -> tuple[Place, ...]:
        """Where the answers to the customers' questions that are like this one stand, the likest first; none where none
        are known. Blocks the calling thread."""
        text = _searchable(text)
        if not self._questions or not text:
            return ()
        try:
            generation = self._catalogue.generation()
            return self._questions.near(text, generation, partial(self._shown, generation)).places(k)
        except (*_FAILURES, SQLAlchemyError):
            return ()

    def known_questions(self) -> Vectors | None:
        """The unit vectors of all questions of customers, one a row; None where there are none, or not yet. Blocks."""
        return self._questions.vectors() if self._questions else None

    def renew(self, questions: CustomerQuestions) -> None:
        """Search with these questions of customers from now on, in the place of those it had."""
        self._questions = questions

    def find(self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8) -> SearchResult:
        """`retrieve` in the calling thread."""
        return self.find_each([text], subjects=subjects, k=k)[0]

    def find_each(
        self, texts: Sequence[str], *, subjects: Sequence[str] | None = None, k: int = 8
    ) -> list[SearchResult]:
        """`retrieve_each` in the calling thread."""
        searchable = [_searchable(text) for text in texts]
        if k < 1 or not any(searchable):
            return [SearchResult(()) for _ in texts]
        generation = self._catalogue.generation()  # before the indexes: whatever is published from now on is not seen
        wanted = [text for text in searchable if text]
        vectors: Mapping[str, Vectors | Exception]
        try:
            vectors = dict(zip(wanted, self._embedder.embed(wanted), strict=True))
        except _FAILURES as error:
            vectors = dict.fromkeys(wanted, error)
        return [
            self._find(text, vectors[text], generation, subjects, k) if text else SearchResult(())
            for text in searchable
        ]

    def _find(
        self, text: str, embedded: Vectors | Exception, generation: int, subjects: Sequence[str] | None, k: int
    ) -> SearchResult:
        vector, near, no_meaning = self._by_meaning(text, embedded, generation, subjects)
        sought, worded, no_words = self._by_words(text, subjects)
        if no_meaning and no_words:
            raise IndexUnavailable("Neither index can be searched") from no_meaning
        asked = None if no_meaning else self._asked(text, generation)
        chunks = self._catalogue.chunks(
            [*dict.fromkeys((*near, *worded, *(asked.chunks(_POOL) if asked else ())))], generation
        )
        if subjects is not None:
            chunks = {chunk_id: chunk for chunk_id, chunk in chunks.items() if chunk.subject in subjects}
        if no_meaning:
            scores, degraded = worded, "meaning"
        elif no_words:
            scores, degraded = near, "words"
        else:
            near |= self._nearness(vector, [chunk for chunk in chunks.values() if chunk.id not in near], generation)
            worded |= self._lexical.scores(text, [chunk_id for chunk_id in chunks if chunk_id not in worded])
            scores, degraded = fused(near, worded), None
        passages = self._reranked(text, _ranked(chunks.values(), scores, sought, self._lexical.analyzer))
        sure = answerable([passage.score for passage in passages], unknown=bool(sought.unknown))
        if asked is not None:
            passages = lifted(passages, asked, near)
        best = spread([passage for passage in passages if passage.score >= self._threshold])[:k]
        if asked is not None and self._tells(asked, generation):
            best = tuple(replace(passage, asked=asked.of(passage.chunk.id)) for passage in best)
        return SearchResult(best, degraded, sought.unknown, sure)

    def _asked(self, text: str, generation: int) -> Nearest | None:
        """What customers' questions like this one are answered by; None where none are known."""
        if not self._questions:
            return None
        try:
            return self._questions.near(text, generation, partial(self._shown, generation))
        except (*_FAILURES, SQLAlchemyError):  # they only complete scores
            return None

    def _tells(self, asked: Nearest, generation: int) -> bool:
        """Whether likeness to customers' questions tells what answers, besides where to look: where they ask for nearly
        all of the documents, or one that names its statement is like the question. Of a few questions, that none is
        like another says nothing."""
        return (
            asked.states(ASKED_ALIKE)
            or self._questions is None
            or self._questions.covered(generation, partial(self._shown, generation)) >= ASKED_COVERED
        )

    def _shown(self, generation: int) -> Collection[Chunk]:
        ids = self._catalogue.chunk_ids(generation=generation)
        return self._catalogue.chunks(ids, generation).values()

    def _reranked(self, text: str, passages: list[Passage]) -> list[Passage]:
        """The first passages in the order that the reranker sees in them; the others stay behind."""
        if self._reranker is None or not passages:
            return passages
        first, rest = passages[:RERANKED], passages[RERANKED:]
        relevances = self._reranker.relevance(text, [passage.chunk.searchable for passage in first])
        scored = [
            replace(passage, score=(1 - RERANKER_WEIGHT) * passage.score + RERANKER_WEIGHT * relevance)
            for passage, relevance in zip(first, relevances, strict=True)
        ]
        behind = [replace(passage, score=(1 - RERANKER_WEIGHT) * passage.score) for passage in rest]
        return sorted((*scored, *behind), key=lambda passage: (-passage.score, passage.chunk.id))

    def close(self) -> None:
        """Wait for the searches that are running; the catalogue and the indexes stay open."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _by_meaning(
        self, text: str, embedded: Vectors | Exception, generation: int, subjects: Sequence[str] | None
    ) -> tuple[Vectors, dict[str, float], Exception | None]:
        """The question's vector and the chunks near it, or why there are none: the other half then goes on alone."""
        if isinstance(embedded, Exception):
            return _NO_VECTOR, {}, embedded
        try:
            hits = None
            if self._neighbours is not None:
                hits = self._neighbours.search(embedded, _POOL, generation, subjects)
            if hits is None:
                hits = self._dense.search(Query(text, embedded), _POOL, subjects)
            return embedded, _scores(hits), None
        except _FAILURES as error:
            return _NO_VECTOR, {}, error

    def _by_words(self, text: str, subjects: Sequence[str] | None) -> tuple[Sought, dict[str, float], Exception | None]:
        """What the question asks for and the chunks with its words, or why there are none."""
        try:
            hits = self._lexical.search(Query(text, _NO_VECTOR), _POOL, subjects)
            return self._lexical.sought(text), _scores(hits), None
        except _FAILURES as error:
            return Sought({}, 0.0), {}, error

    def _nearness(self, vector: Vectors, chunks: Sequence[Chunk], generation: int) -> dict[str, float]:
        """The cosine similarity of these chunks, of those whose vectors are kept."""
        if self._neighbours is not None and (known := self._neighbours.nearness(vector, chunks, generation)):
            return known
        if self._vectors is None or not chunks:
            return {}
        try:
            kept = self._vectors.get({chunk.fingerprint for chunk in chunks})
        except SQLAlchemyError:  # vectors only complete scores, and are often in a file of their own
            return {}
        return {
            chunk.id: float((kept[chunk.fingerprint] @ vector).max()) for chunk in chunks if chunk.fingerprint in kept
        }


def _searchable(text: str) -> str:
    return " ".join(text.split())[:_LONGEST].encode(errors="replace").decode()  # half a pair has no encoding


def _scores(hits: Sequence[Hit]) -> dict[str, float]:
    return {hit.chunk_id: hit.score for hit in hits}


def fused(near: Mapping[str, float], worded: Mapping[str, float]) -> dict[str, float]:
    """Scores, from 0 to hardly above 1, of the chunks of either half. A chunk whose nearness is not known is at most as
    near as the last that was found by meaning, and is taken to be so. Where no chunk has many of the question's words
    they count less: then the question has other words than the documents, and those that they share are the common
    ones."""
    last = min(near.values(), default=0.0)
    told = min(max(max(worded.values(), default=0.0) / WORDS_TOLD, WORDS_LEAST), 1.0)
    weight = WORDS_WEIGHT * told * (1 - WORDS_WEIGHT) / (1 - WORDS_WEIGHT * told)  # beside the whole weight of meaning
    return {
        chunk_id: (1 - WORDS_WEIGHT) * max(near.get(chunk_id, last), 0.0)
        + weight * worded.get(chunk_id, 0.0) ** WORDS_POWER
        for chunk_id in {**near, **worded}
    }


def lifted(passages: Sequence[Passage], asked: Nearest, near: Mapping[str, float]) -> list[Passage]:
    """The passages, best first, with the likeness to customers' questions in their scores. One that answers none of
    them counts as if its own text had been asked for; what bears on the question neither by itself nor by another has
    no score."""
    scored = []
    for passage in passages:
        cosine = asked.cosine(passage.chunk.id)
        alike = max(near.get(passage.chunk.id, 0.0), 0.0) if cosine is None else cosine
        score = (1 - ASKED_WEIGHT) * passage.score + ASKED_WEIGHT * alike
        if passage.score < THRESHOLD and alike < ASKED_ALIKE:
            score = 0.0
        scored.append(Passage(passage.chunk, min(score, 1.0)))
    return sorted(scored, key=lambda passage: (-passage.score, passage.chunk.id))


def _ranked(chunks: Iterable[Chunk], scores: Mapping[str, float], sought: Sought, analyzer: Analyzer) -> list[Passage]:
    """Chunks as passages, best first, without those that hold a neighbour of what the question names. Where it names
    identifiers, part of a score is the share of them that the chunk holds, weighted as words are."""
    total = sum(sought.weights[name] for name in sought.named)
    lacking = {kind_of(name) for name in sought.unknown}
    ranked = []
    for chunk in chunks:
        score = max(scores.get(chunk.id, 0.0), 0.0)
        if sought.named or lacking:
            chunk_terms = frozenset(analyzer.terms(chunk.searchable))
            matches = chunk_terms & sought.named
            if lacking and not matches and any(kind_of(term) in lacking for term in chunk_terms):
                continue
            if total:
                share = sum(sought.weights[name] for name in matches) / total
                score = (1 - IDENTIFIER_WEIGHT) * score + IDENTIFIER_WEIGHT * share
        ranked.append((-score, chunk.id, chunk))
    return [Passage(chunk, min(-score, 1.0)) for score, _, chunk in sorted(ranked, key=itemgetter(0, 1))]
