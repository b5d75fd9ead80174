"""Why a question may not fit a table, and where it can be meant in more than one way: each such point is noted while it
is read, and it is read again the other way, so that a figure that depends on the choice is never taken for certain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from agents.analyst.reading.tokens import parts

NUMBERS = ("integer", "number")
DAYS = ("date", "timestamp")


class Unresolved(Exception):
    """The question does not fit the data; the text says what is unclear, for a person."""


def words_of(name: str) -> str:
    """An identifier as a person reads it."""
    return " ".join(parts(name)) or name.strip()


T = TypeVar("T")
MOST_WAYS = 3
"""Ways that are looked at of one point."""


@dataclass(slots=True)
class Choices:
    """`taken` names the points at which another way than the likeliest is gone, and its place. `points` are those come
    by, each with its ways in words, the likeliest first. `doubts` are choices without a second way, in words, and
    `assumed` what is most likely so."""

    taken: Mapping[str, int] = field(default_factory=dict)
    points: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def of(self, point: str, ways: Sequence[tuple[str, T]]) -> T:
        """The way to go of at least one; each comes with what it means in words."""
        told = tuple(said for said, _ in ways[:MOST_WAYS])
        if len(told) > 1:
            self.points.setdefault(point, told)
        return ways[min(self.taken.get(point, 0), len(told) - 1)][1]

    def doubt(self, said: str) -> None:
        """Something was taken for granted that may well be otherwise."""
        if said not in self.doubts:
            self.doubts.append(said)

    def assume(self, said: str) -> None:
        """Something was taken for granted that is most likely so."""
        if said not in self.assumed:
            self.assumed.append(said)

    def fork(self) -> "Choices":
        """The same choices, to go on with by themselves."""
        return Choices(self.taken, dict(self.points), list(self.doubts), list(self.assumed))

    def otherwise(self) -> list[tuple[dict[str, int], str]]:
        """Every other way of every point, one at a time, with what it means."""
        return [({point: at}, f"if {ways[at]}") for point, ways in self.points.items() for at in range(1, len(ways))]
