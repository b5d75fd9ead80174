"""How much one user and one socket may ask for. Times are monotonic, so a clock that is set changes nothing."""

import time
from collections import Counter
from typing import Protocol

from orchestrator.errors import RateLimited

MESSAGES_PER_MINUTE = 20
SOCKETS_PER_USER = 5
FRAMES_PER_SECOND = 10
FRAME_BURST = 20


class Window:
    """At most `count` events in any `seconds`."""

    __slots__ = ("_count", "_seconds", "_times")

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._times: list[float] = []

    def take(self, now: float) -> float:
        """Count an event at `now`. 0, or the seconds until there is room for it: then it is not counted."""
        start = now - self._seconds
        while self._times and self._times[0] <= start:
            del self._times[0]
        if len(self._times) >= self._count:
            return self._times[0] - start
        self._times.append(now)
        return 0.0

    def over(self, now: float) -> bool:
        """Whether all its events are too long ago to count."""
        return not self._times or self._times[-1] <= now - self._seconds


class FrameRate:
    """FRAMES_PER_SECOND of one socket, and FRAME_BURST at once after a pause.

    The generic cell rate algorithm: `_due` is when the next frame would come from a sender that keeps exactly to the
    rate, and the burst is how far ahead of that one may be.
    """

    __slots__ = ("_due",)

    def __init__(self) -> None:
        self._due = 0.0

    def take(self, now: float) -> float:
        """Count a frame at `now`. 0, or the seconds until it would be accepted: then it is not counted."""
        due = max(self._due, now)
        wait = due - now - (FRAME_BURST - 1) / FRAMES_PER_SECOND
        if wait > 1e-9:
            return wait
        self._due = due + 1 / FRAMES_PER_SECOND
        return 0.0


class MessageLimit(Protocol):
    async def take(self, user_id: str) -> None:
        """Count one message of the user. Raises RateLimited with the time to wait."""


class MessageRate:
    """At most MESSAGES_PER_MINUTE in any 60 s, per user, in this process. Users who ask no more are forgotten."""

    def __init__(self, per_minute: int = MESSAGES_PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._windows: dict[str, Window] = {}

    def __len__(self) -> int:
        return len(self._windows)

    async def take(self, user_id: str) -> None:
        now = time.monotonic()
        self._forget(now)
        window = self._windows.get(user_id) or Window(self._per_minute, 60)
        wait = window.take(now)
        if wait:
            raise RateLimited(retry_after_ms=milliseconds(wait))
        self._windows.pop(user_id, None)
        self._windows[user_id] = window

    def _forget(self, now: float) -> None:
        """Drop who has not asked for a while; the dictionary is ordered by the last message."""
        while self._windows:
            user_id = next(iter(self._windows))
            if not self._windows[user_id].over(now):
                return
            del self._windows[user_id]


class Unlimited:
    """For development and load tests."""

    async def take(self, user_id: str) -> None:
        return None


class Seats:
    """The open sockets: at most `total`, and of one user at most `per_user` (None: as many as there are)."""

    def __init__(self, total: int, per_user: int | None = SOCKETS_PER_USER) -> None:
        self._total = total
        self._per_user = per_user
        self._taken = 0
        self._users: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken

    def enter(self) -> bool:
        """Take a seat for a socket, if one is free."""
        if self._taken >= self._total:
            return False
        self._taken += 1
        return True

    def leave(self) -> None:
        """Free a seat that `enter` gave."""
        self._taken -= 1

    def claim(self, user_id: str) -> bool:
        """Put a socket down to a user, if the user may have one more."""
        if self._per_user is not None and self._users[user_id] >= self._per_user:
            return False
        self._users[user_id] += 1
        return True

    def release(self, user_id: str) -> None:
        """Take back a `claim`."""
        self._users[user_id] -= 1
        if not self._users[user_id]:
            del self._users[user_id]


def milliseconds(seconds: float) -> int:
    """A time to wait, for a client: whole milliseconds, never too short."""
    return int(seconds * 1000) + 1
