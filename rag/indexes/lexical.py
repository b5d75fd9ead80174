"""Search by words: SQLite FTS5 in a file of its own, which any number of processes may share.

Texts are turned into terms here (`rag/analyzer.py`), so SQLite stores plain tokens and questions never reach its query
language. SQLite proposes the chunks that hold the question's rarer terms; they are scored here, by BM25 over fields
(BM25F, Robertson and Zaragoza 2009) with little normalisation for length and with pairs of neighbouring terms, none of
which SQLite's own function has. A score is the share of what a chunk would have that held every term: hardly above 1.
Terms that no chunk has count as the rarest of all, so a question that the documents only touch with its common words
scores low. Where the chunks are few enough SQLite proposes nothing: all of them are scored at once, from arrays in
memory.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from threading import Lock
from zlib import crc32

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from rag.analyzer import Analyzer
from rag.database import configure
from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.likeness.postings import Postings
from rag.query import Sought, seek
from rag.terms import UNSOUGHT_TERMS, is_identifier, kind_of
from rag.types import Chunk

FIELDS = (1.0, 1.5, 1.0)
"""How much a term counts in the title, in the headings and in the body."""
_K1, _B = 1.2, 0.4
PAIR = 0.3
"""What a pair of terms that stand side by side adds, of the weight of the rarer one."""
SATURATION = 1.4
"""What a term that stands about once in the text, and perhaps in a heading, comes to: with it a full match is about 1.
It depends on FIELDS."""
_MOST = 1.5
_POOL = 100
_MOST_ROWS = 5_000
"""Chunks that SQLite weighs up for one question, a microsecond each: commoner terms than fit in are only scored."""
_REMEMBERED = 64
"""Questions that are read once: a search asks for the terms of one three times."""
_CHUNKS_REMEMBERED = 4_000
"""Chunks whose terms are counted once: the same ones are found again and again."""
MOST_IN_MEMORY = 8_000
"""Chunks whose terms are read into arrays by the first search: a tenth of a millisecond each."""
_FORMAT = 4  # raised whenever terms or columns change: an older file is emptied and filled again
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunks (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    length INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, section, body, tokenize = "ascii tokenchars '.'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, row);
"""
_DROP = "DROP TABLE IF EXISTS vocabulary; DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS chunks;"


