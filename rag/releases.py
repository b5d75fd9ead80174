"""Releases of the knowledge base in SQL, for writing: which versions to show next, all of them at once.

Whoever makes a release and whoever publishes it may be two processes. It is `open` while its versions are being stored;
`ready` when it is whole; `published` by one conditional update, which only one of several can win; `abandoned` when a
later release was begun before it was ready.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from rag.chunk_rows import lots, now
from rag.database import reading
from rag.tables import chunks, documents, publications, release_entries, releases
from rag.types import Chunk, Document
from rag.versions import Versions


class Superseded(Exception):
    """Another release was begun before this one was ready: nothing of it was shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a release does to one document. `version`: what to show, None to take the document away. `seen_hash`: the
    file's content that counts as taken note of from then on, None where the file is gone."""

    document_id: str
    action: str
    version: int | None = None
    seen_hash: str | None = None
    moved_from: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A release that is shown. `actions` counts its documents by what was done to them; a move is one."""

    release_id: int
    generation: int
    actions: Mapping[str, int]


class Releases:
    """Writes over a synchronous engine. Thread-safe; blocks its thread; errors are SQLAlchemy's. Every method commits,
    all or nothing, unless it says otherwise; writing takes turns of a fraction of a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self) -> int:
        """Open a release; those that are still open are abandoned."""
        with self._engine.begin() as connection:
            connection.execute(update(releases).where(releases.c.state == "open").values(state="abandoned"))
            return _inserted(connection, "open")

    def enter(self, release_id: int, entries: Iterable[Entry]) -> None:
        """Add to what an open release does; what it said of the same documents before counts no more."""
        for some in lots(list(entries)):
            with self._engine.begin() as connection:
                names = [entry.document_id for entry in some]
                mine = release_entries.c.release_id == release_id
                connection.execute(delete(release_entries).where(mine, release_entries.c.document_id.in_(names)))
                connection.execute(insert(release_entries), [_entry_row(release_id, entry) for entry in some])

    def make_ready(self, release_id: int) -> None:
        """Let an open release be published. Raises Superseded."""
        with self._engine.begin() as connection:
            mine = (releases.c.id == release_id, releases.c.state == "open")
            if connection.execute(update(releases).where(*mine).values(state="ready")).rowcount != 1:
                raise Superseded("Another ingestion was started meanwhile, and nothing of this one is shown.")

    def ready(self) -> tuple[int, ...]:
        """The releases that wait to be published, in the order in which they are to be."""
        query = select(releases.c.id).where(releases.c.state == "ready").order_by(releases.c.id)
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())

    def chunk_ids(self, release_id: int) -> list[str]:
        """The chunks that a release shows and that are not shown now, document by document."""
        current = _publications_of(release_entries.c.document_id)
        query = (
            select(chunks.c.id)
            .join(
                release_entries,
                (release_entries.c.document_id == chunks.c.document_id)
                & (release_entries.c.version == chunks.c.version),
            )
            .where(release_entries.c.release_id == release_id)
            .where(~current.where(publications.c.version == chunks.c.version).exists())
            .order_by(chunks.c.document_id, chunks.c.position)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def publish(self, release_id: int) -> Published | None:
        """Show a ready release, all at once, as a new generation; None where it is not ready or another publishes."""
        try:
            with self._engine.begin() as connection:
                return _publish(connection, release_id)
        except IntegrityError:  # on a server two may reckon the same generation; the tables let one have it
            return None

    def retired(self, generation: int) -> list[str]:
        """The chunks that were shown up to the generation before and are not since."""
        query = (
            select(chunks.c.id)
            .join(
                publications,
                (publications.c.document_id == chunks.c.document_id) & (publications.c.version == chunks.c.version),
            )
            .where(publications.c.until_generation == generation)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def published(self, release_id: int) -> Published | None:
        """What became of a release; None while it is not published."""
        with reading(self._engine) as connection:
            return _published(connection, release_id)

    def replace(self, document: Document, pieces: Sequence[Chunk]) -> None:
        """A release of this one document, stored and published."""
        number = Versions(self._engine).store(document, pieces)
        entry = Entry(document.id, "update", number, document.content_hash)
        self._publish_entries([entry])

    def delete(self, document_ids: Sequence[str]) -> None:
        """A release that takes these documents away; unknown ids are ignored."""
        with self._engine.connect() as connection:
            document_names = [
                name
                for some in lots(document_ids)
                for name in connection.execute(_published_ids().where(publications.c.document_id.in_(some))).scalars()
            ]
        if document_names:
            self._publish_entries([Entry(name, "delete") for name in document_names])

    def _publish_entries(self, entries: Sequence[Entry]) -> None:
        with self._engine.begin() as connection:
            release_id = _inserted(connection, "ready")
            for some in lots(entries):
                connection.execute(insert(release_entries), [_entry_row(release_id, entry) for entry in some])
            _publish(connection, release_id)


def _inserted(connection: Connection, state: str) -> int:
    made = connection.execute(insert(releases).values(state=state, created_at=now())).inserted_primary_key
    assert made is not None
    return int(made[0])


def _entry_row(release_id: int, entry: Entry) -> Mapping[str, object]:
    return {
        "release_id": release_id,
        "document_id": entry.document_id,
        "version": entry.version,
        "action": entry.action,
        "moved_from": entry.moved_from,
        "seen_hash": entry.seen_hash,
    }


def _publications_of(document_id: Any) -> Any:
    return select(publications.c.document_id).where(
        publications.c.document_id == document_id, publications.c.until_generation.is_(None)
    )


def _published_ids() -> Any:
    return select(publications.c.document_id).where(publications.c.until_generation.is_(None))


def _publish(connection: Connection, release_id: int) -> Published | None:
    generation = (connection.execute(select(func.max(releases.c.generation))).scalar() or 0) + 1
    won = connection.execute(
        update(releases)
        .where(releases.c.id == release_id, releases.c.state == "ready")
        .values(state="published", generation=generation, published_at=now())
    )
    if won.rowcount != 1:
        return None
    entries = connection.execute(select(release_entries).where(release_entries.c.release_id == release_id)).all()
    for some in lots(entries):
        _show(connection, some, generation)
    return _published(connection, release_id)


def _show(connection: Connection, entries: Sequence[Row[Any]], generation: int) -> None:
    query = select(publications.c.document_id, publications.c.version).where(
        publications.c.document_id.in_([entry.document_id for entry in entries]),
        publications.c.until_generation.is_(None),
    )
    current_versions = {row.document_id: row.version for row in connection.execute(query)}
    changed = [entry for entry in entries if current_versions.get(entry.document_id) != entry.version]
    names = [entry.document_id for entry in changed]
    connection.execute(
        update(publications)
        .where(publications.c.document_id.in_(names), publications.c.until_generation.is_(None))
        .values(until_generation=generation)
    )
    rows = [
        {"document_id": entry.document_id, "from_generation": generation, "version": entry.version}
        for entry in changed
        if entry.version is not None
    ]
    if rows:
        connection.execute(insert(publications), rows)
    for entry in entries:
        connection.execute(
            update(documents).where(documents.c.id == entry.document_id).values(seen_hash=entry.seen_hash)
        )


def _published(connection: Connection, release_id: int) -> Published | None:
    row = connection.execute(select(releases.c.generation).where(releases.c.id == release_id)).first()
    if row is None or row.generation is None:
        return None
    counted = (
        select(release_entries.c.action, func.count().label("total"))
        .where(release_entries.c.release_id == release_id)
        .where((release_entries.c.action != "move") | release_entries.c.version.is_not(None))
        .group_by(release_entries.c.action)
    )
    return Published(release_id, row.generation, {row.action: row.total for row in connection.execute(counted)})
