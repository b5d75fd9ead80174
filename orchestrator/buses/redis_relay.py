"""Words between processes over a channel of Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from orchestrator.cancellation import ended

CHANNEL = "pitcrew:staff"
PATIENCE_S = 1.0
MOST_WAITING = 1_000
AWAY = (RedisError, OSError, TimeoutError)


class RedisRelay:
    """See `orchestrator.staff.news.Relay`. Made by `open_redis_relay`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)

    def say(self, word: bytes) -> None:
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(word)

    async def send(self) -> None:
        """Hand over what is said, in its order, for ever; what Redis cannot take now is lost."""
        while True:
            word = await self._waiting.get()
            with suppress(*AWAY):
                await self._redis.publish(CHANNEL, word)
            self._waiting.task_done()

    async def finish(self) -> None:
        """Wait for what is said to be handed over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._waiting.join()

    async def listen(self, hear: Callable[[bytes], None], lapsed: Callable[[], None]) -> None:
        while True:
            pubsub = self._redis.pubsub()
            try:
                await pubsub.subscribe(CHANNEL)
                silent = False
                while True:
                    message = await pubsub.get_message(timeout=PATIENCE_S)
                    if message is None:
                        if silent:
                            raise ConnectionError
                        silent = True
                        await pubsub.ping()
                        continue
                    silent = False
                    if message["type"] == "subscribe":
                        lapsed()
                    elif message["type"] == "message":
                        hear(message["data"])
            except AWAY:
                pass
            finally:
                with suppress(*AWAY):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(PATIENCE_S)


@asynccontextmanager
async def open_redis_relay(url: str) -> AsyncIterator[RedisRelay]:
    """Over the Redis at this URL, which need not be reachable yet."""
    redis: Redis = Redis.from_url(
        url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
    )
    relay = RedisRelay(redis)
    sending = asyncio.ensure_future(relay.send())
    try:
        yield relay
    finally:
        await relay.finish()
        await ended(sending)
        await redis.aclose()
