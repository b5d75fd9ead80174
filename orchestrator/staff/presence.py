"""Which of the staff are at their desks, and what they look at: at this process, and as the others tell it."""

from collections.abc import Callable, Iterable
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
        self._elsewhere: dict[str, tuple[float, tuple[Colleague, ...]]] = {}

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

    def hear(self, process: str, colleagues: tuple[Colleague, ...], until: float) -> None:
        """Who has a socket at another process, good `until` a time of whatever clock `forget` is told."""
        before = self._elsewhere.pop(process, (0.0, ()))[1]
        if colleagues:
            self._elsewhere[process] = until, colleagues
        if colleagues != before:
            self.changed()

    def forget(self, now: float) -> None:
        """Drop what was good until `now`: that process is gone, or cannot be heard."""
        over = [process for process, (until, _) in self._elsewhere.items() if until <= now]
        for process in over:
            del self._elsewhere[process]
        if over:
            self.changed()

    @property
    def here(self) -> int:
        """How many of the staff can be expected to see something."""
        return sum(colleague.status == "here" for colleague in self.colleagues)

    @property
    def colleagues(self) -> tuple[Colleague, ...]:
        """Everybody with a socket, by name; of several sockets of one, one that is here counts."""
        return _together((*self.seated, *(one for _, some in self._elsewhere.values() for one in some)))

    @property
    def seated(self) -> tuple[Colleague, ...]:
        """Those of them who have it at this process."""
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


def _together(colleagues: Iterable[Colleague]) -> tuple[Colleague, ...]:
    """Each once."""
    by_id: dict[str, Colleague] = {}
    for one in colleagues:
        if (known := by_id.get(one.id)) is not None:
            status: Status = "here" if "here" in (known.status, one.status) else "away"
            one = Colleague(one.id, one.name, status, tuple(dict.fromkeys((*known.viewing, *one.viewing))))
        by_id[one.id] = one
    return tuple(sorted(by_id.values(), key=lambda colleague: (colleague.name, colleague.id)))
