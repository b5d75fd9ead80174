"""How long a client waits, and when it gives up."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait, in seconds. The n-th wait in a row is by chance between 0 and `first_s` doubled n times, but
    `longest_s` at most ("full jitter": clients that lost the same server do not come back at once). After `patience_s`
    without success the client gives up. `sleep`, `now` and `chance` are the clock and the dice."""

    first_s: float = 1.0
    longest_s: float = 30.0
    patience_s: float = 120.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def pause(self, failures: int) -> float:
        """The wait after so many failures in a row."""
        return self.chance() * min(self.longest_s, self.first_s * 2.0 ** min(failures, 30))


@dataclass(slots=True)
class Effort:
    """What was done so far for one request; it is given up at `deadline`."""

    deadline: float
    failures: int = 0
    renewed: bool = False
