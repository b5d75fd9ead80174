"""uvicorn's protocols, made to let go of peers that do not read, and to refuse handshakes that cannot be read.

The transport's own `close` first sends what is buffered, which is never when the peer has stopped reading: such a
socket and its buffers would stay for as long as the peer's machine is up.
"""

import asyncio
import socket
from asyncio.transports import BaseTransport
from collections.abc import Generator
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.streams import StreamReader

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

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn waits for a request that never comes: what the library has to say of this one is left unsent.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.handshake_complete:  # the transport's own word would be that of a peer that closed without a code
            self.queue.put_nowait({"type": "websocket.disconnect", "code": LOST})
        super().connection_lost(exc)

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
        if self.close_timer is not None:
            self.close_timer.cancel()
        if not self.disconnected:
            self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)


ABORT = "pitcrew.abort"
"""Where a request's scope has the function that lets its connection go at once."""


class RequestProtocol(HttpToolsProtocol):
    """One connection of HTTP. A response can give up a peer that does not read it: `scope[ABORT]`."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[ABORT] = self.transport.abort
