"""Search by words: SQLite FTS5 in a file of its own, which any number of processes may share.

Texts are turned into terms here (`rag/terms.py`), so SQLite stores plain tokens and questions never reach its query
language. Scores are 0..1: the BM25 that SQLite computes, over the BM25 that a chunk would have that held every term of
the question about once in its text. Terms that no chunk has count as the rarest of all, so a question that the
documents only touch with its common words scores low. Such a term is also looked for under its likeliest spelling.
"""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.spelling import SHORTEST, halves, nearest
from rag.terms import Wanted, terms, wanted
from rag.types import Chunk

_WEIGHTS = (1.5, 2.5, 1.0)  # title, section, body
_SATURATION = 1.4  # how much of a term's weight BM25 gives a chunk that has it in its body, and perhaps in a heading
_MOST_TERMS = 64
_FORMAT = 1  # raised whenever terms or columns change: an older file is emptied and filled again
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunks (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, section, body, tokenize = "unicode61 tokenchars '.'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, row);
"""
_STAMP = f"PRAGMA user_version = {_FORMAT};"
_DROP = "DROP TABLE IF EXISTS vocabulary; DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS chunks;"


class LexicalIndex:
    """An Index that reads the text of chunks and questions, and ignores their vectors."""

    def __init__(self, path: Path | str) -> None:
        """Open or create the file; `":memory:"` keeps it in memory. Raises IndexUnavailable."""
        self._using = Lock()
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnavailable(f"{path} cannot be opened: {error}") from error
        try:
            with self._locked() as database:
                database.execute("PRAGMA busy_timeout = 10000")
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                if database.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
                    database.executescript(f"BEGIN IMMEDIATE; {_DROP} {_SCHEMA} {_STAMP} COMMIT;")
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
        rows = [(chunk, _columns(chunk)) for chunk in chunks]
        with self._writing() as database:
            for chunk, columns in rows:
                _remove(database, chunk.id)
                number = database.execute(
                    "INSERT INTO chunks (id, subject) VALUES (?, ?)", (chunk.id, chunk.subject)
                ).lastrowid
                database.execute(
                    "INSERT INTO words (rowid, title, section, body) VALUES (?, ?, ?, ?)", (number, *columns)
                )

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._writing() as database:
            for chunk_id in chunk_ids:
                _remove(database, chunk_id)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        asked = wanted(query.text)[:_MOST_TERMS]
        if k < 1 or not asked or (subjects is not None and not subjects):
            return []
        with self._locked() as database:
            found, reach = _weighed(database, asked)
            if not found:
                return []
            where = "" if subjects is None else f"AND subject IN ({', '.join('?' * len(subjects))})"
            rows = database.execute(
                f"SELECT id, bm25(words, {', '.join(map(str, _WEIGHTS))}) AS rank FROM words "  # noqa: S608 - constants
                f"JOIN chunks ON number = words.rowid WHERE words MATCH ? {where} ORDER BY rank, id LIMIT ?",
                (" OR ".join(f'"{term}"' for term in found), *(subjects or ()), k),
            ).fetchall()
        return [Hit(chunk_id, min(-rank / reach, 1.0)) for chunk_id, rank in rows]

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


def _columns(chunk: Chunk) -> tuple[str, str, str]:
    body = "\n".join((" | ".join(chunk.header), chunk.text))
    return " ".join(terms(chunk.title)), " ".join(terms(" / ".join(chunk.section))), " ".join(terms(body))


def _remove(database: sqlite3.Connection, chunk_id: str) -> None:
    row = database.execute("SELECT number FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row:
        database.execute("DELETE FROM words WHERE rowid = ?", row)
        database.execute("DELETE FROM chunks WHERE number = ?", row)


def _weighed(database: sqlite3.Connection, asked: Sequence[Wanted]) -> tuple[list[str], float]:
    """The terms to look for, of those that chunks hold, and the BM25 of a chunk that answers all that is asked.

    The weight of a term is that of SQLite's bm25(): ln((N - n + 0.5) / (n + 0.5)) for n of N chunks, at least 1e-6.
    """
    (total,) = database.execute("SELECT count(*) FROM chunks").fetchone()

    def weight(term: str) -> float:
        held = _held(database, term)
        return max(math.log((total - held + 0.5) / (held + 0.5)), 1e-6) if held else 0.0

    rarest = math.log((total + 0.5) / 0.5)
    found: dict[str, float] = {}
    reach = 0.0
    for want in asked:
        weights = {want.term: weight(want.term)}
        if not weights[want.term] and want.otherwise:
            weights = {term: weight(term) for term in want.otherwise}
        if want.guess and not any(weights.values()):
            continue
        if not any(weights.values()):
            weights = {term: weight(term) for term in _meant(database, want.term)} or weights
        reach += sum(value or rarest for term, value in weights.items() if term not in found)
        found |= {term: value for term, value in weights.items() if value}
    return list(found), max(reach * _SATURATION, 1e-9)


def _held(database: sqlite3.Connection, term: str) -> int:
    """How many chunks hold a term."""
    row = database.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
    return int(row[0]) if row else 0


def _meant(database: sqlite3.Connection, term: str) -> tuple[str, ...]:
    """The known terms that an unknown one most likely stands for, if any."""
    if len(term) < SHORTEST or not term.isalpha():
        return ()
    after = chr(ord(term[0]) + 1)
    alike = database.execute("SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?", (term[0], after))
    if found := nearest(term, alike):
        return (found,)
    return next((pair for pair in halves(term) if all(_held(database, half) for half in pair)), ())
