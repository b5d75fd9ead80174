"""A scripted server of any wire for tests of clients: its n-th connection follows the n-th script."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from api.client.errors import Waiting
from api.client.socket import FallingBack, Way

Frame = dict[str, Any]


@dataclass
class Peer:
    """The server's end of one connection; `url` is what it was opened with, `seen` what the client has sent."""

    socket: ServerConnection
    url: str
    seen: list[Frame] = field(default_factory=list)

    async def receive(self) -> Frame:
        frame: Frame = json.loads(await self.socket.recv())
        self.seen.append(frame)
        return frame

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self.socket.send(json.dumps(frame))

    async def drop(self) -> None:
        """End the connection as a broken line does."""
        await asyncio.sleep(0)
        self.socket.transport.abort()

    async def linger(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.receive()


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class Watch:
    """What a person would have been told; waiting takes no time."""

    told: list[Waiting | FallingBack] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def way(self, base: str, token: str = "") -> Way:
        return Way(base, token, self.told.append, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await asyncio.sleep(0)

    @property
    def reasons(self) -> list[str]:
        return [notice.reason for notice in self.told]


@asynccontextmanager
async def scripted(*scripts: Script | int | str) -> AsyncIterator[tuple[str, list[Peer]]]:
    """Yields the server's address and the peers so far; the last script serves all further connections. A number in the
    place of a script is the status with which the request is refused, a text the event stream that it is answered."""
    peers: list[Peer] = []
    knocks = 0

    def admit(socket: ServerConnection, request: Request) -> Response | None:
        nonlocal knocks
        chosen = scripts[min(knocks, len(scripts) - 1)]
        knocks += 1
        if not isinstance(chosen, int | str):
            return None
        peers.append(Peer(socket, request.path))
        peers[-1].seen.append(dict(request.headers.raw_items()))
        status = chosen if isinstance(chosen, int) else 200
        body = b"" if isinstance(chosen, int) else chosen.encode()
        headers = Headers({"Content-Type": "text/event-stream", "Connection": "close"})
        if status != 204:
            headers["Content-Length"] = str(len(body))
        return Response(status, HTTPStatus(status).phrase, headers, body)

    async def handle(socket: ServerConnection) -> None:
        script = scripts[min(knocks, len(scripts)) - 1]
        assert socket.request is not None
        peers.append(Peer(socket, socket.request.path))
        assert not isinstance(script, int | str)
        with suppress(ConnectionClosed):
            await script(peers[-1])

    async with serve(handle, "127.0.0.1", 0, process_request=admit) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}", peers
