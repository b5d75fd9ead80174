"""Search by words: SQLite FTS5 in a file of its own, which any number of processes may share.

Texts are turned into terms before (`rag/analyzer.py`), so SQLite stores plain tokens and questions never reach its
query language. It proposes chunks by its own BM25; how they are scored is told in `rag/words/ranking.py`.
"""

import sqlite3
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from rag.analyzer import Analyzer
from rag.database import configure
from rag.index import IndexUnavailable
from rag.words.index import TermIndex
from rag.words.ranking import FIELDS
from rag.words.term_store import Columns, Kept, Written

_FORMAT = 4  # raised whenever terms or columns change: an older file is emptied and filled again
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunks (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    length INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, section, body, tokenize = "ascii tokenchars '.'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, row);
"""
_DROP = "DROP TABLE IF EXISTS vocabulary; DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS chunks;"
_KEPT = "number, id, subject, chunks.length"


class LexicalIndex(TermIndex):
    """An Index over words in a file."""

    def __init__(self, path: Path | str, analyzer: Analyzer) -> None:
        """Open or create the file; `":memory:"` keeps it in memory. What another analyzer has filled is emptied. Raises
        IndexUnavailable."""
        super().__init__(_SqliteTerms(path, analyzer), analyzer)


class _SqliteTerms:
    """See `rag.words.term_store.TermStore`."""

    errors = (sqlite3.Error,)

    def __init__(self, path: Path | str, analyzer: Analyzer) -> None:
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnavailable(f"{path} cannot be opened: {error}") from error
        try:
            configure(self._database, durable=False)
            stamp = crc32(f"{_FORMAT} {analyzer.notations}".encode()) >> 1  # a positive number of 32 bits
            if self._database.execute("PRAGMA user_version").fetchone()[0] != stamp:
                self._database.executescript(
                    f"BEGIN IMMEDIATE; {_DROP} {_SCHEMA} PRAGMA user_version = {stamp}; COMMIT;"
                )
        except sqlite3.Error as error:
            self._database.close()
            raise IndexUnavailable(f"The word index failed: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def state(self) -> Hashable:
        return self._database.execute("PRAGMA data_version").fetchone()[0], self._database.total_changes

    def size(self) -> tuple[int, int]:
        chunks, terms = self._database.execute("SELECT count(*), total(length) FROM chunks").fetchone()
        return chunks, int(terms)

    def put(self, chunks: Sequence[Written]) -> None:
        with self._writing() as database:
            for chunk in chunks:
                _remove(database, chunk.chunk_id)
                number = database.execute(
                    "INSERT INTO chunks (id, subject, length) VALUES (?, ?, ?)",
                    (chunk.chunk_id, chunk.subject, chunk.length),
                ).lastrowid
                database.execute(
                    "INSERT INTO words (rowid, title, section, body) VALUES (?, ?, ?, ?)", (number, *chunk.columns)
                )

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._writing() as database:
            for chunk_id in chunk_ids:
                _remove(database, chunk_id)

    def clear(self) -> None:
        with self._writing() as database:
            database.execute("DELETE FROM words")
            database.execute("DELETE FROM chunks")

    def ids(self) -> set[str]:
        return {chunk_id for (chunk_id,) in self._database.execute("SELECT id FROM chunks")}

    def everything(self) -> Iterable[tuple[Kept, Columns]]:
        rows = self._database.execute(
            f"SELECT {_KEPT}, title, section, body FROM words JOIN chunks ON number = words.rowid"  # noqa: S608
        )
        return ((Kept(*row[:4]), row[4:]) for row in rows)

    def kept(self, chunk_ids: Sequence[str]) -> list[Kept]:
        rows = self._database.execute(
            f"SELECT {_KEPT} FROM chunks WHERE id IN ({', '.join('?' * len(chunk_ids))})",  # noqa: S608
            tuple(chunk_ids),
        )
        return [Kept(*row) for row in rows]

    def columns(self, numbers: Sequence[int]) -> Mapping[int, Columns]:
        rows = self._database.execute(
            f"SELECT rowid, title, section, body FROM words WHERE rowid IN ({', '.join('?' * len(numbers))})",  # noqa: S608
            tuple(numbers),
        )
        return {number: (title, section, body) for number, title, section, body in rows}

    def candidates(self, weights: Mapping[str, float], most: int, subjects: Sequence[str] | None) -> list[Kept]:
        where = "" if subjects is None else f"AND subject IN ({', '.join('?' * len(subjects))})"
        rows = self._database.execute(
            f"SELECT {_KEPT} FROM words JOIN chunks ON number = words.rowid "  # noqa: S608
            f"WHERE words MATCH ? {where} ORDER BY bm25(words, {', '.join(map(str, FIELDS))}), id LIMIT ?",
            (" OR ".join(f'"{term}"' for term in weights), *(subjects or ()), most),
        )
        return [Kept(*row) for row in rows]

    def counts(self, terms: Sequence[str]) -> Mapping[str, int]:
        counting = "SELECT doc FROM vocabulary WHERE term = ?"
        rows = {term: self._database.execute(counting, (term,)).fetchone() for term in terms}
        return {term: int(row[0]) for term, row in rows.items() if row is not None}

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        return self._database.execute(
            "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?", (letter, chr(ord(letter) + 1))
        )

    def close(self) -> None:
        self._database.close()


def _remove(database: sqlite3.Connection, chunk_id: str) -> None:
    row = database.execute("SELECT number FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row:
        database.execute("DELETE FROM words WHERE rowid = ?", row)
        database.execute("DELETE FROM chunks WHERE number = ?", row)
