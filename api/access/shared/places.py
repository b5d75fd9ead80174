"""The places of users, counted by all servers together: each is held for a while and again, as long as its server
lives, so that those of a server that died are free by themselves."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from api.access.limits import SOCKETS_PER_USER
from api.access.shared.link import RedisAway, RedisLink
from orchestrator.cancellation import ended

HELD_S = 60
AGAIN_S = 20.0
_CLAIM = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""
_HOLD = """
local time = redis.call('TIME')
local ends = time[1] + time[2] / 1e6 + ARGV[1]
for place = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[place]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""
_TOGETHER = 1_000


class SharedPlaces:
    """See `api.access.limits.UserPlaces`. Where Redis is away each server counts those that it gave itself."""

    def __init__(self, link: RedisLink, per_user: int = SOCKETS_PER_USER, kind: str = "places") -> None:
        """`kind` keeps what is counted here apart from other places."""
        self._link = link
        self._kind = kind
        self._per_user = per_user
        self._claim = link.redis.register_script(_CLAIM)
        self._hold = link.redis.register_script(_HOLD)
        self._held: dict[str, list[str]] = defaultdict(list)

    async def claim(self, user_id: str) -> bool:
        claiming = self._link.spawn(self._claimed(user_id))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:  # nobody will release it
            claiming.add_done_callback(lambda claimed: self.release(user_id) if claimed.result() else None)
            raise

    async def _claimed(self, user_id: str) -> bool:
        name = uuid.uuid4().hex
        try:
            given = await self._link.ask(
                lambda: self._claim(keys=[self._key(user_id)], args=[name, self._per_user, HELD_S])
            )
        except RedisAway:
            given = len(self._held.get(user_id, ())) < self._per_user
        if given:
            self._held[user_id].append(name)
        return bool(given)

    def release(self, user_id: str) -> None:
        name = self._held[user_id].pop()
        if not self._held[user_id]:
            del self._held[user_id]
        self._link.spawn(self._released(user_id, name))

    async def _released(self, user_id: str, name: str) -> None:
        with suppress(RedisAway):  # then it is free after a while
            await self._link.ask(lambda: self._link.redis.zrem(self._key(user_id), name))

    async def hold(self) -> None:
        """Hold again what is held here; also in a Redis that was started anew meanwhile."""
        with suppress(RedisAway):
            for user_id in tuple(self._held):
                names = tuple(self._held.get(user_id, ()))
                for at in range(0, len(names), _TOGETHER):
                    await self._held_again(user_id, names[at : at + _TOGETHER])

    async def _held_again(self, user_id: str, names: Sequence[str]) -> None:
        await self._link.ask(lambda: self._hold(keys=[self._key(user_id)], args=[HELD_S, *names]))

    def _key(self, user_id: str) -> str:
        return f"pitcrew:{self._kind}:{user_id}"


@asynccontextmanager
async def holding(places: SharedPlaces) -> AsyncIterator[None]:
    """Hold them again and again until the block ends."""

    async def hold() -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            await places.hold()

    task = asyncio.ensure_future(hold())
    try:
        yield
    finally:
        await ended(task)
