"""uvicorn's connection of HTTP with limits on what a peer may send before anybody knows who it is, and on the time that
it may take."""

import asyncio
import socket
from asyncio.transports import BaseTransport
from enum import Enum
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.transport.front import Front
from api.transport.uvicorn_socket import CLOSE_S, LINE_BYTES, PEER, SEND_BUFFER_BYTES, SocketProtocol

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


OFFERS = {b"upgrade", b"http2-settings"}
"""The headers, and options of a connection, by which a client offers another protocol."""


def parser(protocol: HttpToolsProtocol) -> Any:
    """A parser as uvicorn makes it: what is pipelined behind a last request does not harm that one."""
    made = httptools.HttpRequestParser(protocol)
    made.set_dangerous_leniencies(lenient_data_after_close=True)
    return made


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
        self._read(data)
        if self._part is Part.HEAD and self._came > LINE_BYTES + HEADER_BYTES:
            self._refuse(431)
        elif self._part is Part.BODY and self._came > BODY_BYTES:
            self._refuse(413)
        self._watch()

    def _read(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("")
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._read_without_upgrade(data[upgrade.args[0] :])

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read a request again as if it offered no other protocol: Java's client offers HTTP/2 with every one. The
        parser takes such a request to end with its head, and would read the body as the next request."""
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            if name == b"connection":
                options = [option.strip() for option in value.split(b",")]
                value = b", ".join(option for option in options if option.lower() not in OFFERS)
            if name not in OFFERS:
                head += [name, b": ", value, b"\r\n"]
        self.parser = parser(self)
        self._read(b"".join([*head, b"\r\n", rest]))

    @property
    def _offers_another(self) -> bool:
        """Whether the request that is being parsed offers a protocol that is not spoken here."""
        return bool(self.parser.should_upgrade()) and not self._should_upgrade()

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
        if self._offers_another:
            return
        if len(self.pipeline) >= PIPELINED:
            self._stop(429)
        self._part, self._came = Part.BODY, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._offers_another:
            return
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
