"""The vectors of chunks, kept beside the indexes: an index is filled again, and a search completes a score, without
embedding anything.

They are kept by what was embedded, not by chunk: a chunk that an update or a move of its document leaves as it was is
never embedded again. The table can be dropped at any time; ingestion fills it again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from rag.database import reading
from rag.embedder import Vectors

_BATCH = 500  # below SQLite's and PostgreSQL's limits of parameters in one statement

metadata = MetaData()
_vectors = Table(
    "vectors",
    metadata,
    Column("space", String(255), primary_key=True, comment="the embedder's name"),
    Column("fingerprint", String(64), primary_key=True, comment="of what was embedded, see Chunk.fingerprint"),
    Column("views", Integer, nullable=False, comment="how many vectors"),
    Column("numbers", LargeBinary, nullable=False, comment="16-bit floats, little-endian, one vector after the other"),
)


class VectorStore:
    """The vectors that one embedder made, over a synchronous engine. Thread-safe; blocks its thread; errors are
    SQLAlchemy's. Their 16-bit numbers change a cosine by less than 0.001."""

    def __init__(self, engine: Engine, space: str) -> None:
        """`space`: the embedder's name. Makes the table where it is missing."""
        self._engine = engine
        self._space = space
        metadata.create_all(engine)

    def put(self, fingerprints: Sequence[str], embedded: Sequence[Vectors]) -> None:
        """Keep each chunk's vectors, shape (views, dimensions); those that are kept already stay."""
        rows = {key: self._row(key, own) for key, own in zip(fingerprints, embedded, strict=True)}
        missing = self.missing(rows.keys())
        while missing:
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(_vectors), [rows[key] for key in sorted(missing)])
                return
            except IntegrityError:  # somebody else has put some of them meanwhile
                left = self.missing(missing)
                if left == missing:
                    raise
                missing = left

    def get(self, fingerprints: Collection[str]) -> dict[str, Vectors]:
        """The vectors of those that are kept, shape (views, dimensions) each."""
        vectors: dict[str, Vectors] = {}
        with reading(self._engine) as connection:
            for some in _batches(fingerprints):
                query = select(_vectors.c.fingerprint, _vectors.c.views, _vectors.c.numbers)
                for row in connection.execute(query.where(self._among(some))):
                    vectors[row.fingerprint] = (
                        np.frombuffer(row.numbers, "<f2").reshape(row.views, -1).astype(np.float32)
                    )
        return vectors

    def missing(self, fingerprints: Collection[str]) -> set[str]:
        """Those that are not kept."""
        stored_fingerprints: set[str] = set()
        with reading(self._engine) as connection:
            for some in _batches(fingerprints):
                stored_fingerprints |= set(
                    connection.execute(select(_vectors.c.fingerprint).where(self._among(some))).scalars()
                )
        return set(fingerprints) - stored_fingerprints

    def prune(self, keep: Collection[str]) -> None:
        """Drop all others, of every embedder."""
        with self._engine.begin() as connection:
            connection.execute(delete(_vectors).where(_vectors.c.space != self._space))
            stored_fingerprints = connection.execute(select(_vectors.c.fingerprint)).scalars()
            for some in _batches(set(stored_fingerprints) - set(keep)):
                connection.execute(delete(_vectors).where(self._among(some)))

    def _row(self, fingerprint: str, own: Vectors) -> Mapping[str, Any]:
        numbers = np.atleast_2d(own).astype("<f2")
        return {
            "space": self._space,
            "fingerprint": fingerprint,
            "views": len(numbers),
            "numbers": numbers.tobytes(),
        }

    def _among(self, some: Sequence[str]) -> Any:
        return (_vectors.c.space == self._space) & _vectors.c.fingerprint.in_(some)


def _batches(fingerprints: Collection[str]) -> Iterator[Sequence[str]]:
    every = list(fingerprints)
    return (every[at : at + _BATCH] for at in range(0, len(every), _BATCH))
