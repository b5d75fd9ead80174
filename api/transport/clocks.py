"""What happens on a connection because time passes: no token in time, the end of one, and signs of life."""

import asyncio
import time
from collections.abc import Callable

from api.access.auth import EXPIRY_GRACE_S
from api.protocol.dialect import AuthExpiring, Beat, Notice
from api.transport.closing import AUTH_DEADLINE, EXPIRED

AUTH_DEADLINE_S = 10
EXPIRY_NOTICE_S = 60
"""Seconds before the end of a token at which the client is told."""
LONG_S = 24 * 3600.0


class Clocks:
    """The timers of one connection; `tell` puts a notice before the client, `hang_up` closes with a code."""

    __slots__ = ("_beat", "_expires", "_hang_up", "_tell", "_timer", "_warned")

    def __init__(self, tell: Callable[[Notice], None], hang_up: Callable[[int], None]) -> None:
        self._tell = tell
        self._hang_up = hang_up
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._expires = 0
        self._warned = False

    def await_token(self) -> None:
        """Close unless a token comes in time."""
        self._call_later(AUTH_DEADLINE_S, lambda: self._hang_up(AUTH_DEADLINE))

    def watch_token(self, expires: int) -> None:
        """Warn before the token's end, in Unix seconds, and close some time after it."""
        self._expires, self._warned = expires, False
        self._look()

    def beat(self, every_s: float) -> None:
        """Give a sign of life each time that so many seconds have passed."""

        def again() -> None:
            self._tell(Beat(time.time()))
            self.beat(every_s)

        self._beat = asyncio.get_running_loop().call_later(every_s, again)

    def stop(self) -> None:
        for timer in (self._timer, self._beat):
            if timer is not None:
                timer.cancel()

    def _look(self) -> None:
        """At the clock, again at least once a day: it may be set."""
        left = self._expires - time.time()
        if left <= -EXPIRY_GRACE_S:
            self._hang_up(EXPIRED)
            return
        if left <= EXPIRY_NOTICE_S and not self._warned:
            self._warned = True
            self._tell(AuthExpiring(max(0, round(left))))
        wait = left + EXPIRY_GRACE_S if self._warned else left - EXPIRY_NOTICE_S
        self._call_later(min(wait, LONG_S), self._look)

    def _call_later(self, delay: float, callback: Callable[[], None]) -> None:
        """One timer is enough: first the deadline for the token, then its end."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, callback)
