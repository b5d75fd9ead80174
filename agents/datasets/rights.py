"""Who may read a dataset, and which of its rows are theirs."""

import hashlib
from dataclasses import replace
from typing import cast, get_args

import msgspec

from agents.dataset import Audience, Reader, Table

_ROLES = {"customers": None, "staff": frozenset({"staff", "admin"}), "admin": frozenset({"admin"})}
_STAFF = frozenset({"staff", "admin"})
_CLAIMS = ("sub", "email")


class OwnRows(msgspec.Struct, frozen=True):
    """Rows are a reader's where `column` has the reader's `value`: e-mail addresses (`folded`) are compared without
    regard to capitals. Nobody has the value ""."""

    column: str
    value: str
    folded: bool

    @property
    def mark(self) -> str:
        """Another one for every reader, and no way back to who it is."""
        return hashlib.sha256(f"{self.column}\0{self.value}".encode()).hexdigest()[:16]


def audience_of(text: str) -> Audience:
    """Raises ValueError with advice."""
    if text not in get_args(Audience):
        raise ValueError(f'"{text[:80]}" is no audience: say customers, staff or admin.')
    return cast(Audience, text)


def check_own_rows(text: str) -> None:
    """Raises ValueError with advice unless it is `COLUMN=sub` or `COLUMN=email`, or empty for all rows."""
    column, _, claim = text.rpartition("=")
    if text and (not column.strip() or claim not in _CLAIMS):
        raise ValueError(
            f'"{text[:80]}" does not say whose rows they are: write COLUMN=email or COLUMN=sub, where the column holds '
            "the e-mail address or the subject of the customer's token."
        )


def may_read(audience: Audience, reader: Reader) -> bool:
    """Whether the reader knows of such a dataset at all."""
    roles = _ROLES[audience]
    return roles is None or reader.role in roles


def own_rows(declared: str, reader: Reader) -> OwnRows | None:
    """What the reader's rows are told by; None where all are: for the staff, and where none was declared."""
    if not declared or reader.role in _STAFF:
        return None
    column, _, claim = declared.rpartition("=")
    return OwnRows(column.strip(), reader.email if claim == "email" else reader.user_id, claim == "email")


def visible(tables: tuple[Table, ...], own: OwnRows | None) -> tuple[Table, ...]:
    """The tables whose rows can be told apart: one without the column is nobody's. How many rows others have is not
    told."""
    if own is None:
        return tables
    kept = [table for table in tables if any(column.name == own.column for column in table.columns)]
    names = {table.name for table in kept}
    return tuple(
        replace(table, rows=None, foreign_keys=tuple(key for key in table.foreign_keys if key.to_table in names))
        for table in kept
    )
