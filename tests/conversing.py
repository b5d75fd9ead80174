"""A plain client of `/ws/chat` for tests: frames in, frames out, nothing clever."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]
TERMINAL = {"complete", "error", "cancelled"}


class Talk:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, frame: Frame | str | bytes) -> None:
        await self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def receive(self, timeout: float = 30) -> Frame:
        async with asyncio.timeout(timeout):
            return json.loads(await self.socket.recv())  # type: ignore[no-any-return]

    async def call(self, frame: Frame | str | bytes) -> Frame:
        """Send and take the next frame."""
        await self.send(frame)
        return await self.receive()

    async def sign_in(self, token: str, **fields: Any) -> Frame:
        answer = await self.call({"type": "auth", "token": token, **fields})
        assert answer["type"] == "auth_success", answer
        return answer

    async def ask(self, message: str, timeout: float = 60, **fields: Any) -> list[Frame]:
        """Send a message and take every frame up to the end of its run."""
        await self.send({"type": "message", "message": message, **fields})
        return await self.until_end(timeout)

    async def until_end(self, timeout: float = 60) -> list[Frame]:
        frames = []
        async with asyncio.timeout(timeout):
            while not frames or frames[-1]["type"] not in TERMINAL:
                frames.append(await self.receive(timeout))
        return frames

    async def closed(self, timeout: float = 60) -> int:
        """The close code; frames that come before are dropped."""
        async with asyncio.timeout(timeout):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                return self.socket.close_code or 0


@asynccontextmanager
async def talking(url: str, token: str | None = None, **options: Any) -> AsyncIterator[Talk]:
    """An open socket, signed in where a token is given."""
    async with websockets.connect(url, max_size=2**24, **options) as socket:
        talk = Talk(socket)
        if token is not None:
            await talk.sign_in(token, partial=False)
        yield talk


def text_of(frames: list[Frame]) -> str:
    """The tokens of a run put together, as a client does that follows their offsets."""
    text = ""
    for frame in frames:
        if frame["type"] == "token":
            text = text[: frame["offset"]] + frame["token"]
    return text
