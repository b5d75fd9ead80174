"""The contract of a file loader: one file in `rag/loaders/` per format, each exporting `LOADER`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.file_bytes import EmptyFile, UnreadableFile, read_bytes, title_from_name
from rag.types import Content

__all__ = ["EmptyFile", "Loader", "Reading", "UnreadableFile"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a loader made of a file. `note` says to the person who ingests it what of a readable file was left out."""

    content: Content
    note: str = ""


@dataclass(frozen=True, slots=True)
class Loader:
    """One file format: its lower-case suffixes with the dot, such as `(".md", ".markdown")`, and how it is read.

    `read(data, title)` is given the file's bytes and a title for a document that states none. It touches no file, and
    raises UnreadableFile when the bytes are not what the suffix promises, EmptyFile when they hold no text.
    """

    suffixes: tuple[str, ...]
    read: Callable[[bytes, str], Reading]

    def load(self, path: Path) -> Content:
        """Read one trusted file in this process; strangers' files are read by `rag/ingestion/extract.py`. Raises
        UnreadableFile."""
        return self.read(read_bytes(path), title_from_name(path)).content
