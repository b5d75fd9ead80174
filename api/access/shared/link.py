"""The way to the Redis that servers share. Where it is away nobody waits for it: it is asked again after a moment."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE_S = 1.0
"""How long a command may take."""
CONNECTIONS, BUSY_S = 32, 5.0
"""Commands under way at a time, and how long one waits for those before it."""
AGAIN_S = 2.0
"""How long Redis is left alone after it could not be reached."""


class RedisAway(Exception):
    """Redis cannot be asked now; the cause is chained where it was tried."""


class RedisLink:
    """A client of Redis for use from one event loop. Made by `open_link`."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self._again = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """What a command gives. It is seen through even if the caller goes away, because it must not leave its answer
        in a shared connection. Raises RedisAway."""
        if time.monotonic() < self._again:
            raise RedisAway
        return await asyncio.shield(self.spawn(self._tried(work)))

    async def _tried(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        except (RedisError, OSError, TimeoutError) as error:
            if time.monotonic() >= self._again:
                log.warning("redis_not_asked", error=type(error).__name__, again_in_s=AGAIN_S)
            self._again = time.monotonic() + AGAIN_S
            raise RedisAway from error

    async def reachable(self) -> bool:
        """Whether Redis answers."""
        try:
            await self.ask(lambda: self.redis.ping())
        except RedisAway:
            return False
        return True

    def spawn(self, work: Awaitable[T]) -> "asyncio.Future[T]":
        """Do something that nobody need wait for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self) -> None:
        """Wait for what is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * PATIENCE_S)


@asynccontextmanager
async def open_link(url: str) -> AsyncIterator[RedisLink]:
    """To the Redis at this URL, which need not be reachable yet."""
    limits = {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S, "retry": Retry(NoBackoff(), 0)}
    # Where many come at once they wait for a connection: to have none left is not to have no Redis.
    pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=BUSY_S, **limits)
    redis: Redis = Redis.from_pool(pool)
    link = RedisLink(redis)
    try:
        yield link
    finally:
        await link.finish()
        await redis.aclose()
