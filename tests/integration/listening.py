"""A plain client of any wire: frames in, frames out."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.serving import Served

Frame = dict[str, Any]
Ends = Callable[[Frame], bool]


def is_of(*kinds: str) -> Ends:
    """Whether a frame is of one of these types, or wraps a step of one."""

    def holds(frame: Frame) -> bool:
        return frame["type"] in kinds or (frame["type"] == "reasoning_step" and frame["data"]["type"] in kinds)

    return holds


class Line:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, frame: Frame | str) -> None:
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def receive(self, timeout: float = 30) -> Frame:
        async with asyncio.timeout(timeout):
            return json.loads(await self.socket.recv())  # type: ignore[no-any-return]

    async def until(self, ends: Ends, timeout: float = 60) -> list[Frame]:
        """The frames up to one that ends them."""
        frames: list[Frame] = []
        async with asyncio.timeout(timeout):
            while not frames or not ends(frames[-1]):
                frames.append(await self.receive(timeout))
        return frames

    async def silent(self, seconds: float = 0.7) -> bool:
        """Whether nothing comes for so long."""
        try:
            await self.receive(seconds)
        except TimeoutError:
            return True
        return False

    async def closed(self, timeout: float = 15) -> tuple[list[Frame], int | None]:
        """What still comes, and the close code."""
        frames: list[Frame] = []
        async with asyncio.timeout(timeout):
            try:
                while True:
                    frames.append(json.loads(await self.socket.recv()))
            except ConnectionClosed:
                return frames, self.socket.close_code

    def drop(self) -> None:
        """The line goes dead, without a word."""
        self.socket.transport.abort()


@asynccontextmanager
async def listening(server: Served, path: str, **options: Any) -> AsyncIterator[Line]:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}{path}", max_size=2**24, **options) as socket:
        yield Line(socket)


def anew() -> str:
    """A session's id that nobody has used."""
    return uuid.uuid4().hex
