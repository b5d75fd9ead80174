"""How long the lines of a socket's handshake may be."""

import asyncio

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.http11 import Request
from websockets.server import ServerProtocol

from api.transport.uvicorn_protocols import LINE_BYTES, SocketProtocol


def handshake(characters: int) -> bytes:
    """A request whose URL holds a question of so many characters."""
    headers = (
        "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    return f"GET /ws/query?question={'q' * characters} HTTP/1.1\r\n{headers}".encode()


async def connection() -> ServerProtocol:
    config = Config(app=lambda: None, ws=SocketProtocol)
    return SocketProtocol(config, ServerState(), {}, asyncio.get_running_loop()).conn


async def test_a_question_fits_into_the_url_of_a_socket() -> None:
    conn = await connection()
    data = handshake(96_000)
    for at in range(0, len(data), 4096):
        conn.receive_data(data[at : at + 4096])
    [request] = conn.events_received()
    assert isinstance(request, Request)
    assert len(request.path) > 96_000
    assert conn.handshake_exc is None


async def test_a_longer_line_is_refused() -> None:
    conn = await connection()
    conn.receive_data(handshake(LINE_BYTES))
    assert conn.data_to_send()[0].startswith(b"HTTP/1.1 414 ")


def test_connections_of_others_in_this_process_keep_their_limit() -> None:
    conn = ServerProtocol()
    conn.receive_data(handshake(96_000))
    assert conn.data_to_send()[0].startswith(b"HTTP/1.1 414 ")
