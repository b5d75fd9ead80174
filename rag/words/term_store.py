"""The contract of what keeps the terms of chunks; an index in `rag/indexes/` brings its own."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Columns = tuple[str, str, str]
"""The terms of title, headings and body, with a blank between two. A term holds only letters, digits and dots."""


@dataclass(frozen=True, slots=True)
class Written:
    """A chunk's terms."""

    chunk_id: str
    subject: str
    columns: Columns

    @property
    def length(self) -> int:
        """In terms."""
        return sum(len(column.split()) for column in self.columns)


@dataclass(frozen=True, slots=True)
class Kept:
    """A chunk as the store knows it; `length` in terms."""

    number: int
    chunk_id: str
    subject: str
    length: int


class TermStore(Protocol):
    """Used by one thread at a time, which it blocks. Raises IndexUnavailable, and `errors` where it fails."""

    @property
    def errors(self) -> tuple[type[Exception], ...]: ...

    def state(self) -> Hashable:
        """Another one after every change, whichever process made it."""

    def size(self) -> tuple[int, int]:
        """How many chunks there are, and how many terms they have together, each as often as it stands there."""

    def put(self, chunks: Sequence[Written]) -> None:
        """Insert or replace, all or none."""

    def remove(self, chunk_ids: Sequence[str]) -> None:
        """Unknown ids are ignored."""

    def clear(self) -> None: ...

    def ids(self) -> set[str]: ...

    def everything(self) -> Iterable[tuple[Kept, Columns]]: ...

    def kept(self, chunk_ids: Sequence[str]) -> list[Kept]:
        """Those of the chunks that are there."""

    def columns(self, numbers: Sequence[int]) -> Mapping[int, Columns]:
        """The terms of chunks by their numbers."""

    def candidates(self, weights: Mapping[str, float], most: int, subjects: Sequence[str] | None) -> list[Kept]:
        """At most so many of the chunks that hold any of these terms: those that look best, a term counting as much as
        its weight."""

    def counts(self, terms: Sequence[str]) -> Mapping[str, int]:
        """How many chunks hold each of these terms; those that none holds may be left out."""

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        """The terms that begin with a letter, in order, with how many chunks hold each."""

    def close(self) -> None: ...
