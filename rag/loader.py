"""The contract of a file loader: one file in `rag/loaders/` per format, each exporting `LOADER`."""

from pathlib import Path
from typing import Protocol

from rag.types import Content


class UnreadableFile(Exception):
    """A file that a loader cannot make sense of; the message names the cause to the person who ingests it."""


class Loader(Protocol):
    """Reads one file format."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Lower-case file suffixes with the dot, such as `(".md", ".markdown")`."""

    def load(self, path: Path) -> Content:
        """Read `path`. Raises UnreadableFile when the file is not what its suffix promises, or holds no text."""
