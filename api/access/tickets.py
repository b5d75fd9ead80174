"""Tickets: short-lived stand-ins for a bearer token, good for opening one connection, so that no token stands in a URL.

A ticket is never logged, and only its digest is kept.
"""

import hashlib
import secrets
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Protocol

from api.access.auth import Identity
from orchestrator.errors import AuthExpired, AuthInvalid, Overloaded, RateLimited

TICKET_S = 60
TICKETS_PER_USER = 20
TICKETS = 10_000
"""Unused tickets at a time, of one user and in all."""
STREAMS = 10_000
"""Used ones that are known again; beyond it the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class _Issued:
    identity: Identity
    expires: float


class Tickets(Protocol):
    """Kept in this process, or by all servers together (`api/access/shared/`)."""

    async def issue(self, identity: Identity) -> str:
        """A ticket that carries `identity` with the expiry of its token. Raises RateLimited or Overloaded when too many
        are unused."""

    async def redeem(self, ticket: str, *, stream: bool = False) -> Identity:
        """Whose ticket it is; it is used up by that, but where it opens a `stream` for `again`. Raises AuthInvalid for
        one that is used, expired or unknown."""

    async def again(self, ticket: str) -> Identity:
        """Whose ticket opened a stream, for who comes back to it: an EventSource does so with the address that it has.
        Raises AuthInvalid for any other one, AuthExpired once the token has ended that it was got with."""


class TicketsHere:
    """Those of this process. The unused ones, oldest first: all live equally long, so the first is the next to
    expire."""

    def __init__(self, per_user: int = TICKETS_PER_USER, total: int = TICKETS, streams: int = STREAMS) -> None:
        self._per_user = per_user
        self._total = total
        self._issued: dict[bytes, _Issued] = {}
        self._users: Counter[str] = Counter()
        self._streams: OrderedDict[bytes, Identity] = OrderedDict()
        self._most_streams = streams

    def __len__(self) -> int:
        return len(self._issued)

    async def issue(self, identity: Identity) -> str:
        now = time.monotonic()
        self._expire(now)
        if self._users[identity.user_id] >= self._per_user:
            raise RateLimited(retry_after_ms=TICKET_S * 1000)
        if len(self._issued) >= self._total:
            raise Overloaded(retry_after_ms=TICKET_S * 1000)
        ticket = secrets.token_urlsafe(32)
        self._issued[digest(ticket)] = _Issued(identity, now + TICKET_S)
        self._users[identity.user_id] += 1
        return ticket

    async def redeem(self, ticket: str, *, stream: bool = False) -> Identity:
        self._expire(time.monotonic())
        key = digest(ticket)
        issued = self._issued.pop(key, None)
        if issued is None:
            raise AuthInvalid
        self._forget(issued)
        if stream:
            self._streams[key] = issued.identity
            if len(self._streams) > self._most_streams:
                self._streams.popitem(last=False)
        return issued.identity

    async def again(self, ticket: str) -> Identity:
        identity = self._streams.get(digest(ticket))
        if identity is None:
            raise AuthInvalid
        if time.time() >= identity.expires:
            raise AuthExpired
        return identity

    def _expire(self, now: float) -> None:
        while self._issued:
            key = next(iter(self._issued))
            issued = self._issued[key]
            if issued.expires > now:
                return
            del self._issued[key]
            self._forget(issued)

    def _forget(self, issued: _Issued) -> None:
        user_id = issued.identity.user_id
        self._users[user_id] -= 1
        if not self._users[user_id]:
            del self._users[user_id]


def digest(ticket: str) -> bytes:
    """What is kept of a ticket."""
    return hashlib.sha256(ticket.encode(errors="replace")).digest()
