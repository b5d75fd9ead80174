"""Search by words in PostgreSQL, for several processes on several machines.

Texts are turned into terms before (`rag/analyzer.py`), so PostgreSQL is given lexemes and no language to read. Its full
text search proposes chunks. `ts_rank` knows neither which terms are rare nor how long a chunk is, but of one term about
how often it stands where: from that the proposal works out BM25. How chunks are scored is told in
`rag/words/ranking.py`.

What one analyzer has filled is a space. A new version of the product fills its own while an older one still searches.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from rag.analyzer import Analyzer
from rag.database import open_database, reading
from rag.index import IndexUnavailable
from rag.words.index import TermIndex
from rag.words.ranking import FIELDS, K1, B
from rag.words.term_store import Columns, Kept, Written

_FORMAT = 1  # raised whenever terms or columns change
_SPACES = 2
"""Spaces that are kept: this one, and the one before for whoever still searches it."""
_LONGEST = 500
"""Characters of a term that PostgreSQL sees: it takes 2,046 bytes. What is longer is found by its beginning."""
_LAST_POSITION, _MOST_POSITIONS = 16_383, 255
_LETTERS = "ABC"
_WEIGHTS = "{" + ", ".join(f"{weight / max(FIELDS):.6f}" for weight in (0.0, *reversed(FIELDS))) + "}"
"""Of letters D to A, for `ts_rank`: none may be above 1."""
_ONCE = max(FIELDS) * math.pi**2 / 6
"""Times what `ts_rank` gives for a term is about how often it stands there, once counting as much as the field."""
_KEPT = "number, id, subject, word_chunks.length"

_SPACE = text("SELECT number FROM word_spaces WHERE stamp = :stamp")
_NEW_SPACE = text("INSERT INTO word_spaces (stamp) VALUES (:stamp) ON CONFLICT (stamp) DO NOTHING")
_OLD_SPACES = text(
    "DELETE FROM word_spaces WHERE number NOT IN (SELECT number FROM word_spaces ORDER BY number DESC LIMIT :most)"
)
_NEWEST = text("SELECT chunks FROM word_spaces ORDER BY number DESC LIMIT 1")
_TURN = text("SELECT number FROM word_spaces WHERE number = :space FOR UPDATE")
_VERSION = text("SELECT version FROM word_spaces WHERE number = :space")
_SIZE = text("SELECT chunks, terms FROM word_spaces WHERE number = :space")
_HELD = text("SELECT id, subject, title, section, body FROM word_chunks WHERE space = :space AND id = ANY(:ids)")
_INSERT = text(
    "INSERT INTO word_chunks (space, id, subject, length, title, section, body, words) "
    "VALUES (:space, :id, :subject, :length, :title, :section, :body, CAST(:words AS tsvector))"
)
_COUNT_IN = text(
    "INSERT INTO word_terms (space, term, chunks) SELECT :space, term, count(*) "
    "FROM word_chunks, unnest(tsvector_to_array(words)) AS term WHERE space = :space AND id = ANY(:ids) GROUP BY term "
    "ON CONFLICT (space, term) DO UPDATE SET chunks = word_terms.chunks + excluded.chunks"
)
_COUNT_OUT = text(
    "UPDATE word_terms SET chunks = word_terms.chunks - gone.chunks FROM (SELECT term, count(*) AS chunks "
    "FROM word_chunks, unnest(tsvector_to_array(words)) AS term WHERE space = :space AND id = ANY(:ids) GROUP BY term) "
    "AS gone WHERE word_terms.space = :space AND word_terms.term = gone.term"
)
_DELETE = text("DELETE FROM word_chunks WHERE space = :space AND id = ANY(:ids) RETURNING length")
_FORGET = text("DELETE FROM word_terms WHERE space = :space AND chunks <= 0")
_CHANGED = text(
    "UPDATE word_spaces SET version = version + 1, chunks = chunks + :chunks, terms = terms + :terms "
    "WHERE number = :space"
)
_CLEAR = (
    text("DELETE FROM word_chunks WHERE space = :space"),
    text("DELETE FROM word_terms WHERE space = :space"),
    text("UPDATE word_spaces SET version = version + 1, chunks = 0, terms = 0 WHERE number = :space"),
)
_IDS = text("SELECT id FROM word_chunks WHERE space = :space")
_EVERYTHING = text(f"SELECT {_KEPT}, title, section, body FROM word_chunks WHERE space = :space")  # noqa: S608
_NAMED = text(f"SELECT {_KEPT} FROM word_chunks WHERE space = :space AND id = ANY(:ids)")  # noqa: S608
_COLUMNS = text("SELECT number, title, section, body FROM word_chunks WHERE number = ANY(:numbers)")
_COUNTS = text("SELECT term, chunks FROM word_terms WHERE space = :space AND term = ANY(:terms)")
_CANDIDATES = text(
    f"SELECT {_KEPT} FROM word_chunks, (SELECT greatest(terms, 1)::float8 / greatest(chunks, 1) AS length "  # noqa: S608
    "FROM word_spaces WHERE number = :space) AS average WHERE space = :space AND words @@ CAST(:any AS tsquery) "
    "AND (CAST(:subjects AS text[]) IS NULL OR subject = ANY(CAST(:subjects AS text[]))) ORDER BY ("
    f"SELECT sum(weight * count / (count + {K1} * (1 - {B} + {B} * word_chunks.length / average.length))) "
    "FROM unnest(CAST(:terms AS tsquery[]), CAST(:weights AS float8[])) AS sought (term, weight), "
    f"LATERAL (SELECT {_ONCE} * ts_rank('{_WEIGHTS}', words, term) AS count) AS counted) DESC, id LIMIT :most"
)
_BEGINNING = text("SELECT term, chunks FROM word_terms WHERE space = :space AND term >= :letter AND term < :next")


class PostgresLexicalIndex(TermIndex):
    """An Index over words in a PostgreSQL at its newest migration."""

    def __init__(self, url: str, analyzer: Analyzer) -> None:
        """`url`: for SQLAlchemy. Raises IndexUnavailable."""
        super().__init__(_PostgresTerms(url, analyzer), analyzer)


def passages_held(database: Engine) -> int:
    """How many chunks the newest space has. Errors are SQLAlchemy's."""
    with reading(database) as connection:
        return int(connection.execute(_NEWEST).scalar() or 0)


