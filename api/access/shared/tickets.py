"""Tickets that any server takes, whichever gave them. Redis forgets them by itself; only their digests are there."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from api.access.auth import Identity
from api.access.shared.link import RedisAway, RedisLink
from api.access.tickets import TICKET_S, TICKETS, TICKETS_PER_USER, digest
from orchestrator.errors import AuthExpired, AuthInvalid, Overloaded, RateLimited, StorageUnavailable

MOST_S = 24 * 3600
"""How long a ticket that has opened a stream is known after its token has ended, and at most before."""
_ISSUE = """
local now = tonumber(redis.call('TIME')[1])
for at, key in ipairs({KEYS[2], KEYS[3]}) do redis.call('ZREMRANGEBYSCORE', key, '-inf', now) end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return 'user' end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[4]) then return 'all' end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
for at, key in ipairs({KEYS[2], KEYS[3]}) do
  redis.call('ZADD', key, now + tonumber(ARGV[2]), KEYS[1])
  redis.call('EXPIRE', key, ARGV[2])
end
return ''
"""
_USE = """
local found = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return found
"""
_ALL = "pitcrew:tickets"
_identity = msgspec.json.Decoder(Identity)


class SharedTickets:
    """See `api.access.tickets.Tickets`. Raises StorageUnavailable where Redis is away."""

    def __init__(self, link: RedisLink, per_user: int = TICKETS_PER_USER, total: int = TICKETS) -> None:
        self._link = link
        self._per_user = per_user
        self._total = total
        self._issue = link.redis.register_script(_ISSUE)
        self._use = link.redis.register_script(_USE)

    async def issue(self, identity: Identity) -> str:
        ticket = secrets.token_urlsafe(32)
        keys = [_key(ticket), _of(identity.user_id), _ALL]
        args: list[bytes | int] = [msgspec.json.encode(identity), TICKET_S, self._per_user, self._total]
        refused = await self._ask(lambda: self._issue(keys=keys, args=args))
        if refused == b"user":
            raise RateLimited(retry_after_ms=TICKET_S * 1000)
        if refused == b"all":
            raise Overloaded(retry_after_ms=TICKET_S * 1000)
        return ticket

    async def redeem(self, ticket: str, *, stream: bool = False) -> Identity:
        found = await self._ask(lambda: self._use(keys=[_key(ticket)]))
        if found is None:
            raise AuthInvalid
        identity = _identity.decode(found)

        async def noted() -> None:
            async with self._link.redis.pipeline(transaction=False) as pipeline:
                pipeline.zrem(_of(identity.user_id), _key(ticket))
                pipeline.zrem(_ALL, _key(ticket))
                if stream:
                    left_s = max(0, min(int(identity.expires - time.time()), MOST_S))
                    pipeline.set(_opened(ticket), found, ex=left_s + MOST_S)
                await pipeline.execute()

        await self._ask(noted)
        return identity

    async def again(self, ticket: str) -> Identity:
        found = await self._ask(lambda: self._link.redis.get(_opened(ticket)))
        if found is None:
            raise AuthInvalid
        identity = _identity.decode(found)
        if time.time() >= identity.expires:
            raise AuthExpired
        return identity

    async def _ask(self, work: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await self._link.ask(work)
        except RedisAway as error:
            raise StorageUnavailable from error


def _key(ticket: str) -> str:
    return f"pitcrew:ticket:{digest(ticket).hex()}"


def _opened(ticket: str) -> str:
    return f"pitcrew:stream:{digest(ticket).hex()}"


def _of(user_id: str) -> str:
    return f"pitcrew:tickets:{user_id}"
