"""How often one user may ask."""

import time
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from orchestrator.errors import RateLimited

MESSAGES_PER_MINUTE = 20


class MessageLimit(Protocol):
    async def take(self, user_id: str) -> None:
        """Count one message of the user. Raises RateLimited with the time to wait."""


class MovingWindow:
    """At most MESSAGES_PER_MINUTE in any 60 s, per user, in this process."""

    def __init__(self, per_minute: int = MESSAGES_PER_MINUTE) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._item = RateLimitItemPerMinute(per_minute)

    async def take(self, user_id: str) -> None:
        if not await self._limiter.hit(self._item, user_id):
            window = await self._limiter.get_window_stats(self._item, user_id)
            raise RateLimited(retry_after_ms=max(1, int((window.reset_time - time.time()) * 1000)))


class Unlimited:
    """For development and load tests."""

    async def take(self, user_id: str) -> None:
        return None
