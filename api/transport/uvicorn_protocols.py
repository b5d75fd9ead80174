"""uvicorn's protocols with limits: on what a peer may send before anybody knows who it is, on the time that it may
take, and on how long it may leave unread what it is sent.

The transport's own `close` first sends what is buffered, which is never when the peer has stopped reading: such a
socket and its buffers would stay for as long as the peer's machine is up.
"""

import asyncio
import socket
from asyncio.transports import BaseTransport
from collections.abc import Generator
from enum import Enum
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
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
HEADERS, HEADER_BYTES = 100, 32 * 1024
"""Headers of a request, and their bytes together (nginx: 4 buffers of 8 KiB)."""
BODY_BYTES = 1024 * 1024
"""The largest body as it comes over the line (nginx: 1 MiB). Routes have smaller limits of their own."""
HEAD_S, BODY_S = 10.0, 30.0
"""Seconds that a request's head may take from its first byte, or from the connection's first moment; and its body."""
UNREAD_S = 60.0
"""Seconds that a peer may leave an answer unread (nginx: 60)."""
PIPELINED = 16
"""Requests that may wait behind the one that is being answered."""

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


ABORT = "pitcrew.abort"
"""Where a request's scope has the function that lets its connection go at once."""


class Part(Enum):
    """What of a request is under way."""

    NONE = "none"
    HEAD = "head"
    BODY = "body"


class Refused(Exception):
    """Stops the parser: what a peer sends is not read any further."""


REFUSED = {
    400: "Invalid HTTP request received.",
    408: "The request took too long.",
    413: "The request is too large.",
    414: "The address is too long.",
    429: "Too many connections from your address. Close some, and try again in a few seconds.",
    431: "The headers are too large.",
    503: "The server has too many connections. Try again in a few seconds.",
}
RETRY = {429, 503}


class RequestProtocol(HttpToolsProtocol):
    """One connection of HTTP, within the limits. A response can give up a peer that does not read it: `scope[ABORT]`.

    A handshake hands the connection on to a SocketProtocol, and its place in the `front` with it.
    """

    def __init__(self, *arguments: Any, front: Front | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._front = front
        self._counted: Front | None = None
        self._part = Part.HEAD
        self._came = 0
        self._status = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._watched = Part.NONE
        self._unread: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if self._front is not None:
            why = self._front.enter(self.client[0] if self.client else None)
            if why is not None:
                self._status = 503 if why == "the server has as many as it can" else 429
                self.send_400_response("")
                return
            self._counted = self._front
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._counted is not None:
            self._counted.leave(self.client[0] if self.client else None)
        for timer in (self._deadline, self._unread, self._end):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    # --- what comes ------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._part is Part.NONE and (self.cycle is None or self.cycle.response_complete):
            self._part, self._came = Part.HEAD, 0  # also where only line ends come, which the parser passes over
        self._came += len(data)
        super().data_received(data)
        if self._part is Part.HEAD and self._came > LINE_BYTES + HEADER_BYTES:
            self._refuse(431)
        elif self._part is Part.BODY and self._came > BODY_BYTES:
            self._refuse(413)
        self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._part, self._came = Part.HEAD, 0
        self._header_bytes = 0
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[ABORT] = self.transport.abort
        scope[PEER] = self.client

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LINE_BYTES:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if len(self.headers) >= HEADERS or self._header_bytes > HEADER_BYTES:
            self._stop(431)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINED:
            self._stop(429)
        self._part, self._came = Part.BODY, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._part = Part.NONE
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._part = Part.NONE
        counted, self._counted = self._counted, None
        super().handle_websocket_upgrade()
        socket_protocol = self.transport.get_protocol()
        assert isinstance(socket_protocol, SocketProtocol)
        socket_protocol.front = counted

    # --- limits ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Have a deadline for the part that is under way."""
        part = Part.NONE if self.transport.is_closing() else self._part
        if part is self._watched:
            return
        self._watched = part
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if part is not Part.NONE:
            self._deadline = self.loop.call_later(HEAD_S if part is Part.HEAD else BODY_S, self._late)

    def _late(self) -> None:
        if self._front is not None and self.client:
            self._front.tell(f"its {self._part.value} took too long", self.client[0])
        self._refuse(408)

    def _stop(self, status: int) -> None:
        """Refuse what is being parsed. Raises Refused, upon which the parser's caller sends the refusal."""
        self._status = status
        raise Refused

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            self._status = status
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse and close. In the middle of an answer nothing can be said."""
        status = self._status or 400
        words = REFUSED[status].encode()
        silent = self.cycle is None or not self.cycle.response_started or self.cycle.response_complete
        if silent and not self.pipeline:
            retry = b"retry-after: 5\r\n" if status in RETRY else b""
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
                + retry
                + f"content-length: {len(words)}\r\n\r\n".encode()
                + words
            )
        self._close()

    def _close(self) -> None:
        self.transport.close()
        if self._end is None:
            self._end = self.loop.call_later(CLOSE_S, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        if not self.transport.is_closing():
            self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
