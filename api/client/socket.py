"""One dialect that is connected again by its schedule, and what of that a person is told."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from .address import base_url
from .errors import ClientError, Dropped, Frame, SignInFailed, Waiting
from .link import CLOSE_S, FRAME_BYTES, HANDSHAKE_S, HEARTBEAT_S, NEW_TOKEN, STOP
from .retry_schedules import Schedule, Tries

FOREIGN_ORIGIN = 4003
REFUSED_STATUSES = {400, 401, 403, 404}
"""Statuses of a handshake that no further try makes better."""


class GaveUp(ClientError):
    """No connection could be had by the dialect's schedule. `str(error)` says so to a person."""


@dataclass(frozen=True, slots=True)
class FallingBack:
    """The client goes on in another way; `reason` is for a person."""

    reason: str


Tell = Callable[[Waiting | FallingBack], None]
Sleep = Callable[[float], Awaitable[None]]


def silent(notice: Waiting | FallingBack) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where the server is, in any usual form, and how to get there; without a `token` as a guest.
    `tell` hears of each wait and each fallback; `sleep` is the clock."""

    base: str
    token: str = ""
    tell: Tell = silent
    sleep: Sleep = asyncio.sleep

    def __post_init__(self) -> None:
        """Raises ValueError for a `base` that is no address."""
        object.__setattr__(self, "base", base_url(self.base))

    def socket(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a dialect."""
        parts = urlsplit(self.base)
        parameters = {**(query or {}), **({"token": self.token} if self.token else {})}
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, urlencode(parameters), ""))

    def http(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a resource beside it, without the token."""
        parts = urlsplit(self.base)
        scheme = {"ws": "http", "wss": "https"}[parts.scheme]
        return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + path, urlencode(query or {}), ""))

    async def pause(self, tries: Tries) -> None:
        """Wait for the next try. Raises GaveUp."""
        coming = tries.next()
        if coming is None:
            raise GaveUp(tries.schedule.then)
        self.tell(Waiting(f"Reconnecting ({coming.number}/{coming.of})", coming.wait_s))
        await self.sleep(coming.wait_s)


Opened = Callable[[ClientConnection], Awaitable[None]]


async def frames(way: Way, url: str, schedule: Schedule, opened: Opened) -> AsyncGenerator[Frame, None]:
    """The frames of one connection after the other; each, once open, is given to `opened`. Raises GaveUp, SignInFailed,
    Dropped."""
    tries = Tries(schedule)
    while True:
        try:
            async with _dial(url) as socket:
                tries.opened()
                await opened(socket)
                async for text in socket:
                    yield parsed(text)
                _check(socket.close_code)
        except InvalidStatus as error:
            if error.response.status_code in REFUSED_STATUSES:
                raise Dropped(error.response.status_code, _refused(error.response.status_code)) from error
        except ConnectionClosed as error:
            _check(error.rcvd.code if error.rcvd else None)
        except (OSError, TimeoutError, InvalidHandshake):
            pass
        await way.pause(tries)


def _dial(url: str) -> connect:
    return connect(
        url,
        open_timeout=HANDSHAKE_S,
        close_timeout=CLOSE_S,
        ping_interval=HEARTBEAT_S,
        ping_timeout=HEARTBEAT_S,
        max_size=FRAME_BYTES,
        compression=None,
        proxy=None,
    )


def parsed(text: str | bytes) -> Frame:
    """The frame; one of no type where it is none."""
    try:
        frame: Any = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    return frame if isinstance(frame, dict) else {}


def _check(code: int | None) -> None:
    """Raises SignInFailed or Dropped for a close after which nothing gets better by connecting again."""
    if code in NEW_TOKEN:
        raise SignInFailed("The server does not take the token. Sign in again.")
    if code in STOP or code == FOREIGN_ORIGIN:
        raise Dropped(code, f"{STOP.get(code, 'This page may not connect.')} The connection was closed ({code}).")


def _refused(status: int) -> str:
    return f"The server refused the connection (HTTP {status}). Check the address."
