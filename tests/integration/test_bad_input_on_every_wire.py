"""What no working client sends, on every wire beside `/ws/chat`: it is answered in the wire's own words, and the wire
goes on working."""

import asyncio
import contextlib
import json
from urllib.parse import quote

import pytest

from tests.integration.listening import Frame, anew, is_of, listening
from tests.serving import Served
from tests.wires import WIRES

DEEP = "[" * 40 + "]" * 40
HOSTILE = (
    "", " ", "null", "[]", '"text"', "{", '{"a":1,"a":2}', '{"a":NaN}', '{"a":1e999}', '{"a":' + "9" * 100 + "}", DEEP,
    '{"x":"\\u0000"}', '{"x":"\\ud800"}', '{"type":null}', '{"type":{}}', '{"type":"chat","payload":[]}',
    '{"type":"chat","payload":{"message":["x"]}}', '{"type":"chat","payload":{"message":"x","agent_name":7}}',
    '{"type":"chat","payload":{"message":"x","enable_reasoning":"no"}}', '{"action":"query","question":{}}',
    '{"action":"query","dataset":["all"]}', '{"content":["x"]}', '{"question":7,"content":7}',
    '{"question":"x","content":7,"session_id":5}', '{"action":[]}', '{"action":"query","client_message_id":7}',
    '{"content":7,"question":"x","humanize":"maybe"}',
)  # fmt: skip

LIVING: dict[str, tuple[Frame, str]] = {
    "analysis_interactive": ({"action": "ping", "timestamp": 1}, "pong"),
    "explorer": ({"content": ""}, "error"),
    "query": ({"type": "ping", "timestamp": 1}, "pong"),
    "reasoning": ({"type": "ping", "timestamp": 1}, "pong"),
}
"""A frame that is answered on a wire that lives, and by which."""


def address(wire: str, server: Served) -> str:
    return {
        "analysis_interactive": "/ws/agent/interactive",
        "explorer": f"/ws/{anew()}",
        "query": f"/ws/query?token={server.token('bad-input')}",
        "reasoning": f"/ws/chat/{anew()}",
    }[wire]


def errors(wire: str, frames: list[Frame]) -> int:
    WIRES[wire].validate(frames)
    return [WIRES[wire].kind(frame) for frame in frames].count("error")


wires = pytest.mark.parametrize("wire", ["analysis_interactive", "explorer", "query", "reasoning"])


@wires
async def test_every_frame_is_answered_with_one_error_and_the_next_is_heard(server: Served, wire: str) -> None:
    next_one, answer = LIVING[wire]
    for text in HOSTILE:
        async with listening(server, address(wire, server)) as line:
            await line.send(text)
            frames = await line.until(is_of("error"))
            await line.send(next_one)
            frames += await line.until(is_of(answer))
            assert errors(wire, frames) == 1 + (answer == "error"), (text, frames)


@wires
async def test_a_binary_frame_then_another(server: Served, wire: str) -> None:
    async with listening(server, address(wire, server)) as line:
        await line.socket.send(b"\x00\xff")
        assert errors(wire, [await line.receive()]) == 1
        await line.socket.send(b"again")
        frames, code = await line.closed()
        assert (errors(wire, frames), code) == (1, 1003)


@wires
async def test_a_frame_that_is_too_large(server: Served, wire: str) -> None:
    async with listening(server, address(wire, server)) as line:
        await line.send(json.dumps({"content": "x" * 70_000, "question": "x" * 70_000}))
        assert (await line.closed())[1] == 1009


@wires
async def test_a_message_that_is_too_long(server: Served, wire: str) -> None:
    text = "ä" * 8_001
    message = {
        "analysis_interactive": {"action": "query", "question": text},
        "explorer": {"content": text},
        "query": {"question": text},
        "reasoning": {"type": "chat", "payload": {"message": text}},
    }[wire]
    async with listening(server, address(wire, server)) as line:
        await line.send(message)
        frame = await line.receive()
        assert errors(wire, [frame]) == 1
        assert "too long" in json.dumps(frame)


@pytest.mark.parametrize("session", ["%00", "x" * 129, "%ED%A0%80", "%20", "a%22b", "äöü", "🚗" * 20])
async def test_any_name_of_a_session_is_used_or_refused(server: Served, session: str) -> None:
    for path, question in ((f"/ws/{session}", {"content": "Hi"}), (f"/ws/chat/{session}", {"type": "chat"})):
        async with listening(server, path) as line:
            await line.send(question)
            assert (await line.receive())["type"] in {"user", "error", "reasoning_step"}


@pytest.mark.parametrize(
    ("letter", "length", "first"), [("ü", 8_000, "start"), ("車", 8_000, "start"), ("🚗", 8_001, "error")]
)
async def test_a_question_in_the_url_may_be_as_long_as_any(
    server: Served, letter: str, length: int, first: str
) -> None:
    path = f"/ws/agent/stream?question={quote(letter * length)}"
    async with listening(server, path) as line:
        assert (await line.receive())["type"] == first


@pytest.mark.parametrize(
    ("query", "cookie", "status"), [("x" * 200_000, "", 414), ("", "x" * 200_000, 431), ("x" * 2_000_000, "", 414)]
)
async def test_a_handshake_that_is_too_long_is_refused(server: Served, query: str, cookie: str, status: int) -> None:
    request = (
        f"GET /ws/agent/stream?question={query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Cookie: {cookie}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request.encode())
        assert (await reader.readline()).split()[1] == str(status).encode()
        with contextlib.suppress(ConnectionError):  # what it had not read when it closed
            await reader.read()
        writer.close()
