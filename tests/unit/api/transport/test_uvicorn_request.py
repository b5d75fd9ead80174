"""A request is read as it is, whatever other protocol the client offers."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from api.transport.uvicorn_request import RequestProtocol
from api.transport.uvicorn_socket import SocketProtocol


class Line(asyncio.Transport):
    """A connection whose other side only reads."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"socket": self._socket, "peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self._closing, self._socket = False, socket.socket()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


async def echo(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Answers with the request's method, address, headers and body."""
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    names = b" ".join(name for name, _ in scope["headers"])
    told = b"|".join([scope["method"].encode(), scope["raw_path"] + b"?" + scope["query_string"], names, body])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    await send({"type": "http.response.body", "body": told})


async def answers(requests: list[bytes]) -> list[bytes]:
    """What is answered to what comes in these pieces, one connection's."""
    config = Config(app=echo, http=RequestProtocol, ws=SocketProtocol, log_config=None)
    config.load()
    config.loaded_app = echo
    protocol, line = RequestProtocol(config, ServerState(), {}, asyncio.get_running_loop()), Line()
    protocol.connection_made(line)
    for piece in requests:
        protocol.data_received(piece)
        for _ in range(5):
            await asyncio.sleep(0)
    protocol.connection_lost(None)
    bodies = b"".join(line.written).split(b"HTTP/1.1 200 OK\r\n")[1:]
    return [answer.partition(b"\r\n\r\n")[2] for answer in bodies]


H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
SMUGGLED = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("offer", [H2C, b"Connection: keep-alive, upgrade\r\nUpgrade: foo\r\n", b""])
async def test_a_body_is_read_whatever_protocol_is_offered(offer: bytes, size: int) -> None:
    head = b"POST /ask?a=1 HTTP/1.1\r\nHost: a\r\n" + offer + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED)
    said = head + SMUGGLED + b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n"
    first, after = await answers([said[at : at + size] for at in range(0, len(said), size)])
    method, path, names, body = first.split(b"|")
    assert (method, path, body) == (b"POST", b"/ask?a=1", SMUGGLED)
    assert not {b"upgrade", b"http2-settings"} & {*names.split()}
    assert after.startswith(b"GET|/after?|")


async def test_a_body_in_pieces_and_a_request_without_one() -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\n" + H2C + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    plain = b"GET /plain HTTP/1.1\r\nHost: a\r\n" + H2C + b"\r\n"
    first, second = await answers([chunked + plain])
    assert first.endswith(b"|hi")
    assert second.startswith(b"GET|/plain?|")
