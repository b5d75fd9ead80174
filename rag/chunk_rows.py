"""Chunks as rows of their table and back; lists of ids in lots that one statement may hold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Row, Select, select

from rag.tables import chunks, documents, versions
from rag.types import Chunk

T = TypeVar("T")

LOT = 500
"""Below SQLite's and PostgreSQL's limits of parameters in one statement."""


def lots(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """`items` in lots of at most LOT."""
    return (items[at : at + LOT] for at in range(0, len(items), LOT))


def now() -> str:
    """The time as it is stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def whole_chunks() -> Select[Any]:
    """The query of chunks with what their documents and versions say about them, for `chunk_of`."""
    return (
        select(chunks, documents.c.subject, versions.c.title)
        .join(versions, (versions.c.document_id == chunks.c.document_id) & (versions.c.number == chunks.c.version))
        .join(documents, documents.c.id == chunks.c.document_id)
    )


def chunk_of(row: Row[Any]) -> Chunk:
    """The chunk that a row of `whole_chunks` holds."""
    return Chunk(
        id=row.id,
        document_id=row.document_id,
        subject=row.subject,
        title=row.title,
        section=tuple(row.section),
        page=row.page,
        start=row.start,
        end=row.end,
        text=row.text,
        header=tuple(row.header),
        version=row.version,
    )


def row_of(chunk: Chunk, position: int) -> Mapping[str, object]:
    """The row of a chunk, the document's `position`-th from 0."""
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "version": chunk.version,
        "position": position,
        "section": list(chunk.section),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "header": list(chunk.header),
        "fingerprint": chunk.fingerprint,
    }
