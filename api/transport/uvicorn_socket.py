"""uvicorn's socket with limits: on the frames that a peer may send, and on how long it may leave unread what it is
sent.

The transport's own `close` first sends what is buffered, which is never when the peer has stopped reading: such a
socket and its buffers would stay for as long as the peer's machine is up.
"""

import asyncio
import socket
from asyncio.transports import BaseTransport
from collections.abc import Generator
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.streams import StreamReader

from api.transport.closing import CLOSE_REASONS, FLOOD
from api.transport.front import Bucket, Front

CLOSE_S = 10.0
"""Seconds that a peer has to take what is buffered and to answer a close frame."""

LOST = 1006
"""The code of a socket whose peer is gone without a word."""

SEND_BUFFER_BYTES = 128 * 1024
"""What the kernel may hold for a peer. Left to itself it grows to megabytes, which nobody counts."""

TENURE = "pitcrew.tenure"
"""Where a frame that the bot says has its tenure, without which it is not written."""

LINE_BYTES = 128 * 1024
"""The longest line of a handshake: a question may stand in its URL, 8,000 characters at up to 12 bytes each."""

SLICE = 4096
"""A socket's bytes are looked at in such pieces: thousands of frames fit into what is read at once."""

CONTROLS, CONTROLS_PER_S = 128.0, 10.0
"""Pings, pongs and continuation frames of a socket at once, and in the long run. A client sends one in 20 s."""

MESSAGES, MESSAGES_PER_S = 1024.0, 256.0
"""The same of messages, as far as reading them goes; how many are obeyed is decided later, and is much less."""

FRAGMENTS = 256
"""Frames that a message may be cut into."""

PEER = "pitcrew.peer"
"""Where a scope has the address that a connection really comes from, whatever headers say."""


class HandshakeReader(StreamReader):
    """Reads lines of up to LINE_BYTES, whatever limit the library has for them."""

    def read_line(self, m: int, *rest: Any) -> Generator[None, None, bytearray]:
        return super().read_line(LINE_BYTES, *rest)


class SocketProtocol(WebSocketsSansIOProtocol):
    """One socket. Whatever ends it, its transport is gone CLOSE_S later."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        # The library's connection makes its reader by itself and begins to read from it at once.
        self.conn.reader = HandshakeReader()
        self.conn.parser = self.conn.parse()
        next(self.conn.parser)
        self.front: Front | None = None
        self._controls = Bucket(CONTROLS, CONTROLS_PER_S)
        self._messages = Bucket(MESSAGES, MESSAGES_PER_S)
        self._flooded = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            if self._flooded or (self.handshake_complete and self.transport.is_closing()):
                return
            super().data_received(data[start : start + SLICE])
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn waits for a request that never comes: what the library has to say of this one is left unsent.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_ping(self) -> None:
        if self._permitted(self._controls):
            if self.writable.is_set():
                super().handle_ping()
            else:  # what is not read is not answered either: a pong is as good as the one before it
                self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        if self._permitted(self._controls):
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < FRAGMENTS and self._permitted(self._controls):
            super().handle_cont(event)
        else:
            self._flood()

    def handle_text(self, event: Frame) -> None:
        if self._permitted(self._messages):
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if self._permitted(self._messages):
            super().handle_bytes(event)

    def _permitted(self, bucket: Bucket) -> bool:
        """Whether one more frame is within the limits; where it is not, the socket is closed."""
        if not self._flooded and not bucket.take(self.loop.time()):
            self._flood()
        return not self._flooded

    def _flood(self) -> None:
        """Let go of a peer that sends more frames than any client does."""
        if self._flooded:
            return
        self._flooded = True
        if self.front is not None and self.client:
            self.front.tell("too many frames", self.client[0])
        self.queue.put_nowait({"type": "websocket.disconnect", "code": FLOOD, "reason": CLOSE_REASONS[FLOOD]})
        if not self.close_sent and not self.transport.is_closing():
            self.conn.data_to_send()  # pongs
            self.conn.send_close(FLOOD, CLOSE_REASONS[FLOOD])
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.frames = []
        self.transport.close()
        self._let_go_later()

    def _let_go_later(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        if not self.disconnected:
            self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.front is not None:
            self.front.leave(self.client[0] if self.client else None)
        if self.handshake_complete:  # the transport's own word would be that of a peer that closed without a code
            self.queue.put_nowait({"type": "websocket.disconnect", "code": LOST})
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[PEER] = self.client
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()  # a close frame waits for no reader
        tenure = message.get(TENURE)
        if tenure is not None:
            await self.writable.wait()
            if tenure.over:  # while the peer did not read, a person has taken over
                return
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        super().on_task_complete(task)
        self._let_go_later()
