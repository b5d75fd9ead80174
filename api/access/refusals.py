"""Sign-ins that were refused, counted by address until somebody takes them to be kept. Pure.

However many come, little is kept: a flood from many addresses becomes one line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_ADDRESSES = 20
"""That get a line of their own each time; what comes from others is counted together."""


@dataclass(frozen=True, slots=True)
class Refused:
    """How often, by the code of the error; from one address, or with "" from all others together."""

    address: str
    codes: Mapping[str, int]

    @property
    def times(self) -> int:
        """All of them."""
        return sum(self.codes.values())


class Refusals:
    """Used from one event loop. It holds at most `MOST_HELD` addresses, whatever comes."""

    MOST_HELD = 1_000

    def __init__(self) -> None:
        self._codes: dict[str, Counter[str]] = {}
        self._others: Counter[str] = Counter()

    def count(self, address: str, code: str) -> None:
        """A sign-in from this address was refused."""
        if address in self._codes or len(self._codes) < self.MOST_HELD:
            self._codes.setdefault(address, Counter())[code] += 1
        else:
            self._others[code] += 1

    def take(self) -> Sequence[Refused]:
        """What was counted since the last time: the busiest addresses, and the rest in one."""
        by_times = sorted(self._codes.items(), key=lambda one: (-one[1].total(), one[0]))
        busiest, rest = by_times[:MOST_ADDRESSES], by_times[MOST_ADDRESSES:]
        for _, codes in rest:
            self._others.update(codes)
        found = [Refused(address, dict(codes)) for address, codes in busiest]
        if self._others:
            found.append(Refused("", dict(self._others)))
        self._codes, self._others = {}, Counter()
        return found
