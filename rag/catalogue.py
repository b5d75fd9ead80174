"""The catalogue of the knowledge base in SQL: which documents are known, and the text of every chunk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, Row, delete, func, insert, select

from rag.tables import chunks, documents
from rag.types import Chunk, Document

_BATCH = 500  # below SQLite's and PostgreSQL's limits of parameters in one statement


@dataclass(frozen=True, slots=True)
class Known:
    """A document in the catalogue. `ingested_at` is ISO 8601, UTC; `chunks` counts its chunks."""

    id: str
    subject: str
    title: str
    content_hash: str
    ingested_at: str
    chunks: int


class Catalogue:
    """Documents and chunks over a synchronous engine. Thread-safe; blocks its thread; errors are SQLAlchemy's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hashes(self) -> dict[str, str]:
        """The content hash of every known document, by id."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(documents.c.id, documents.c.content_hash))
            return {row.id: row.content_hash for row in rows}

    def documents(self) -> tuple[Known, ...]:
        """Every known document, by id."""
        counted = select(chunks.c.document_id, func.count().label("held")).group_by(chunks.c.document_id).subquery()
        query = (
            select(documents, func.coalesce(counted.c.held, 0).label("held"))
            .outerjoin(counted, counted.c.document_id == documents.c.id)
            .order_by(documents.c.id)
        )
        with self._engine.connect() as connection:
            return tuple(
                Known(row.id, row.subject, row.title, row.content_hash, row.ingested_at, row.held)
                for row in connection.execute(query)
            )

    def text(self, document_id: str) -> str | None:
        """The whole text of a document, that every offset counts in; None if it is not known."""
        with self._engine.connect() as connection:
            return connection.execute(select(documents.c.text).where(documents.c.id == document_id)).scalar()

    def chunk_ids(self, document_id: str | None = None) -> set[str]:
        """The ids of the document's chunks, or of all."""
        query = select(chunks.c.id)
        if document_id is not None:
            query = query.where(chunks.c.document_id == document_id)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of these ids, by id; unknown ids are left out."""
        found: dict[str, Chunk] = {}
        with self._engine.connect() as connection:
            for some in _batches(chunk_ids):
                query = (
                    select(chunks, documents.c.subject, documents.c.title)
                    .join(documents, documents.c.id == chunks.c.document_id)
                    .where(chunks.c.id.in_(some))
                )
                found |= {row.id: _chunk(row) for row in connection.execute(query)}
        return found

    def replace(self, document: Document, pieces: Sequence[Chunk]) -> None:
        """Store a document and its chunks in place of its earlier version, all or nothing."""
        with self._engine.begin() as connection:
            connection.execute(delete(chunks).where(chunks.c.document_id == document.id))
            connection.execute(delete(documents).where(documents.c.id == document.id))
            connection.execute(insert(documents), [_document_row(document)])
            if pieces:
                connection.execute(insert(chunks), [_row(chunk, at) for at, chunk in enumerate(pieces)])

    def delete(self, document_ids: Sequence[str]) -> None:
        """Forget documents and their chunks, all or nothing; unknown ids are ignored."""
        with self._engine.begin() as connection:
            for some in _batches(document_ids):
                connection.execute(delete(chunks).where(chunks.c.document_id.in_(some)))
                connection.execute(delete(documents).where(documents.c.id.in_(some)))


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def _document_row(document: Document) -> Mapping[str, object]:
    return {
        "id": document.id,
        "subject": document.subject,
        "title": document.content.title,
        "content_hash": document.content_hash,
        "text": document.content.text,
        "ingested_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _row(chunk: Chunk, position: int) -> Mapping[str, object]:
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "position": position,
        "section": list(chunk.section),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "header": list(chunk.header),
    }


def _chunk(row: Row[tuple[object, ...]]) -> Chunk:
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
    )