class _PostgresTerms:
    """See `rag.words.term_store.TermStore`. Takes one connection."""

    errors = (SQLAlchemyError,)

    def __init__(self, url: str, analyzer: Analyzer) -> None:
        self._database = open_database(url)
        self._reading = self._database.execution_options(isolation_level="AUTOCOMMIT")
        stamp = {"stamp": crc32(f"{_FORMAT} {analyzer.notations}".encode())}
        try:
            with self._database.begin() as connection:
                if (number := connection.execute(_SPACE, stamp).scalar()) is None:
                    connection.execute(_NEW_SPACE, stamp)
                    connection.execute(_OLD_SPACES, {"most": _SPACES})
                    number = connection.execute(_SPACE, stamp).scalar_one()
        except SQLAlchemyError as error:
            self._database.dispose()
            raise IndexUnavailable(f"The word index cannot be opened: {error}") from error
        self._space = {"space": number}

    def _read(self, statement: Any, **values: Any) -> Any:
        with self._reading.connect() as connection:
            return connection.execute(statement, self._space | values).all()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Writers take turns, so that none waits for a term of another's while the other waits for one of its."""
        with self._database.begin() as connection:
            connection.execute(_TURN, self._space).one()
            yield connection

    def state(self) -> Hashable:
        if not (rows := self._read(_VERSION)):
            raise IndexUnavailable("The word index of this version of the product is gone: start this process again")
        return int(rows[0].version)

    def size(self) -> tuple[int, int]:
        return next(((row.chunks, row.terms) for row in self._read(_SIZE)), (0, 0))

    def put(self, chunks: Sequence[Written]) -> None:
        """What is there already stays: others may be adding the same."""
        named = {chunk.chunk_id: chunk for chunk in chunks}
        with self._writing() as connection:
            held = {
                row.id: Written(row.id, row.subject, (row.title, row.section, row.body))
                for row in connection.execute(_HELD, self._space | {"ids": list(named)})
            }
            new = [chunk for name, chunk in named.items() if held.get(name) != chunk]
            if not new:
                return
            ids = [chunk.chunk_id for chunk in new]
            gone = self._delete(connection, [name for name in ids if name in held])
            connection.execute(_INSERT, [{**self._space, **_row(chunk)} for chunk in new])
            connection.execute(_COUNT_IN, self._space | {"ids": ids})
            added = {"chunks": len(new) - len(gone), "terms": sum(chunk.length for chunk in new) - sum(gone)}
            connection.execute(_CHANGED, self._space | added)

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._writing() as connection:
            if gone := self._delete(connection, chunk_ids):
                connection.execute(_CHANGED, self._space | {"chunks": -len(gone), "terms": -sum(gone)})

    def _delete(self, connection: Connection, chunk_ids: Sequence[str]) -> list[int]:
        """The lengths of those that were there."""
        if not chunk_ids:
            return []
        meant = self._space | {"ids": list(chunk_ids)}
        connection.execute(_COUNT_OUT, meant)
        connection.execute(_FORGET, self._space)
        return list(connection.execute(_DELETE, meant).scalars())

    def clear(self) -> None:
        with self._writing() as connection:
            for statement in _CLEAR:
                connection.execute(statement, self._space)

    def ids(self) -> set[str]:
        return {row.id for row in self._read(_IDS)}

    def everything(self) -> Iterable[tuple[Kept, Columns]]:
        return ((Kept(*row[:4]), (row.title, row.section, row.body)) for row in self._read(_EVERYTHING))

    def kept(self, chunk_ids: Sequence[str]) -> list[Kept]:
        return [Kept(*row) for row in self._read(_NAMED, ids=list(chunk_ids))]

    def columns(self, numbers: Sequence[int]) -> Mapping[int, Columns]:
        rows = self._read(_COLUMNS, numbers=list(numbers))
        return {row.number: (row.title, row.section, row.body) for row in rows}

    def candidates(self, weights: Mapping[str, float], most: int, subjects: Sequence[str] | None) -> list[Kept]:
        terms = [f"'{term[:_LONGEST]}'" for term in weights]
        rows = self._read(
            _CANDIDATES,
            any=" | ".join(terms),
            terms=terms,
            weights=list(weights.values()),
            subjects=None if subjects is None else list(subjects),
            most=most,
        )
        return [Kept(*row) for row in rows]

    def counts(self, terms: Sequence[str]) -> Mapping[str, int]:
        found = {row.term: row.chunks for row in self._read(_COUNTS, terms=[term[:_LONGEST] for term in terms])}
        return {term: found[term[:_LONGEST]] for term in terms if term[:_LONGEST] in found}

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        rows = self._read(_BEGINNING, letter=letter, next=chr(ord(letter) + 1))
        return sorted((row.term, row.chunks) for row in rows)

    def close(self) -> None:
        self._database.dispose()


def _row(chunk: Written) -> Mapping[str, object]:
    title, section, body = chunk.columns
    return {
        "id": chunk.chunk_id,
        "subject": chunk.subject,
        "length": chunk.length,
        "title": title,
        "section": section,
        "body": body,
        "words": _vector(chunk.columns),
    }


def _vector(columns: Columns) -> str:
    """The terms as PostgreSQL writes a vector: each with its positions, and letters for the fields."""
    positions: dict[str, list[str]] = defaultdict(list)
    at = 0
    for letter, column in zip(_LETTERS, columns, strict=True):
        for term in column.split():
            at = min(at + 1, _LAST_POSITION)
            if len(places := positions[term[:_LONGEST]]) < _MOST_POSITIONS:
                places.append(f"{at}{letter}")
    return " ".join(f"'{term}':{','.join(places)}" for term, places in positions.items())
