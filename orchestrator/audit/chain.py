"""How entries hang together, and where they do not. Pure.

The hash of an entry is SHA-256 of what stands in it and of the hash before it. The chain's head, kept apart, has the
number and hash of the last one, so that an end that was cut off is missed as well. Whoever can write all of the
database can make a whole new chain: who noted a head elsewhere finds that out, too.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

BEGINNING = "0" * 64
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is stored; `number` counts from 1, `detail` is JSON."""

    number: int
    at: str
    staff_id: str
    staff_name: str
    operation: str
    conversation_id: str | None
    detail: str
    address: str
    subject: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry; number 0 before the first."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, and what is wrong there."""

    number: int
    what: str


def link(before: str, row: Row) -> str:
    """The hash of a row that stands behind the one with the hash `before`."""
    told = (
        row.number, row.at, row.staff_id, row.staff_name, row.operation, row.conversation_id, row.detail, row.address,
        row.subject, before,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def digest(key: str, user_id: str) -> str:
    """By what entries name a user: nobody reads the id from it, and who has no key cannot tell by trying."""
    return hmac.new(key.encode(), user_id.encode(), hashlib.sha256).hexdigest() if user_id else ""


def breaks(rows: Iterable[Row], head: Head, noted: Head | None = None) -> Iterator[Break]:
    """Where the rows, by number, are not what was kept; `noted` is a head of which somebody knows. A row behind a
    broken one is judged by itself, so that each break is told once."""
    number, before = 0, BEGINNING
    for row in rows:
        if row.number != number + 1:
            yield Break(number + 1, _missing(number + 1, row.number - 1))
        elif link(before, row) != row.hash:
            yield Break(row.number, "the entry is not as it was written, or stands in another's place")
        if noted is not None and noted.number == row.number and noted.hash != row.hash:
            yield Break(row.number, "the entry is another than the one whose hash was noted")
        number, before = row.number, row.hash
    last = max(head.number, noted.number if noted is not None else 0)
    if number < last:
        yield Break(number + 1, _missing(number + 1, last))
    elif number > head.number:
        yield Break(head.number + 1, "what follows was not written by Pitcrew")
    elif before != head.hash:
        yield Break(number, "the entry is another than the one that was written last")


def _missing(first: int, last: int) -> str:
    return "the entry is missing" if first == last else f"the entries up to {last} are missing"