class LexicalIndex:
    """An Index that reads the text of chunks and questions, and ignores their vectors."""

    def __init__(self, path: Path | str, analyzer: Analyzer) -> None:
        """Open or create the file; `":memory:"` keeps it in memory. What another analyzer has filled is emptied. Raises
        IndexUnavailable."""
        self.analyzer = analyzer
        self._using = Lock()
        self._cached_vocabulary: _Vocabulary | None = None
        self._cache_version = (0, 0)
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnavailable(f"{path} cannot be opened: {error}") from error
        try:
            with self._locked() as database:
                configure(database, durable=False)
                stamp = crc32(f"{_FORMAT} {analyzer.notations}".encode()) >> 1  # a positive number of 32 bits
                if database.execute("PRAGMA user_version").fetchone()[0] != stamp:
                    database.executescript(f"BEGIN IMMEDIATE; {_DROP} {_SCHEMA} PRAGMA user_version = {stamp}; COMMIT;")
        except IndexUnavailable:
            self._database.close()
            raise

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._using:
            try:
                yield self._database
            except sqlite3.Error as error:
                raise IndexUnavailable(f"The word index failed: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._locked() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def add(self, chunks: Sequence[Chunk], vectors: Vectors | Sequence[Vectors]) -> None:
        rows = [(chunk, self._columns(chunk)) for chunk in chunks]
        with self._writing() as database:
            for chunk, columns in rows:
                _remove(database, chunk.id)
                number = database.execute(
                    "INSERT INTO chunks (id, subject, length) VALUES (?, ?, ?)",
                    (chunk.id, chunk.subject, sum(len(column.split()) for column in columns)),
                ).lastrowid
                database.execute(
                    "INSERT INTO words (rowid, title, section, body) VALUES (?, ?, ?, ?)", (number, *columns)
                )

    def _columns(self, chunk: Chunk) -> tuple[str, str, str]:
        title, section, body = (
            " ".join(self.analyzer.terms(text))
            for text in (chunk.title, " / ".join(chunk.section), "\n".join((" | ".join(chunk.header), chunk.text)))
        )
        return title, section, body

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._writing() as database:
            for chunk_id in chunk_ids:
                _remove(database, chunk_id)

    def sought(self, question: str) -> Sought:
        """What a question asks for, in the vocabulary of the chunks held."""
        with self._locked() as database:
            return self._vocabulary(database).sought(question)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        if k < 1 or (subjects is not None and not subjects):
            return []
        with self._locked() as database:
            vocabulary = self._vocabulary(database)
            sought = vocabulary.sought(query.text)
            if not sought.weights:
                return []
            if (postings := vocabulary.postings) is not None:
                return [Hit(*hit) for hit in postings.best(_scores(postings, sought), k, subjects)]
            where = "" if subjects is None else f"AND subject IN ({', '.join('?' * len(subjects))})"
            rows = database.execute(
                "SELECT number, id, length FROM words JOIN chunks ON number = words.rowid "  # noqa: S608
                f"WHERE words MATCH ? {where} ORDER BY bm25(words, {', '.join(map(str, FIELDS))}), id LIMIT ?",
                (_match(sought, vocabulary), *(subjects or ()), max(k, _POOL)),
            ).fetchall()
            hits = vocabulary.hits(rows, sought)
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]

    def scores(self, question: str, chunk_ids: Sequence[str]) -> dict[str, float]:
        """The scores of certain chunks; unknown ids are left out."""
        with self._locked() as database:
            vocabulary = self._vocabulary(database)
            if (postings := vocabulary.postings) is not None:
                scores = _scores(postings, vocabulary.sought(question))
                known = ((chunk_id, postings.positions.get(chunk_id)) for chunk_id in chunk_ids)
                return {chunk_id: float(scores[at]) for chunk_id, at in known if at is not None}
            rows = database.execute(
                f"SELECT number, id, length FROM chunks WHERE id IN ({', '.join('?' * len(chunk_ids))})",  # noqa: S608
                tuple(chunk_ids),
            ).fetchall()
            hits = vocabulary.hits(rows, vocabulary.sought(question))
        return {hit.chunk_id: hit.score for hit in hits}

    def _vocabulary(self, database: sqlite3.Connection) -> "_Vocabulary":
        """What is known of the terms, until the chunks change."""
        changed = database.execute("PRAGMA data_version").fetchone()[0], database.total_changes
        if self._cached_vocabulary is None or self._cache_version != changed:
            self._cached_vocabulary, self._cache_version = _Vocabulary(database, self.analyzer), changed
        return self._cached_vocabulary

    def ids(self) -> set[str]:
        with self._locked() as database:
            return {chunk_id for (chunk_id,) in database.execute("SELECT id FROM chunks")}

    def clear(self) -> None:
        with self._writing() as database:
            database.execute("DELETE FROM words")
            database.execute("DELETE FROM chunks")

    def close(self) -> None:
        with self._using:
            self._database.close()


