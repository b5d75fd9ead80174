"""A conversation with a running server over `/ws/chat`, that survives a lost connection."""

import asyncio
import contextlib
import json
import os
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from api.cli.failure import UNREACHABLE, CommandFailed

FIRST_WAIT_S, LONGEST_WAIT_S, PATIENCE_S = 0.5, 10.0, 60.0
"""A lost connection is tried again after waits that double from the first to the longest, and given up after all."""
_HANDSHAKE_S = 10
_FRAME_BYTES = 16 * 1024 * 1024
_RUN_ENDS = ("complete", "cancelled")
_RETRIES = 5

Frame = Mapping[str, Any]


class Conversation:
    """Asks and listens, one message at a time. `show` is told every frame that belongs to the message under way."""

    def __init__(self, url: str, token: str, session_id: str, show: Callable[[Frame], None]) -> None:
        self.session_id = session_id
        self.stopping = False
        self._url = url
        self._token = token
        self._show = show
        self._socket: ClientConnection | None = None
        self._message: dict[str, str] | None = None
        self._run_id: str | None = None
        self._seq = 0

    @property
    def answering(self) -> bool:
        return self._message is not None

    async def open(self) -> None:
        """Connect and sign in. Raises CommandFailed: unreachable, or the token was refused."""
        try:
            await self._connect()
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            raise CommandFailed(
                f"No Pitcrew server answers at {self._url} ({_cause(error)}). "
                "Start one with `pitcrew serve`, or give its address with --url.",
                UNREACHABLE,
            ) from error

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def ask(self, text: str) -> Frame:
        """Send a message and wait for the frame that ends it: `complete`, `cancelled` or `error`. When the connection
        is lost meanwhile it goes on over a new one; the server answers the message once, however often it is sent."""
        self._message = {
            "type": "message",
            "message": text,
            "session_id": self.session_id,
            "client_message_id": uuid.uuid4().hex,
        }
        self._run_id = None
        self.stopping = False
        try:
            while True:
                try:
                    await self._take_up()
                    return await self._listen()
                except ConnectionClosed:
                    await self._reconnect()
        finally:
            self._message = None

    async def cancel(self) -> None:
        """Ask the server to stop the answer; its `cancelled` frame ends the message."""
        self.stopping = True
        with contextlib.suppress(ConnectionClosed):
            await self._send({"type": "cancel", "session_id": self.session_id})

    async def rate(self, message_id: str, rating: str) -> Frame | None:
        """Rate an answer; the error frame if that was refused. A ping tells when the server has read it."""
        stamp = uuid.uuid4().hex
        try:
            await self._send({"type": "feedback", "message_id": message_id, "rating": rating})
            await self._send({"type": "ping", "timestamp": stamp})
            refused = None
            while (frame := await self._receive()).get("timestamp") != stamp:
                refused = frame if frame.get("type") == "error" else refused
            return refused
        except ConnectionClosed:
            await self._reconnect()
            return await self.rate(message_id, rating)

    # --- one message -------------------------------------------------------------------------------------------------

    async def _take_up(self) -> None:
        """Send the message until it is acknowledged; afterwards have a new connection tell what the old one lacks."""
        if self._run_id is None:
            await self._send(self._message or {})
        else:
            await self._send({"type": "resume", "session_id": self.session_id, "after": self._seq})

    async def _listen(self) -> Frame:
        retries = 0
        while True:
            frame = await self._receive()
            kind = frame.get("type")
            self._seq = max(self._seq, frame.get("seq") or 0)
            if kind == "ack" and frame.get("client_message_id") == (self._message or {})["client_message_id"]:
                self._run_id = frame["run_id"]
            elif kind == "error" and frame.get("run_id") is None:
                wait_ms = frame.get("retry_after_ms")
                if self._run_id is not None:
                    continue
                if not (frame.get("retryable") and wait_ms) or retries == _RETRIES:
                    return frame
                retries += 1
                self._show({"type": "progress", "message": f"{frame['error']} ({wait_ms / 1000:.0f} s)"})
                await asyncio.sleep(wait_ms / 1000)
                await self._send(self._message or {})
            elif self._run_id is not None and frame.get("run_id") == self._run_id:
                if kind in _RUN_ENDS or kind == "error":
                    return frame
                self._show(frame)

    # --- the connection ----------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        self._socket = await connect(
            self._url, open_timeout=_HANDSHAKE_S, max_size=_FRAME_BYTES, compression=None, proxy=None
        )
        await self._send({"type": "auth", "token": self._token, "partial": False})
        welcome = await self._receive()
        if welcome.get("type") != "auth_success":
            reason = welcome.get("message") or welcome.get("error") or "no reason given"
            raise CommandFailed(f"The server refused the token: {reason} Give another with --token.")

    async def _reconnect(self) -> None:
        """Connect again with waits that grow and vary, so that clients do not return all at once."""
        self._show({"type": "progress", "message": "Connection lost, connecting again..."})
        loop = asyncio.get_running_loop()
        deadline, wait_s = loop.time() + PATIENCE_S, FIRST_WAIT_S
        while True:
            await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # noqa: S311 - no secret
            try:
                await self._connect()
                return
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
                if loop.time() >= deadline:
                    raise CommandFailed(
                        f"The server at {self._url} has gone ({_cause(error)}). Your session is {self.session_id}: "
                        "go on later with --session.",
                        UNREACHABLE,
                    ) from error
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _send(self, frame: Frame) -> None:
        if self._socket is not None:
            await self._socket.send(json.dumps(frame))

    async def _receive(self) -> Frame:
        if self._socket is None:
            return {}
        frame: Frame = json.loads(await self._socket.recv())
        return frame


def _cause(error: Exception) -> str:
    match error:
        case InvalidStatus():
            return f"HTTP {error.response.status_code}"
        case TimeoutError():
            return "no answer in time"
        case OSError() if error.errno:
            return os.strerror(error.errno)
        case _:
            return type(error).__name__
