"""Versions of documents in SQL, for writing: a text and its chunks, which never change once they are stored whole.

A version is stored before anybody can see it, and a release shows it (`rag/releases.py`). What a process that died had
stored is found again by the hash of its content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, tuple_, update

from rag.chunk_rows import LOT, chunk_of, lots, now, row_of, whole_chunks
from rag.database import reading
from rag.tables import chunks, documents, publications, release_entries, releases, versions
from rag.types import Chunk, Document

KEPT_DAYS = 7
"""Versions that were stored but never shown are kept this long, for the run that takes up an interrupted one."""


class Versions:
    """Writes over a synchronous engine. Thread-safe; blocks its thread; errors are SQLAlchemy's. Others have their turn
    to write every fraction of a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stored(self, document_id: str, content_hash: str) -> int | None:
        """The version of a document that was made from this content, stored whole; None if there is none."""
        with reading(self._engine) as connection:
            rows = _whole(connection, document_id, content_hash)
            return rows[-1].number if rows else None

    def store(self, document: Document, pieces: Sequence[Chunk]) -> int:
        """Store a document and its chunks as a version, in several turns where it is long; its number. The version that
        says the same of the same content is taken where there is one."""
        with self._engine.begin() as connection:
            made = _whole(connection, document.id, document.content_hash)
            for version in made:
                if _same(connection, version, document, pieces):
                    return int(version.number)
            number = _make_room(connection, document)
            if made:  # the same file read another way: its chunks are others than those that answers refer to
                pieces = [replace(piece, id=_other_id(piece.id, number)) for piece in pieces]
            rows = [row_of(replace(piece, version=number), at) for at, piece in enumerate(pieces)]
            _fill(connection, document.id, number, rows, 0)
        for at in range(LOT, len(rows), LOT):
            with self._engine.begin() as connection:
                _fill(connection, document.id, number, rows, at)
        return number

    def sweep(self) -> int:
        """Forget what was stored a week ago or earlier and never shown; how many versions that were."""
        oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat(timespec="seconds")
        publication = select(publications.c.document_id).where(
            publications.c.document_id == versions.c.document_id, publications.c.version == versions.c.number
        )
        waiting = select(release_entries.c.release_id).join(releases, releases.c.id == release_entries.c.release_id)
        waiting = waiting.where(
            releases.c.state.in_(("open", "ready")),
            release_entries.c.document_id == versions.c.document_id,
            release_entries.c.version == versions.c.number,
        )
        query = select(versions.c.document_id, versions.c.number).where(
            versions.c.created_at < oldest, ~publication.exists(), ~waiting.exists()
        )
        with self._engine.begin() as connection:
            old = [(row.document_id, row.number) for row in connection.execute(query)]
            _forget(connection, old)
            connection.execute(delete(releases).where(releases.c.state == "abandoned", releases.c.created_at < oldest))
        return len(old)

    def purge(self, document_ids: Sequence[str]) -> None:
        """Erase the texts of all versions of these documents, which must not be shown; that there were versions, and
        what was done with them, stays."""
        with self._engine.begin() as connection:
            for some in lots(document_ids):
                connection.execute(delete(chunks).where(chunks.c.document_id.in_(some)))
                theirs = (versions.c.document_id.in_(some), versions.c.purged_at.is_(None))
                connection.execute(update(versions).where(*theirs).values(text="", title="", purged_at=now()))


def _whole(connection: Connection, document_id: str, content_hash: str) -> Sequence[Row[Any]]:
    """The versions of this content that are stored whole, the oldest first."""
    query = select(versions).where(
        versions.c.document_id == document_id,
        versions.c.content_hash == content_hash,
        versions.c.chunks.is_not(None),
        versions.c.purged_at.is_(None),
    )
    return connection.execute(query.order_by(versions.c.number)).all()


def _same(connection: Connection, version: Row[Any], document: Document, pieces: Sequence[Chunk]) -> bool:
    """Whether a stored version has the title, the text and the chunks of these, whatever their ids."""
    if (version.title, version.text, version.chunks) != (document.content.title, document.content.text, len(pieces)):
        return False
    query = whole_chunks().where(chunks.c.document_id == document.id, chunks.c.version == version.number)
    rows = connection.execute(query.order_by(chunks.c.position))
    return all(
        chunk_of(row) == replace(piece, id=row.id, version=version.number)
        for row, piece in zip(rows, pieces, strict=True)
    )


def _make_room(connection: Connection, document: Document) -> int:
    """A version without chunks, and the document where it is new; what an interrupted run left of it goes."""
    mine = versions.c.document_id == document.id
    if connection.execute(select(documents.c.id).where(documents.c.id == document.id)).first() is None:
        connection.execute(insert(documents).values(id=document.id, subject=document.subject))
    halves = connection.execute(select(versions.c.number).where(mine, versions.c.chunks.is_(None))).scalars().all()
    _forget(connection, [(document.id, number) for number in halves])
    number = (connection.execute(select(func.max(versions.c.number)).where(mine)).scalar() or 0) + 1
    connection.execute(
        insert(versions).values(
            document_id=document.id,
            number=number,
            content_hash=document.content_hash,
            title=document.content.title,
            text=document.content.text,
            created_at=now(),
        )
    )
    return int(number)


def _fill(connection: Connection, document_id: str, number: int, rows: Sequence[Mapping[str, object]], at: int) -> None:
    """Add one lot of `rows`, those from `at`, to a version, which is whole with the last of them."""
    some = rows[at : at + LOT]
    if some:
        connection.execute(insert(chunks), list(some))
    if at + len(some) == len(rows):
        mine = (versions.c.document_id == document_id, versions.c.number == number)
        connection.execute(update(versions).where(*mine).values(chunks=len(rows)))


def _forget(connection: Connection, gone: Sequence[tuple[str, int]]) -> None:
    for some in lots(gone):
        connection.execute(delete(chunks).where(tuple_(chunks.c.document_id, chunks.c.version).in_(some)))
        connection.execute(delete(versions).where(tuple_(versions.c.document_id, versions.c.number).in_(some)))


def _other_id(chunk_id: str, number: int) -> str:
    return sha256(f"{chunk_id}\0{number}".encode()).hexdigest()[:32]