def _remove(database: sqlite3.Connection, chunk_id: str) -> None:
    row = database.execute("SELECT number FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row:
        database.execute("DELETE FROM words WHERE rowid = ?", row)
        database.execute("DELETE FROM chunks WHERE number = ?", row)


class _Vocabulary:
    """The terms of the chunks and how many hold each, as SQLite counts them; used under the index's lock."""

    def __init__(self, database: sqlite3.Connection, analyzer: Analyzer) -> None:
        self._database = database
        self._analyzer = analyzer
        total, length = database.execute("SELECT count(*), avg(length) FROM chunks").fetchone()
        self.total = int(total)
        self.length = float(length or 1.0)
        self._chunk_counts: dict[str, int] = {}
        self._beginning: dict[str, Mapping[str, int]] = {}
        self._kinds: dict[str, Counter[tuple[str, int]]] = {}
        self._sought: dict[str, Sought] = {}
        self._terms: LRUCache[int, _Terms] = LRUCache(_CHUNKS_REMEMBERED)

    @cached_property
    def postings(self) -> Postings | None:
        """All chunks, where they are few enough."""
        if self.total > MOST_IN_MEMORY:
            return None
        rows = self._database.execute(
            "SELECT id, subject, length, title, section, body FROM words JOIN chunks ON number = words.rowid"
        )
        chunks = ((name, subject, length, _Terms.of(columns)) for name, subject, length, *columns in rows)
        return Postings.of(
            [
                (name, subject, length / self.length, terms.counts, terms.pairs)
                for name, subject, length, terms in chunks
            ]
        )

    def hits(self, rows: Sequence[tuple[int, str, int]], sought: Sought) -> list[Hit]:
        """Chunks by number, id and length in terms, with their scores."""
        known = {number: terms for number, _, _ in rows if (terms := self._terms.get(number)) is not None}
        unknown = [number for number, _, _ in rows if number not in known]
        if unknown:
            read = self._database.execute(
                f"SELECT rowid, title, section, body FROM words WHERE rowid IN ({', '.join('?' * len(unknown))})",  # noqa: S608
                unknown,
            )
            new = {number: _Terms.of(columns) for number, *columns in read}
            self._terms.update(new)
            known |= new
        neighbours = frozenset(pairwise(sought.weights))
        return [Hit(name, _score(sought, neighbours, length / self.length, known[n])) for n, name, length in rows]

    def sought(self, question: str) -> Sought:
        if question not in self._sought:
            if len(self._sought) == _REMEMBERED:
                self._sought.clear()
            self._sought[question] = seek(question, self, self._analyzer)
        return self._sought[question]

    def chunk_count(self, term: str) -> int:
        if term not in self._chunk_counts:
            row = self._database.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
            if row is None:
                return 0  # not remembered: there is no end of words that no chunk holds
            self._chunk_counts[term] = int(row[0])
        return self._chunk_counts[term]

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        if letter not in self._beginning:
            self._beginning[letter] = dict(
                self._database.execute(
                    "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?", (letter, chr(ord(letter) + 1))
                )
            )
        return self._beginning[letter].items()

    def alike(self, kind: tuple[str, int]) -> int:
        letter = kind[0][0]
        if letter not in self._kinds:
            self._kinds[letter] = Counter(kind_of(term) for term, _ in self.beginning(letter) if is_identifier(term))
        return self._kinds[letter][kind]


def _match(sought: Sought, vocabulary: _Vocabulary) -> str:
    """The rarer terms, as many as fit into _MOST_ROWS, but at least one."""
    taken: list[str] = []
    rows = 0
    for term in sorted(sought.weights, key=vocabulary.chunk_count):
        rows += vocabulary.chunk_count(term)
        if taken and rows > _MOST_ROWS:
            break
        taken.append(term)
    return " OR ".join(f'"{term}"' for term in taken)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a chunk: how often each stands in it, a time in a field counting as much as the field; and which
    follow each other in one field, unless words that are not searched for do stand between them."""

    counts: Mapping[str, float]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, columns: Sequence[str]) -> "_Terms":
        counts: dict[str, float] = defaultdict(float)
        pairs: set[tuple[str, str]] = set()
        for weight, column in zip(FIELDS, columns, strict=True):
            written = column.split()
            for term in written:
                counts[term] += weight
            pairs.update(pairwise(term for term in written if term not in UNSOUGHT_TERMS))
        return cls(dict(counts), frozenset(pairs))


def _scores(postings: Postings, sought: Sought) -> NDArray[np.float64]:
    """The scores of all chunks, as `_score` gives that of one."""

    def gain(weight: float, counts: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
        return weight * counts * (_K1 + 1) / (counts + _K1 * (1 - _B + _B * lengths))

    gained = postings.gained(sought.weights, gain, lambda weight: PAIR * weight)
    return np.minimum(gained / max(sought.reach * SATURATION, 1e-9), _MOST)


def _score(sought: Sought, neighbours: frozenset[tuple[str, str]], length: float, terms: _Terms) -> float:
    """The score of one chunk; `neighbours`: the pairs of terms that follow each other in the question; `length`: in
    terms, over that of the average chunk. Words that are not searched for may stand between a pair."""
    saturation = _K1 * (1 - _B + _B * length)
    gained = 0.0
    for term, weight in sought.weights.items():
        count = terms.counts.get(term)
        if count:
            gained += weight * count * (_K1 + 1) / (count + saturation)
    for pair, other in neighbours & terms.pairs:
        gained += PAIR * min(sought.weights[pair], sought.weights[other])
    return min(gained / max(sought.reach * SATURATION, 1e-9), _MOST)
