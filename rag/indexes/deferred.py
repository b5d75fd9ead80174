"""An index in files that is opened when it is first needed, by the one process that they belong to.

To open it takes a second and 70 MB. Where the documents are few, searches do without it (`rag/neighbours.py`), and a
start only wants to know which chunks it holds: a file beside it says so, from when nothing is changed any more until
something is.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO

from rag.embedder import Vectors
from rag.index import Hit, Index, IndexUnavailable, Query
from rag.types import Chunk
from rag.views import LAYOUT

_HELD = "held.txt"


class DeferredIndex:
    """Is what `load` opens. Thread-safe."""

    def __init__(self, folder: Path, name: str, load: Callable[[], Index], *, reader: bool = False) -> None:
        """`folder` belongs to this process until `close`; a `reader` takes no lock and must only search. `name`: the
        embedder's. Raises IndexUnavailable when another process has the folder."""
        self._held = folder / _HELD
        self._name = f"{LAYOUT} {name}"
        self._load = load
        self._lock = None if reader else locked(folder)
        self._opening = Lock()
        self._opened: Index | None = None
        self._changed = False
        self._closed = False

    def add(self, chunks: Sequence[Chunk], vectors: Vectors | Sequence[Vectors]) -> None:
        self._to_change().add(chunks, vectors)

    def remove(self, chunk_ids: Sequence[str]) -> None:
        self._to_change().remove(chunk_ids)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        return self._index().search(query, k, subjects)

    def ids(self) -> set[str]:
        with self._opening, suppress(OSError, UnicodeDecodeError):
            self._check()
            name, *ids = self._held.read_text(encoding="utf-8").splitlines()
            if name == self._name:
                return set(ids)
        return self._index().ids()

    def clear(self) -> None:
        self._to_change().clear()

    def close(self) -> None:
        with self._opening:
            if self._closed:
                return
            self._closed = True
            if self._opened:
                if self._lock:
                    with suppress(IndexUnavailable, OSError):
                        self._note(self._opened.ids())
                self._opened.close()
            if self._lock:
                self._lock.close()

    def _check(self) -> None:
        if self._closed:
            raise IndexUnavailable("The index is closed")

    def _index(self) -> Index:
        with self._opening:
            self._check()
            if self._opened is None:
                self._opened = self._load()
            return self._opened

    def _to_change(self) -> Index:
        index = self._index()
        if not self._changed:  # for this process once: until it ends nothing is written there
            self._changed = True
            with suppress(OSError):
                self._held.unlink()
        return index

    def _note(self, ids: set[str]) -> None:
        """Say what is held, at once or not at all."""
        partial = self._held.with_suffix(".partial")
        partial.write_text("\n".join((self._name, *sorted(ids))), encoding="utf-8")
        os.replace(partial, self._held)


def locked(folder: Path) -> IO[str]:
    """The folder's lock, held until it is closed or the process ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "owner.lock").open("w")
    except OSError as error:
        raise IndexUnavailable(f"{folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise IndexUnavailable(
            f"{folder} is open in another process: stop it, or run a Chroma server and give its URL."
        ) from error
    return lock
