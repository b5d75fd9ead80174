"""Rates that all servers count together."""

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.access.limits import ExactRate, until
from api.access.shared.link import RedisAway, RedisLink

PREFIX = "pitcrew:rates"


class SharedRate:
    """See `api.access.limits.UserRate`. Where Redis is away each server counts for itself."""

    def __init__(self, link: RedisLink, name: str, limit: RateLimitItem) -> None:
        """`name` keeps what is counted here apart from other rates."""
        self._link = link
        self._name = name
        self._limit = limit
        self._here = ExactRate(limit)
        pool = link.redis.connection_pool
        # The pool is ours: the address only names the scheme.
        storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX, connection_pool=pool)  # type: ignore[arg-type]
        self._limiter = MovingWindowRateLimiter(storage)

    async def take(self, key: str) -> int:
        try:
            return await self._link.ask(lambda: self._take(key))
        except RedisAway:
            return self._here.take(key)

    async def _take(self, key: str) -> int:
        if await self._limiter.hit(self._limit, self._name, key):
            return 0
        return until((await self._limiter.get_window_stats(self._limit, self._name, key)).reset_time)
