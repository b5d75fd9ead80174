"""How long the lines of a socket's handshake may be, and that the bot's late words are not written."""

import asyncio

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from api.transport.uvicorn_socket import LINE_BYTES, TENURE, SocketProtocol
from orchestrator.event.tenure import Tenure


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


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False


async def test_what_waits_for_a_peer_that_does_not_read_is_not_written_once_a_person_has_taken_over() -> None:
    protocol = SocketProtocol(
        Config(app=lambda: None, ws=SocketProtocol), ServerState(), {}, asyncio.get_running_loop()
    )
    transport = Transport()
    protocol.transport, protocol.handshake_complete = transport, True
    protocol.conn.state = State.OPEN
    tenure = Tenure(1)
    frame = {"type": "websocket.send", "text": "a word", TENURE: tenure}
    protocol.writable.clear()
    sending = asyncio.create_task(protocol.send(frame))
    await asyncio.sleep(0)
    tenure.over = True
    protocol.writable.set()
    await sending
    assert transport.written == []
    tenure.over = False
    await protocol.send(frame)
    assert b"a word" in b"".join(transport.written)
