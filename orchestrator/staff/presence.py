"""Which of the staff are at their desks, and what they look at. Lives as long as the process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from orchestrator.event.ownership import Member

Status = Literal["here", "away"]


class Colleague(msgspec.Struct, frozen=True):
    """A member of staff with a socket; `viewing` are the conversations that are open there."""

    id: str
    name: str
    status: Status
    viewing: tuple[str, ...]


@dataclass(eq=False)
class Seat:
    """One socket of a member."""

    member: Member
    status: Status = "here"
    viewing: list[str] = field(default_factory=list)


class Presence:
    """`changed` is called whenever somebody comes, goes, or looks at something else."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.changed = changed
        self._seats: list[Seat] = []

    def arrive(self, member: Member) -> Seat:
        """A member opens a socket."""
        seat = Seat(member)
        self._seats.append(seat)
        self.changed()
        return seat

    def leave(self, seat: Seat) -> None:
        if seat in self._seats:
            self._seats.remove(seat)
            self.changed()

    @property
    def here(self) -> int:
        """How many of the staff can be expected to see something."""
        return len({seat.member.id for seat in self._seats if seat.status == "here"})

    @property
    def colleagues(self) -> tuple[Colleague, ...]:
        """Everybody with a socket, by name; of several sockets of one, one that is here counts."""
        by_id: dict[str, list[Seat]] = {}
        for seat in self._seats:
            by_id.setdefault(seat.member.id, []).append(seat)
        found = [
            Colleague(
                member_id,
                seats[-1].member.name,
                "here" if any(seat.status == "here" for seat in seats) else "away",
                tuple(dict.fromkeys(viewed for seat in seats for viewed in seat.viewing)),
            )
            for member_id, seats in by_id.items()
        ]
        return tuple(sorted(found, key=lambda colleague: (colleague.name, colleague.id)))
