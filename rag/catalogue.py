"""The catalogue of the knowledge base in SQL, for reading: documents, their versions, and the text of every chunk.

What is shown is a generation: all that one release published. A search asks for the generation first and reads every
chunk at it, so that a release which is published meanwhile changes nothing for it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, or_, select

from rag.chunk_rows import chunk_of, lots, whole_chunks
from rag.database import reading
from rag.releases import Releases
from rag.tables import chunks, documents, publications, release_entries, releases, versions
from rag.types import Chunk, Document

_REMEMBERED = 4_096
"""Chunks that are remembered with the generation that shows them: 4 kB each."""
_CHUNK_PUBLICATION = (publications.c.document_id == chunks.c.document_id) & (publications.c.version == chunks.c.version)


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document that is shown. `ingested_at` (ISO 8601, UTC) is its version's; `chunks` counts its chunks."""

    id: str
    subject: str
    title: str
    content_hash: str
    ingested_at: str
    chunks: int
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What ingestion needs to know of a document. `seen_hash`: the file's content that was last taken note of, None
    where the file was gone; `published_hash` and `version`: what is shown, None where nothing is."""

    seen_hash: str | None
    published_hash: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a document. `characters` counts its code points; `purged_at` where its text was erased."""

    number: int
    title: str
    content_hash: str
    created_at: str
    characters: int
    chunks: int
    purged_at: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one release did to a document: `version` is what it showed from then on, None where it took it away."""

    generation: int
    published_at: str
    action: str
    version: int | None
    moved_from: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """A chunk by what was embedded of it, see `Chunk.fingerprint`."""

    chunk_id: str
    subject: str
    fingerprint: str


class Catalogue:
    """Reads over a synchronous engine. Thread-safe; blocks its thread; errors are SQLAlchemy's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: tuple[int, dict[str, Chunk]] = (-1, {})
        self._knowing = Lock()

    def generation(self) -> int:
        """The newest generation that was published; 0 before the first."""
        with reading(self._engine) as connection:
            return _newest(connection)

    def hashes(self) -> dict[str, str]:
        """The content hash of every document that is shown, by id."""
        with reading(self._engine) as connection:
            query = _at(select(versions.c.document_id, versions.c.content_hash).select_from(_published_versions()))
            return {row.document_id: row.content_hash for row in connection.execute(query)}

    def standings(self) -> dict[str, Standing]:
        """Every document that was ever shown, by id."""
        current = _at(
            select(versions.c.document_id, versions.c.number, versions.c.content_hash).select_from(
                _published_versions()
            )
        ).subquery()
        query = select(documents.c.id, documents.c.seen_hash, current.c.number, current.c.content_hash).outerjoin(
            current, current.c.document_id == documents.c.id
        )
        with reading(self._engine) as connection:
            return {row.id: Standing(row.seen_hash, row.content_hash, row.number) for row in connection.execute(query)}

    def documents(self) -> tuple[DocumentSummary, ...]:
        """Every document that is shown, by id."""
        query = _at(
            select(versions, documents.c.subject)
            .select_from(_published_versions())
            .join(documents, documents.c.id == versions.c.document_id)
            .order_by(versions.c.document_id)
        )
        with reading(self._engine) as connection:
            return tuple(
                DocumentSummary(
                    row.document_id, row.subject, row.title, row.content_hash, row.created_at, row.chunks, row.number
                )
                for row in connection.execute(query)
            )

    def versions(self, document_id: str) -> tuple[Version, ...]:
        """Every stored version of a document, the oldest first."""
        query = (
            select(versions, func.length(versions.c.text).label("characters"))
            .where(versions.c.document_id == document_id, versions.c.chunks.is_not(None))
            .order_by(versions.c.number)
        )
        with reading(self._engine) as connection:
            return tuple(
                Version(
                    row.number, row.title, row.content_hash, row.created_at, row.characters, row.chunks, row.purged_at
                )
                for row in connection.execute(query)
            )

    def history(self, document_id: str) -> tuple[Change, ...]:
        """What was published about a document, the oldest first."""
        query = (
            select(releases.c.generation, releases.c.published_at, release_entries)
            .join(releases, releases.c.id == release_entries.c.release_id)
            .where(release_entries.c.document_id == document_id, releases.c.generation.is_not(None))
            .order_by(releases.c.generation)
        )
        with reading(self._engine) as connection:
            return tuple(
                Change(row.generation, row.published_at, row.action, row.version, row.moved_from)
                for row in connection.execute(query)
            )

    def text(self, document_id: str, version: int | None = None) -> str | None:
        """The whole text of a version of a document, that every offset counts in; of the one that is shown where none
        is named. None if there is no such version."""
        query = select(versions.c.text).where(versions.c.document_id == document_id)
        if version is None:
            query = _at(query.select_from(_published_versions()))
        else:
            query = query.where(versions.c.number == version)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def chunk_ids(self, document_id: str | None = None, generation: int | None = None) -> set[str]:
        """The ids of the chunks that are shown at a generation, the newest where none is named: the document's, or
        all."""
        query = _at(select(chunks.c.id).join(publications, _CHUNK_PUBLICATION), generation)
        if document_id is not None:
            query = query.where(chunks.c.document_id == document_id)
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def count(self, generation: int) -> int:
        """How many chunks are shown at a generation."""
        query = _at(select(func.count()).select_from(chunks.join(publications, _CHUNK_PUBLICATION)), generation)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def looks(self, generation: int) -> tuple[Look, ...]:
        """The chunks that are shown at a generation, by subject and id."""
        query = select(chunks.c.id, documents.c.subject, chunks.c.fingerprint).join(publications, _CHUNK_PUBLICATION)
        query = _at(query.join(documents, documents.c.id == chunks.c.document_id), generation)
        with reading(self._engine) as connection:
            return tuple(
                sorted(
                    (Look(*row) for row in connection.execute(query)), key=lambda look: (look.subject, look.chunk_id)
                )
            )

    def chunks(self, chunk_ids: Collection[str], generation: int | None = None) -> dict[str, Chunk]:
        """Those of the chunks that are shown at a generation, the newest where none is named, by id; read at once."""
        known: dict[str, Chunk] = {}
        if generation is not None:
            number, remembered = self._known  # what a generation shows does not change
            if number == generation:
                found = {chunk_id: remembered.get(chunk_id) for chunk_id in chunk_ids}
                known = {chunk_id: chunk for chunk_id, chunk in found.items() if chunk is not None}
                if len(known) == len(found):
                    return known
        with reading(self._engine) as connection:
            if generation is None:
                generation = _newest(connection)
            query = _at(whole_chunks().join(publications, _CHUNK_PUBLICATION), generation)
            new = {chunk.id: chunk for chunk in _read(connection, query, set(chunk_ids) - known.keys())}
        if len(new) <= _REMEMBERED // 2:
            self._remember(generation, new)
        return known | new

    def _remember(self, generation: int, new: Mapping[str, Chunk]) -> None:
        """Keep what was read of the newest generation; all anew where it becomes too much. What readers hold is never
        changed under them."""
        with self._knowing:
            number, remembered = self._known
            if generation < number:
                return
            fits = generation == number and len(remembered) + len(new) <= _REMEMBERED
            self._known = (generation, {**remembered, **new} if fits else dict(new))

    def stored_chunks(self, chunk_ids: Collection[str]) -> dict[str, Chunk]:
        """Those of the chunks that are stored, in whatever version, by id: also what is no longer shown, or not yet."""
        with reading(self._engine) as connection:
            return {chunk.id: chunk for chunk in _read(connection, whole_chunks(), chunk_ids)}

    def fingerprints(self) -> set[str]:
        """Those of every stored chunk, whatever its version: vectors of others are of no use."""
        with reading(self._engine) as connection:
            return set(connection.execute(select(chunks.c.fingerprint)).scalars())

    def replace(self, document: Document, pieces: Sequence[Chunk]) -> None:
        """Show this version of a document, and of all others what is shown now, at once."""
        Releases(self._engine).replace(document, pieces)

    def delete(self, document_ids: Sequence[str]) -> None:
        """Show these documents no more, and of all others what is shown now, at once; unknown ids are ignored."""
        Releases(self._engine).delete(document_ids)


_NEWEST = select(func.max(releases.c.generation))


def _newest(connection: Connection) -> int:
    return connection.execute(_NEWEST).scalar() or 0


def _published_versions() -> Any:
    return versions.join(
        publications,
        (publications.c.document_id == versions.c.document_id) & (publications.c.version == versions.c.number),
    )


def _at(query: Select[Any], generation: int | None = None) -> Select[Any]:
    """Only what is shown at a generation, the newest where none is named."""
    return query.where(*_covers(generation))


def _covers(generation: int | None) -> tuple[ColumnElement[bool], ...]:
    until = publications.c.until_generation
    if generation is None:
        return (until.is_(None),)
    return publications.c.from_generation <= generation, or_(until.is_(None), until > generation)


def _read(connection: Connection, query: Select[Any], chunk_ids: Collection[str]) -> Iterator[Chunk]:
    for some in lots(list(chunk_ids)):
        yield from map(chunk_of, connection.execute(query.where(chunks.c.id.in_(some))))
