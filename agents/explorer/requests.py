"""What a question about tables asks for, as a request of its kind."""

from dataclasses import dataclass
from typing import Literal

from agents.dataset import Table

Direction = Literal["both", "in", "out"]
"""The relations of a table that are meant: all, those to it, or its own."""
Kind = Literal["describe", "relate"]
Aspect = Literal["all", "rows", "primary key", "empty", "unique", "column"]
"""What is asked of a table: everything, how many rows it has, or about some of its columns."""
Only = Literal["views", "tables without primary key", "tables without relations"]
"""What a list is to hold."""
Order = Literal["", "largest", "smallest"]


@dataclass(frozen=True, slots=True)
class Listing:
    """All tables, or those that have to do with something; by their size where that was asked."""

    about: str = ""
    order: Order = ""
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """The columns of these tables, or one thing about them; the `columns` where some of them are asked about."""

    tables: tuple[Table, ...]
    aspect: Aspect = "all"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relationships:
    """How tables hang together: one with all others, several with each other, or all."""

    tables: tuple[Table, ...] = ()
    direction: Direction = "both"


@dataclass(frozen=True, slots=True)
class Where:
    """In which columns something stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Which:
    """A question that names a table unclearly: each of `slots` holds the tables that one name may mean; the first with
    several is to be asked about, and then `kind` is to be done."""

    kind: Kind
    slots: tuple[tuple[Table, ...], ...]
    direction: Direction = "both"

    @property
    def choices(self) -> tuple[Table, ...]:
        return next(slot for slot in self.slots if len(slot) > 1)


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that no table has, and the tables whose names come close."""

    name: str
    close: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Help:
    """Nothing that can be read: what can be asked is told. `because` stands first, where there is a reason."""

    because: str = ""


Request = Listing | Description | Relationships | Where | Which | Missing | Help


def about(kind: Kind, slots: tuple[tuple[Table, ...], ...], direction: Direction = "both") -> Request:
    """The request for the tables that were named, or first which of them are meant."""
    if any(len(slot) > 1 for slot in slots):
        return Which(kind, slots, direction)
    tables = tuple(dict.fromkeys(slot[0] for slot in slots))
    return Description(tables) if kind == "describe" else Relationships(tables, direction)
