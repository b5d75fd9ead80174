"""How much one user and one socket may ask for. Rates are counted by the library `limits`.

What belongs to a socket is counted in this process. What belongs to a user or an address is counted here as well, or by
all servers together (`api/access/shared/`).
"""

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from orchestrator.errors import RateLimited

MESSAGES_PER_MINUTE = 20
THREADS_PER_MINUTE = 60
CHARTS_PER_MINUTE = 30
EXPORTS_PER_HOUR = 10
SOCKETS_PER_USER = 5
IDLE_KEYS = 1024
"""Keys above which those without an event are looked for and forgotten."""

MESSAGES = RateLimitItemPerMinute(MESSAGES_PER_MINUTE)
THREADS = RateLimitItemPerMinute(THREADS_PER_MINUTE)
CHARTS = RateLimitItemPerMinute(CHARTS_PER_MINUTE)
EXPORTS = RateLimitItemPerHour(EXPORTS_PER_HOUR)
FRAMES = RateLimitItemPerSecond(20, 2)
BREACHES = RateLimitItemPerSecond(9, 10)
MALFORMED = RateLimitItemPerMinute(5)
FAILURES = RateLimitItemPerMinute(20)
"""Sign-ins of one address that may be refused before it has to wait."""


class Rate(Protocol):
    def take(self, key: str) -> int:
        """Count an event of `key`. 0, or the whole milliseconds until there is room for it: then it is not counted."""


class UserRate(Protocol):
    async def take(self, key: str) -> int:
        """As that of a Rate; others may be asked about it."""


class ExactRate:
    """Never more than the limit in any such time. The time of each event is kept, so it is for rare ones."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._most = IDLE_KEYS

    def __len__(self) -> int:
        """The keys that are known."""
        return len(self._storage.events)

    def take(self, key: str) -> int:
        if self._limiter.hit(self._limit, key):
            self._forget_idle()
            return 0
        return until(self._limiter.get_window_stats(self._limit, key).reset_time)

    def forget(self, key: str) -> None:
        """Drop what is known of `key`."""
        self._clear(self._limit.key_for(key))

    def _clear(self, name: str) -> None:
        with self._storage.locks[name]:  # the storage's own thread may be dropping this key's old events
            self._storage.clear(name)

    def _forget_idle(self) -> None:
        """The storage drops old events, but not the keys they were under."""
        if len(self) > self._most:
            for name in [name for name, times in tuple(self._storage.events.items()) if not times]:
                self._clear(name)
            self._most = max(IDLE_KEYS, 2 * len(self))


class QuickRate:
    """The limit in each such time, and between two of them the share of the last one that is still near: over the
    long run exact, for a moment up to twice as much. Two counters per key, gone in twice the time of the limit."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, key: str) -> int:
        if self._limiter.hit(self._limit, key):
            return 0
        return until(self._limiter.get_window_stats(self._limit, key).reset_time)


class Unlimited:
    """For development and load tests."""

    def take(self, key: str) -> int:
        return 0


class CountedHere:
    """A UserRate that is counted in this process."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate

    async def take(self, key: str) -> int:
        return self._rate.take(key)


def until(moment: float) -> int:
    """The milliseconds until then. At the moment itself the library still refuses: a millisecond more."""
    return math.ceil((moment - time.time()) * 1000) + 1


@dataclass(frozen=True, slots=True)
class Rates:
    """`messages` of a user, `threads` opened before anything is said in them, `charts` to be drawn, and `exports` (or
    erasures) of all that is held; of a socket its `frames`, the `breaches` of that, and `malformed` frames."""

    messages: UserRate = field(default_factory=lambda: CountedHere(ExactRate(MESSAGES)))
    threads: UserRate = field(default_factory=lambda: CountedHere(ExactRate(THREADS)))
    charts: UserRate = field(default_factory=lambda: CountedHere(ExactRate(CHARTS)))
    exports: UserRate = field(default_factory=lambda: CountedHere(ExactRate(EXPORTS)))
    frames: Rate = field(default_factory=lambda: QuickRate(FRAMES))
    breaches: ExactRate = field(default_factory=lambda: ExactRate(BREACHES))
    malformed: ExactRate = field(default_factory=lambda: ExactRate(MALFORMED))

    async def message(self, user_id: str) -> None:
        """Count one message of the user. Raises RateLimited with the time to wait."""
        if wait := await self.messages.take(user_id):
            raise RateLimited(retry_after_ms=wait)

    async def thread(self, user_id: str) -> None:
        """Count one conversation that the user opens. Raises RateLimited with the time to wait."""
        if wait := await self.threads.take(user_id):
            raise RateLimited(retry_after_ms=wait)

    async def chart(self, user_id: str) -> None:
        """Count one chart that is to be drawn for the user. Raises RateLimited with the time to wait."""
        if wait := await self.charts.take(user_id):
            raise RateLimited(retry_after_ms=wait)

    async def export(self, user_id: str) -> None:
        """Count one time that the user wants or erases all. Raises RateLimited with the time to wait."""
        if wait := await self.exports.take(user_id):
            raise RateLimited(retry_after_ms=wait)

    def forget_socket(self, key: str) -> None:
        """The socket is closed."""
        self.breaches.forget(key)
        self.malformed.forget(key)


CROWDED = "too many connections from your address"


class UserPlaces(Protocol):
    """The open sockets and streams by user, or the sockets by address."""

    async def claim(self, user_id: str) -> bool:
        """Put one down to a user, if the user may have one more."""

    def release(self, user_id: str) -> None:
        """Take back a `claim`."""


class PlacesHere:
    """Those of this process (None: a user may have as many as there are)."""

    def __init__(self, per_user: int | None = SOCKETS_PER_USER) -> None:
        self._per_user = per_user
        self._users: Counter[str] = Counter()

    async def claim(self, user_id: str) -> bool:
        if self._per_user is not None and self._users[user_id] >= self._per_user:
            return False
        self._users[user_id] += 1
        return True

    def release(self, user_id: str) -> None:
        self._users[user_id] -= 1
        if not self._users[user_id]:
            del self._users[user_id]


class Seats:
    """The open sockets of this process: at most `total`."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken = 0

    def __len__(self) -> int:
        return self._taken

    def enter(self) -> str | None:
        """Take a seat; else why there is none."""
        if self._taken >= self._total:
            return "too many connections"
        self._taken += 1
        return None

    def leave(self) -> None:
        """Free a seat that `enter` gave."""
        self._taken -= 1
