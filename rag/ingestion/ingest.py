"""Bringing the knowledge base in line with a folder of documents: `scan`, then `plan`, `store` and `complete`; then
the release is published (`rag/ingestion/publish.py`), perhaps by another process.

Everything that staging makes is kept by content: versions by the hash of their file, vectors by the text that they are
of. Whatever interrupts a run, the next one takes up what is there, and nobody sees any of it until it is published.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from rag.catalogue import Catalogue, Standing
from rag.embedder import Embedder
from rag.ingestion.extract import Extracted, Extractor
from rag.ingestion.scan import Failure, File
from rag.ingestion.shared_files import SharedFiles
from rag.ingestion.split import split
from rag.releases import Entry, Releases
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from rag.versions import Versions
from rag.views import embedded

_LOT = 512  # chunks that are embedded and stored at a time

Progress = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what is next."""


def unwatched(done: int, total: int, current: str) -> None:
    """The progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Move:
    """A file that was at another path before: `source` is the document that it was there."""

    file: File
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `hold`: documents whose file is as it was when an older version was chosen, or none; they
    stay as they are. `force`: files are read again although their content is known."""

    add: tuple[File, ...] = ()
    update: tuple[File, ...] = ()
    move: tuple[Move, ...] = ()
    skip: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    force: bool = False

    @property
    def files(self) -> tuple[File, ...]:
        """Those whose content goes in."""
        return (*self.add, *self.update, *(move.file for move in self.move))

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.files and not self.delete


@dataclass(frozen=True, slots=True)
class Stored:
    """A release that is open. `changes`: whether it does anything; `read` counts the files that had to be read."""

    release_id: int
    changes: bool
    failed: tuple[Failure, ...]
    read: int


@dataclass(frozen=True, slots=True)
class Staged:
    """What was made ready. `release_id`: None where nothing is to be published. `chunks` counts those of the release,
    `embedded` those of them whose vectors had to be made."""

    release_id: int | None
    failed: tuple[Failure, ...] = ()
    chunks: int = 0
    embedded: int = 0


def plan(files: Sequence[File], standings: Mapping[str, Standing], *, prune: bool = False, force: bool = False) -> Plan:
    """What brings the documents, which have these `standings`, in line with `files`. `prune`: documents whose file is
    not among them go. `force`: every file is read again, and also taken where an older version was chosen. Pure."""
    here = {file.id for file in files}
    new: list[File] = []
    update: list[File] = []
    skip: list[str] = []
    hold: list[str] = []
    for file in files:
        standing = standings.get(file.id)
        if standing is None or (standing.version is None and (force or standing.seen_hash != file.content_hash)):
            new.append(file)
        elif force or standing.seen_hash != file.content_hash:
            update.append(file)
        else:
            (skip if standing.published_hash == file.content_hash else hold).append(file.id)
    gone = {name: standing for name, standing in standings.items() if name not in here and standing.version is not None}
    moves = tuple(_moves(new, gone))
    moved = {move.file.id for move in moves}
    sources = {move.source for move in moves}
    return Plan(
        add=tuple(file for file in new if file.id not in moved),
        update=tuple(update),
        move=moves,
        skip=tuple(skip),
        hold=tuple(hold),
        delete=tuple(sorted(gone.keys() - sources)) if prune else (),
        force=force,
    )


def _moves(new: Sequence[File], gone: Mapping[str, Standing]) -> Iterator[Move]:
    """New files with the content of documents whose file is gone; each such document is one file's source."""
    sources: dict[str, list[str]] = defaultdict(list)
    for name in sorted(gone, reverse=True):
        if gone[name].published_hash == gone[name].seen_hash:
            sources[gone[name].seen_hash or ""].append(name)
    for file in new:
        if names := sources.get(file.content_hash):
            yield Move(file, names.pop())


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where ingestion puts things: documents and releases in the `database`, vectors beside them; `files` are for
    processes on other machines."""

    database: Engine
    catalogue: Catalogue
    versions: Versions
    releases: Releases
    vectors: VectorStore
    embedder: Embedder
    files: SharedFiles

    @classmethod
    def over(cls, database: Engine, vectors: VectorStore, embedder: Embedder) -> Self:
        """The shelf in a database."""
        own = Catalogue(database), Versions(database), Releases(database)
        return cls(database, *own, vectors, embedder, SharedFiles(database))


def store(plan: Plan, root: Path, shelf: Shelf, extractor: Extractor, progress: Progress = unwatched) -> Stored:
    """Read what the plan asks for and open a release of it. A file that cannot be read is reported, its document stays
    as it is, and the others go in. Raises SQLAlchemy's errors: run it again then."""
    release_id = shelf.releases.begin()
    kept, failed, read = _store(plan, root, shelf.versions, extractor, progress)
    entries = tuple(_entries(plan, kept))
    shelf.releases.enter(release_id, entries)
    return Stored(release_id, bool(entries), failed, read)


