"""When the clients of the other dialects come back after a lost connection, and what they say when they do not.
Pure."""

from dataclasses import dataclass

LONGEST_S = 30.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """`waits_s`: seconds before each try. `renewed`: a connection that opens earns all tries anew; without it they are
    all that one question has. `then`: what a person is told when none is left."""

    waits_s: tuple[float, ...]
    renewed: bool
    then: str


@dataclass(frozen=True, slots=True)
class Try:
    """The `number`-th try, from 1, of so many; it begins in `wait_s` seconds."""

    number: int
    of: int
    wait_s: float


ANALYSIS = Schedule(
    (1.0, 2.0, 3.0),
    renewed=False,
    then="Max retries reached, falling back to server-sent events.",
)
EXPLORER = Schedule(
    tuple(min(2.0**number, LONGEST_S) for number in range(5)),
    renewed=True,
    then="Connection failed after 5 retries. Check that the server runs, and ask again.",
)
QUERY = Schedule(
    (1.0, 2.0, 3.0),
    renewed=False,
    then="No connection after 3 tries. Asking once more, without streaming.",
)
REASONING = Schedule(
    (2.0, 4.0, 6.0, 8.0, 10.0),
    renewed=True,
    then="No connection after 5 tries. What you wrote is kept: connect again to send it.",
)


class Tries:
    """The tries of one connection, or of one question."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._used = 0

    def next(self) -> Try | None:
        """The next try; None where none is left."""
        waits = self.schedule.waits_s
        if self._used == len(waits):
            return None
        self._used += 1
        return Try(self._used, len(waits), waits[self._used - 1])

    def opened(self) -> None:
        """The connection is open."""
        if self.schedule.renewed:
            self._used = 0
