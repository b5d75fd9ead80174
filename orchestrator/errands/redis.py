"""Errands over Redis: a list for what is asked, from which each is taken once, and a list for each result."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from orchestrator.errand import Do, ErrandFailed

log = structlog.get_logger()

ASKED = "pitcrew:errands"
AT_ONCE = 4
LOOK_S = 1
"""For how long Redis holds a question for the next errand."""
KEPT_S = 60
AWAY = (RedisError, OSError, TimeoutError)


class _Asked(msgspec.Struct, array_like=True, frozen=True):
    """`until` is in seconds since 1970: nobody waits for it after that."""

    id: str
    kind: str
    body: bytes
    until: float


class _Told(msgspec.Struct, array_like=True, frozen=True):
    body: bytes | None


_encoder = msgspec.msgpack.Encoder()
_asked = msgspec.msgpack.Decoder(_Asked)
_told = msgspec.msgpack.Decoder(_Told)


class RedisErrands:
    """See `orchestrator.errand.Errands`. Made by `open_redis_errands`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._tasks: set[asyncio.Task[Any]] = set()

    async def ask(self, kind: str, body: bytes, patience_s: float) -> bytes:
        # Shielded: who goes away must not leave the answer to a command in a shared connection.
        return await asyncio.shield(self._spawn(self._ask(kind, body, patience_s)))

    async def _ask(self, kind: str, body: bytes, patience_s: float) -> bytes:
        asked = _Asked(uuid.uuid4().hex, kind, body, time.time() + patience_s)
        try:
            await self._redis.rpush(ASKED, _encoder.encode(asked))
            told: Any = await self._redis.blpop([_result(asked.id)], timeout=patience_s)
        except AWAY as error:
            raise ErrandFailed(type(error).__name__) from error
        result = _told.decode(told[1]).body if told else None
        if result is None:
            raise ErrandFailed("could not be done" if told else "nobody did it in time")
        return result

    async def do(self, kinds: Mapping[str, Do]) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        while True:
            await room.acquire()
            taking = self._spawn(self._take())
            try:
                asked = await asyncio.shield(taking)
            except asyncio.CancelledError:
                await asyncio.wait({taking})
                raise
            if asked is None:
                room.release()
                continue
            self._spawn(self._done(asked, kinds)).add_done_callback(lambda _: room.release())

    async def _take(self) -> _Asked | None:
        try:
            taken: Any = await self._redis.blpop([ASKED], timeout=LOOK_S)
        except AWAY:
            await asyncio.sleep(LOOK_S)
            return None
        if not taken:
            return None
        asked = _asked.decode(taken[1])
        return asked if time.time() < asked.until else None

    async def _done(self, asked: _Asked, kinds: Mapping[str, Do]) -> None:
        result: bytes | None = None
        try:
            result = await kinds[asked.kind](asked.body)
        except Exception as error:
            log.warning("errand_failed", kind=asked.kind, error=type(error).__name__)
        with suppress(*AWAY):
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.rpush(_result(asked.id), _encoder.encode(_Told(result)))
                pipeline.expire(_result(asked.id), KEPT_S)
                await pipeline.execute()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _result(errand_id: str) -> str:
    return f"pitcrew:errand:{errand_id}"


@asynccontextmanager
async def open_redis_errands(url: str) -> AsyncIterator[RedisErrands]:
    """Errands over the Redis at this URL, which need not be reachable yet."""
    redis: Redis = Redis.from_url(url, socket_connect_timeout=LOOK_S, retry=Retry(NoBackoff(), 0))
    try:
        yield RedisErrands(redis)
    finally:
        await redis.aclose()
