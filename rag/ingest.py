"""Bringing the catalogue and its indexes in line with a folder of documents: `scan`, then `plan`, then `apply`.

The catalogue is written first, document by document; the indexes follow. Whatever interrupts a run, the next one ends
in the state of a run that nothing interrupted, because `apply` closes by comparing each index with the catalogue.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.index import Index
from rag.loader import UnreadableFile
from rag.loaders import loader_for
from rag.split import split
from rag.types import Chunk, Document
from rag.views import embedded

_BATCH = 64  # chunks embedded at a time
_LONGEST_ID = 512

Progress = Callable[[int, int, str], None]
"""Called with how many documents are done, of how many, and the id of the next; "" when the indexes are compared."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that has a loader. `id` is its path below the root with forward slashes, `content_hash` its SHA-256."""

    id: str
    path: Path
    content_hash: str

    @property
    def subject(self) -> str:
        folders = PurePosixPath(self.id).parts[:-1]
        return folders[0] if folders else ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was left out, and what to do about it."""

    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds, by id. `other`: files of formats that no loader reads."""

    files: tuple[File, ...]
    other: tuple[str, ...] = ()
    refused: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `refresh`: the indexes are emptied first."""

    add: tuple[File, ...] = ()
    update: tuple[File, ...] = ()
    skip: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, by document id. `chunks` counts those that were stored for the added and updated documents."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]
    failed: tuple[Failure, ...]
    chunks: int


def scan(root: Path, *, only: str | None = None, ignore: Collection[str] = ()) -> Listing:
    """The files below `root`, hidden ones and links left out, or just the one that is named `only` in it. `ignore`:
    names directly below `root` of files that say something about the documents and are none. Raises
    NotADirectoryError."""
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder")
    files: list[File] = []
    other: list[str] = []
    refused: list[Failure] = []
    for path in _visible(root) if only is None else [root / only]:
        name = path.relative_to(root).as_posix()
        if name in ignore or loader_for(path) is None:
            other.append(name)
        elif path.is_symlink() or not path.is_file():
            refused.append(Failure(name, "This is a link or no regular file: put the file itself into the folder."))
        elif len(name) > _LONGEST_ID or not _is_text(name):
            readable = name[:_LONGEST_ID].encode("utf-8", "replace").decode()
            refused.append(Failure(readable, "The file's path is too long or not valid UTF-8: rename it."))
        else:
            try:
                with path.open("rb") as file:
                    files.append(File(name, path, hashlib.file_digest(file, "sha256").hexdigest()))
            except OSError as error:
                refused.append(Failure(name, f"The file cannot be opened ({error.strerror}): check its permissions."))
    return Listing(tuple(files), tuple(other), tuple(refused))


def _visible(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder, name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def plan(files: Sequence[File], known: Mapping[str, str], *, prune: bool = False, refresh: bool = False) -> Plan:
    """What brings the catalogue, whose content hashes by id are `known`, in line with `files`. `prune`: documents whose
    file is not among them go. `refresh`: every file is read again, as after a change to loaders or splitting. Pure."""
    held = {file.id for file in files}
    changed = [file for file in files if file.id in known and (refresh or known[file.id] != file.content_hash)]
    rewritten = {file.id for file in changed}
    return Plan(
        add=tuple(file for file in files if file.id not in known),
        update=tuple(changed),
        skip=tuple(file.id for file in files if file.id in known and file.id not in rewritten),
        delete=tuple(sorted(known.keys() - held)) if prune else (),
        refresh=refresh,
    )


def apply(
    plan: Plan, catalogue: Catalogue, indexes: Sequence[Index], embedder: Embedder, progress: Progress | None = None
) -> Report:
    """Carry out a plan. A file that cannot be read is reported, its earlier version stays, and the others go in.
    Raises IndexUnavailable and SQLAlchemy's errors: run it again then, nothing is lost or doubled."""
    tell = progress or (lambda done, total, current: None)
    if plan.refresh:
        for index in indexes:
            index.clear()
    catalogue.delete(plan.delete)
    files = (*plan.add, *plan.update)
    failed: dict[str, Failure] = {}
    waiting: list[Chunk] = []
    stored = 0
    for done, file in enumerate(files):
        tell(done, len(files), file.id)
        try:
            document = read(file)
        except UnreadableFile as error:
            failed[file.id] = Failure(file.id, str(error))
            continue
        pieces = split(document)
        catalogue.replace(document, pieces)
        stored += len(pieces)
        waiting += pieces
        while len(waiting) >= _BATCH:
            _index(waiting[:_BATCH], indexes, embedder)
            del waiting[:_BATCH]
    _index(waiting, indexes, embedder)
    tell(len(files), len(files), "")
    settle(catalogue, indexes, embedder)
    return Report(
        added=tuple(file.id for file in plan.add if file.id not in failed),
        updated=tuple(file.id for file in plan.update if file.id not in failed),
        deleted=plan.delete,
        failed=tuple(failed.values()),
        chunks=stored,
    )


def read(file: File) -> Document:
    """The file as a document. Raises UnreadableFile, also for what a loader did not foresee: one odd file must not
    keep the others out."""
    loader = loader_for(file.path)
    if loader is None:
        raise UnreadableFile(f"No loader reads {file.path.suffix or 'files without a suffix'}: convert it to Markdown.")
    try:
        content = loader.load(file.path)
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(
            f"The loader failed on it ({type(error).__name__}): save it again, or convert it."
        ) from error
    return Document(file.id, file.subject, file.content_hash, content)


def settle(catalogue: Catalogue, indexes: Sequence[Index], embedder: Embedder) -> int:
    """Make every index hold exactly the catalogue's chunks; the number of chunks that some index lacked."""
    wanted = catalogue.chunk_ids()
    lacking: dict[str, list[Index]] = {}
    for index in indexes:
        held = index.ids()
        if extra := sorted(held - wanted):
            index.remove(extra)
        for chunk_id in wanted - held:
            lacking.setdefault(chunk_id, []).append(index)
    missing = sorted(lacking)
    for at in range(0, len(missing), _BATCH):
        chunks = list(catalogue.chunks(missing[at : at + _BATCH]).values())
        _index(chunks, [index for index in indexes if any(index in lacking[chunk.id] for chunk in chunks)], embedder)
    return len(missing)


def _index(chunks: Sequence[Chunk], indexes: Sequence[Index], embedder: Embedder) -> None:
    if chunks and indexes:
        vectors = embedded(chunks, embedder)
        for index in indexes:
            index.add(chunks, vectors)
