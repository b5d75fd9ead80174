"""A scripted server of `/ws/chat` for tests of clients: each connection follows a script of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from api.client import Client, Token, Turn, Waits

Frame = dict[str, Any]


@dataclass
class Peer:
    """The server's end of one connection. `seen` is what the client has sent, without the names of its requests."""

    socket: ServerConnection
    seen: list[Frame] = field(default_factory=list)
    request: str | None = None
    """The request that has no answer yet."""

    async def receive(self) -> Frame:
        """The next frame. The one before it was obeyed, unless it was refused."""
        if self.request is not None:
            await self.send("done", request=self._answered())
        frame: Frame = json.loads(await self.socket.recv())
        self.request = frame.pop("request", None)
        self.seen.append(frame)
        return frame

    def _answered(self) -> str | None:
        request, self.request = self.request, None
        return request

    async def send(self, type_: str, /, **fields: Any) -> None:
        if type_ in {"auth_success", "auth_error"} or (type_ == "error" and "run_id" not in fields):
            fields["request"] = self._answered()
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def ack(self, message: Mapping[str, Any], run_id: str = "r1", seq: int = 1, **fields: Any) -> None:
        named = {"client_message_id": message.get("client_message_id"), "session_id": message.get("session_id", "s1")}
        await self.send("ack", run_id=run_id, message_id=f"m-{run_id}", seq=seq, **(named | fields))

    async def answer(self, run_id: str = "r1", text: str = "Hi", seq: int = 2) -> None:
        await self.send("token", run_id=run_id, offset=0, token=text)
        await self.send("complete", run_id=run_id, session_id="s1", response=text, message_id=f"a-{run_id}", seq=seq)

    async def linger(self) -> None:
        """Take what comes until the client has gone."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive()


Script = Callable[[Peer], Awaitable[None]]


async def asked(peer: Peer) -> None:
    """Answers one message."""
    await peer.ack(await peer.receive())
    await peer.answer()
    await peer.linger()


def refusing(status: int, **headers: str) -> Response:
    """For `scripted`: refuse the handshake."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, HTTPStatus(status).phrase, Headers(named), b"")


@asynccontextmanager
async def scripted(*scripts: Script | Response, sign_in: bool = True) -> AsyncIterator[tuple[str, list[Peer]]]:
    """A server whose n-th connection follows the n-th script, after a good sign-in unless `sign_in` is false; the last
    script serves all further ones. Yields its address and the peers so far."""
    peers: list[Peer] = []
    knocks = 0

    def admit(socket: ServerConnection, request: Request) -> Response | None:
        nonlocal knocks
        chosen = scripts[min(knocks, len(scripts) - 1)]
        knocks += 1
        return chosen if isinstance(chosen, Response) else None

    async def handle(socket: ServerConnection) -> None:
        peer = Peer(socket)
        script = scripts[min(knocks, len(scripts)) - 1]
        peers.append(peer)
        assert not isinstance(script, Response)
        with suppress(ConnectionClosed):
            if sign_in:
                await peer.receive()
                await peer.send("auth_success")
            await script(peer)

    async with serve(handle, "127.0.0.1", 0, process_request=admit) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws/chat", peers


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


def client(
    url: str, token: Token = "token", clock: Clock | None = None, patience_s: float = 120.0, chance: float = 1.0
) -> Client:
    """A client that waits by `clock`, and whose dice always show `chance`."""
    clock = clock or Clock()
    return Client(
        url,
        token,
        waits=Waits(patience_s=patience_s, sleep=clock.sleep, now=clock.now, chance=lambda: chance),
    )


async def types(turn: Turn) -> list[str]:
    """The types of what a turn has yet to give."""
    return [frame["type"] async for frame in turn]