def complete(stored: Stored, shelf: Shelf, progress: Progress = unwatched) -> Staged:
    """Make the vectors that are missing, and the release ready, unless it is empty. Raises Superseded and SQLAlchemy's
    errors: run it again from the start then."""
    if not stored.changes:
        return Staged(None, stored.failed)
    chunk_ids = shelf.releases.chunk_ids(stored.release_id)
    made = embed(chunk_ids, shelf, progress)
    shelf.releases.make_ready(stored.release_id)
    return Staged(stored.release_id, stored.failed, len(chunk_ids), made)


def _store(
    plan: Plan, root: Path, versions: Versions, extractor: Extractor, progress: Progress
) -> tuple[dict[str, tuple[int, str]], tuple[Failure, ...], int]:
    """Version and content hash of every file that is stored, by id; those that failed; how many were read."""
    stored: dict[str, tuple[int, str]] = {}
    failed: list[Failure] = []
    unread: list[File] = []
    for file in plan.files:
        number = None if plan.force else versions.stored(file.id, file.content_hash)
        if number is None:
            unread.append(file)
        else:
            stored[file.id] = number, file.content_hash
    for done, (file, read) in enumerate(zip(unread, extracted(root, unread, extractor), strict=True)):
        progress(done, len(unread), file.id)
        if read.content is None:
            failed.append(Failure(file.id, read.message))
        else:
            stored[file.id] = versions.store(*_document(file, read.sha256, read.content)), read.sha256
    progress(len(unread), len(unread), "")
    return stored, tuple(failed), len(unread)


def unread(plan: Plan, versions: Versions) -> tuple[File, ...]:
    """The files of a plan whose content is not stored yet."""
    return tuple(file for file in plan.files if versions.stored(file.id, file.content_hash) is None)


def store_read(file: File, content: Content, shelf: Shelf) -> None:
    """Store what was read of a file ahead of its ingestion, which finds it, and the vectors of it. Raises SQLAlchemy's
    errors."""
    document, pieces = _document(file, file.content_hash, content)
    shelf.versions.store(document, pieces)
    _embed(pieces, shelf)


def _document(file: File, sha256: str, content: Content) -> tuple[Document, Sequence[Chunk]]:
    document = Document(file.id, file.subject, sha256, content)
    return document, split(document)


def extracted(root: Path, files: Sequence[File], extractor: Extractor) -> Iterator[Extracted]:
    """What is in files below `root`, in their order."""
    return extractor.extract(root, [file.path.relative_to(root).as_posix() for file in files])


def _entries(plan: Plan, stored: Mapping[str, tuple[int, str]]) -> Iterator[Entry]:
    for action, files in (("add", plan.add), ("update", plan.update)):
        for file in files:
            if file.id in stored:
                yield Entry(file.id, action, *stored[file.id])
    for move in plan.move:
        if move.file.id in stored:
            yield Entry(move.file.id, "move", *stored[move.file.id], moved_from=move.source)
            yield Entry(move.source, "move")
    for name in plan.delete:
        yield Entry(name, "delete")


def embed(chunk_ids: Sequence[str], shelf: Shelf, progress: Progress = unwatched) -> int:
    """See that there are vectors of all these chunks; how many were made."""
    made = 0
    for at in range(0, len(chunk_ids), _LOT):
        progress(at, len(chunk_ids), "")
        made += _embed(shelf.catalogue.stored_chunks(chunk_ids[at : at + _LOT]).values(), shelf)
    progress(len(chunk_ids), len(chunk_ids), "")
    return made


def _embed(chunks: Collection[Chunk], shelf: Shelf) -> int:
    by_look = {chunk.fingerprint: chunk for chunk in chunks}
    missing = sorted(shelf.vectors.missing(list(by_look)))
    if missing:
        shelf.vectors.put(missing, embedded([by_look[look] for look in missing], shelf.embedder))
    return len(missing)
