"""The files of a folder that can become documents, by their paths below it."""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.loaders import loader_for

_LONGEST_ID = 512
_OPEN_ELSEWHERE = "~$"
"""How the files begin that office programs keep beside a document while it is open."""
_CONFLICT = re.compile(r"\.sync-conflict-\d|conflicted copy|\(case conflict", re.IGNORECASE)
"""How programs that synchronise folders (Syncthing, Dropbox, Nextcloud) name what they could not bring together."""


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


class Hashes:
    """Content hashes of files. One that has kept its size, its times and its place on the disk is not read again."""

    def __init__(self) -> None:
        self._entries: dict[Path, tuple[tuple[int, ...], str]] = {}

    def __call__(self, path: Path) -> str:
        """SHA-256, hexadecimal. Raises OSError."""
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            state = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            entry = self._entries.get(path)
            if entry is None or entry[0] != state:
                entry = self._entries[path] = (state, hashlib.file_digest(file, "sha256").hexdigest())
            return entry[1]


def scan(
    root: Path,
    *,
    only: str | None = None,
    ignore: Collection[str] = (),
    hash_of: Callable[[Path], str] | None = None,
) -> Listing:
    """The files below `root`, or just the one that is named `only` in it. Hidden ones are left out, and those that
    office programs keep for a while; links are refused. `ignore`: names directly below `root` of files and folders that
    are no documents; such a folder is not looked into. `hash_of` remembers hashes from one scan to the next. Raises
    NotADirectoryError."""
    hash_of = hash_of or Hashes()
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder")
    files: list[File] = []
    other: list[str] = []
    refused: list[Failure] = []
    for path in _visible(root, ignore) if only is None else [root / only]:
        name = path.relative_to(root).as_posix()
        if name in ignore or loader_for(path) is None:
            other.append(name)
        elif path.is_symlink() or not path.is_file():
            refused.append(Failure(name, "This is a link or no regular file: put the file itself into the folder."))
        elif _CONFLICT.search(path.name):
            refused.append(Failure(name, "Two versions were in conflict: keep the right one and delete the other."))
        elif len(name) > _LONGEST_ID or not _is_text(name):
            readable = name[:_LONGEST_ID].encode("utf-8", "replace").decode()
            refused.append(Failure(readable, "The file's path is too long or not valid UTF-8: rename it."))
        else:
            try:
                files.append(File(name, path, hash_of(path)))
            except OSError as error:
                refused.append(Failure(name, f"The file cannot be opened ({error.strerror}): check its permissions."))
    return Listing(tuple(files), tuple(other), tuple(refused))


def _visible(root: Path, ignore: Collection[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        besides = ignore if Path(folder) == root else ()
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in besides)
        for name in sorted(names):
            if not name.startswith((".", _OPEN_ELSEWHERE)):
                yield Path(folder, name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
