"""A watch over the event loop: whatever blocks it delays every socket, so it is logged."""

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger()

BEAT_S = 0.25
LAG_S = 0.1
"""A delay of the loop that is worth a line in the log."""
QUIET_S = 10.0
"""At most one line in this time; it tells the longest delay since the last one."""


class Watchdog:
    """Asks the loop to be woken every BEAT_S and looks how late that comes; `observe` is told each time, in seconds."""

    def __init__(self, observe: Callable[[float], None] = lambda seconds: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._observe = observe
        self._worst = 0.0
        self._silent_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._due = self._loop.time() + BEAT_S
        self._timer = self._loop.call_at(self._due, self._beat)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        now = self._loop.time()
        self._observe(now - self._due)
        self._worst = max(self._worst, now - self._due)
        if self._worst > LAG_S and now >= self._silent_until:
            log.warning("event_loop_blocked", longest_ms=round(self._worst * 1000))
            self._silent_until = now + QUIET_S
            self._worst = 0.0
        self.start()
