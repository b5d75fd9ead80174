"""When requests to the customer expire."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime


class Expiries:
    """`expire` is called, with the conversation's id and the request's, when the time of a request is over."""

    def __init__(self, expire: Callable[[str, str], object]) -> None:
        self._expire = expire
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def expect(self, conversation_id: str, request_id: str, expires_at: str) -> None:
        """Wait for this one, whose time is ISO 8601; once however often it is asked for."""
        if request_id in self._timers:
            return
        left_s = (datetime.fromisoformat(expires_at) - datetime.now(UTC)).total_seconds()

        def over() -> None:
            del self._timers[request_id]
            self._expire(conversation_id, request_id)

        self._timers[request_id] = asyncio.get_running_loop().call_later(max(0.0, left_s), over)

    def clear(self) -> None:
        """Wait for none any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
