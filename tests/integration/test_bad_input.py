"""Bad frames against the real server: one typed error each, nothing lost, no traceback anywhere."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.conversing import Talk, talking
from tests.serving import Served


@pytest.fixture(autouse=True)
def no_traceback(server: Served) -> Iterator[None]:
    yield
    assert "Traceback" not in server.printed()


async def assert_usable(talk: Talk, server: Served) -> None:
    assert await talk.call({"type": "ping", "timestamp": "still here"}) == {"type": "pong", "timestamp": "still here"}
    frames = await talk.ask("What is the roof load of the Plover?", session_id="after-bad-input")
    assert frames[-1]["type"] == "complete"
    assert "100" in frames[-1]["response"]


NOT_AN_OBJECT = {
    "bad json": ("{not json", "BAD_JSON"),
    "empty frame": ("", "BAD_JSON"),
    "array": ("[]", "BAD_REQUEST"),
    "string": ('"x"', "BAD_REQUEST"),
    "number": ("5", "BAD_REQUEST"),
    "null": ("null", "BAD_REQUEST"),
    "byte order mark": ('\ufeff{"type":"ping"}', "BAD_JSON"),
    "trailing comma": ('{"type":"ping",}', "BAD_JSON"),
}

NUMBERS_AND_DEPTH = {
    "33 levels": '{"type":"ping","timestamp":' + "[" * 33 + "]" * 33 + "}",
    "20,000 levels": '{"type":"ping","timestamp":' + "[" * 20_000 + "]" * 20_000 + "}",
    "NaN": '{"type":"ping","timestamp":NaN}',
    "Infinity": '{"type":"ping","timestamp":-Infinity}',
    "1e999": '{"type":"ping","timestamp":1e999}',
    "5,000 digits": '{"type":"ping","timestamp":' + "9" * 5000 + "}",
    "duplicate keys": '{"type":"ping","type":"message"}',
}

WRONG_TYPES = {
    "message a number": ({"type": "message", "message": 5}, "BAD_REQUEST", "message"),
    "message a list": ({"type": "message", "message": ["hi"]}, "BAD_REQUEST", "message"),
    "session_id an object": ({"type": "message", "message": "hi", "session_id": {}}, "BAD_REQUEST", "session_id"),
    "session_id empty": ({"type": "message", "message": "hi", "session_id": ""}, "BAD_REQUEST", "session_id"),
    "session_id too long": ({"type": "message", "message": "hi", "session_id": "s" * 129}, "BAD_REQUEST", "session_id"),
    "customer_id a number": ({"type": "message", "message": "hi", "customer_id": 1}, "BAD_REQUEST", "customer_id"),
    "metadata a list": ({"type": "message", "message": "hi", "metadata": []}, "BAD_REQUEST", "metadata"),
    "id with spaces": (
        {"type": "message", "message": "hi", "client_message_id": "a b"},
        "BAD_REQUEST",
        "client_message_id",
    ),
    "no type": ({"message": "hi"}, "BAD_REQUEST", "type"),
    "type a number": ({"type": 5}, "BAD_REQUEST", "type"),
    "unknown type": ({"type": "subscribe"}, "UNKNOWN_TYPE", "type"),
    "type of 50 kB": ({"type": "x" * 50_000}, "UNKNOWN_TYPE", "type"),
    "resume without session": ({"type": "resume"}, "BAD_REQUEST", "session_id"),
    "resume after a text": ({"type": "resume", "session_id": "s", "after": "x"}, "BAD_REQUEST", "after"),
    "resume after minus one": ({"type": "resume", "session_id": "s", "after": -1}, "BAD_REQUEST", "after"),
    "cancel of nothing": ({"type": "cancel"}, "BAD_REQUEST", "run_id"),
    "answer without value": ({"type": "answer", "request_id": "q"}, "BAD_REQUEST", "value"),
    "answer with an odd value": ({"type": "answer", "request_id": "q", "value": [1]}, "BAD_REQUEST", "value"),
    "delete of nothing": ({"type": "delete"}, "BAD_REQUEST", "message_id"),
    "typing in no session": ({"type": "typing", "session_id": ""}, "BAD_REQUEST", "session_id"),
    "read up to minus one": ({"type": "read", "session_id": "s", "seq": -1}, "BAD_REQUEST", "seq"),
    "read up to a text": ({"type": "read", "session_id": "s", "seq": "x"}, "BAD_REQUEST", "seq"),
    "partial a number": ({"type": "auth", "token": "t", "partial": 1}, "BAD_REQUEST", "partial"),
    "auth without token": ({"type": "auth"}, "BAD_REQUEST", "token"),
}

UNSTORABLE = {
    "lone surrogate": '{"type":"message","message":"\\ud800 hello"}',
    "NUL": '{"type":"message","message":"hel\\u0000lo"}',
    "surrogate in the session": '{"type":"message","message":"hi","session_id":"\\udfff"}',
    "surrogate in a ping": '{"type":"ping","timestamp":"\\ud800"}',
    "surrogate in a key": '{"type":"ping","\\ud800":1}',
}


@pytest.mark.parametrize(("text", "code"), NOT_AN_OBJECT.values(), ids=NOT_AN_OBJECT)
async def test_frames_that_are_no_object(server: Served, text: str, code: str) -> None:
    async with talking(server.chat, server.token("c13")) as talk:
        answer = await talk.call(text)
        assert (answer["type"], answer["code"]) == ("error", code)
        await assert_usable(talk, server)


@pytest.mark.parametrize("text", NUMBERS_AND_DEPTH.values(), ids=NUMBERS_AND_DEPTH)
async def test_depth_numbers_and_duplicates(server: Served, text: str) -> None:
    async with talking(server.chat, server.token("c14")) as talk:
        answer = await talk.call(text)
        assert (answer["type"], answer["code"]) == ("error", "BAD_JSON")
        await assert_usable(talk, server)


@pytest.mark.parametrize(("frame", "code", "field"), WRONG_TYPES.values(), ids=WRONG_TYPES)
async def test_wrong_types(server: Served, frame: dict[str, Any], code: str, field: str) -> None:
    async with talking(server.chat, server.token("c15")) as talk:
        answer = await talk.call(frame)
        assert (answer["type"], answer["code"], answer["field"]) == ("error", code, field)
        assert len(json.dumps(answer)) < 500
        await assert_usable(talk, server)


async def test_unknown_fields_and_null_are_absent(server: Served) -> None:
    async with talking(server.chat, server.token("c15")) as talk:
        frames = await talk.ask(
            "What is the roof load of the Wren?", session_id=None, customer_id=None, extra={"a": [1]}
        )
    assert frames[-1]["type"] == "complete"


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE)
async def test_text_that_cannot_be_stored(server: Served, text: str) -> None:
    async with talking(server.chat, server.token("c16")) as talk:
        answer = await talk.call(text)
        assert (answer["type"], answer["code"]) == ("error", "BAD_REQUEST")
        await assert_usable(talk, server)


@pytest.mark.parametrize(
    "odd", ["\u202eright to left\u202c", "e" + "\u0301" * 5000, "🚗" * 500, "\x07\x1b[31m", "<script>alert(1)</script>"]
)
async def test_odd_text_is_kept_as_it_is(server: Served, odd: str) -> None:
    async with talking(server.chat, server.token("c16")) as talk:
        frames = await talk.ask(odd)
    assert frames[0]["message"] == odd
    assert frames[-1]["type"] == "complete"


async def test_message_too_long(server: Served) -> None:
    async with talking(server.chat, server.token("c17")) as talk:
        answer = await talk.call({"type": "message", "message": "a" * 8001})
        assert (answer["type"], answer["code"]) == ("error", "MESSAGE_TOO_LONG")
        composed = "e\u0301" * 8000  # 16,000 code points that are 8,000 characters once composed
        assert (await talk.ask(composed))[-1]["type"] == "complete"
        await assert_usable(talk, server)


async def test_frame_too_big_ends_the_socket(server: Served) -> None:
    async with talking(server.chat, server.token("c17")) as talk:
        await talk.send({"type": "message", "message": "a" * 70_000})
        assert await talk.closed() == 1009
    async with talking(server.chat, server.token("c17")) as talk:
        await assert_usable(talk, server)


async def test_fragmented_frame_too_big_ends_the_socket(server: Served) -> None:
    async def fragments() -> AsyncIterator[str]:
        for _ in range(100):
            yield "a" * 1000
            await asyncio.sleep(0.001)

    async with talking(server.chat, server.token("c17")) as talk:
        with contextlib.suppress(ConnectionClosed):  # the server closes while the fragments are on their way
            await talk.socket.send(fragments())
        assert await talk.closed() == 1009


async def test_no_compression_is_agreed(server: Served) -> None:
    async with talking(server.chat, compression="deflate") as talk:
        assert "Sec-WebSocket-Extensions" not in (talk.socket.response.headers if talk.socket.response else {})


async def test_binary_frames(server: Served) -> None:
    async with talking(server.chat, server.token("c18")) as talk:
        answer = await talk.call(b"\x00\x01")
        assert (answer["type"], answer["code"]) == ("error", "BINARY_UNSUPPORTED")
        await assert_usable(talk, server)
        await talk.send(b'{"type":"ping"}')
        assert await talk.closed() == 1003


async def test_too_many_malformed_frames_end_the_socket(server: Served) -> None:
    async with talking(server.chat, server.token("c13")) as talk:
        for _ in range(6):
            assert (await talk.call("{"))["code"] == "BAD_JSON"
        assert await talk.closed() == 4400


async def test_http_bodies(server: Served) -> None:
    token = server.token("http")
    cases: list[tuple[bytes, int, str]] = [
        (b"{", 400, "BAD_JSON"),
        (b"[]", 400, "BAD_REQUEST"),
        (b"\xff\xfe", 400, "BAD_JSON"),
        (b'{"message": 5}', 400, "BAD_REQUEST"),
        (b'{"message": ""}', 400, "EMPTY_MESSAGE"),
        (b"{}", 400, "EMPTY_MESSAGE"),
        (b'{"message": "\\ud800"}', 400, "BAD_REQUEST"),
        (json.dumps({"message": "a" * 8001}).encode(), 413, "MESSAGE_TOO_LONG"),
        (json.dumps({"message": "a" * 70_000}).encode(), 413, "MESSAGE_TOO_LONG"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "BAD_JSON"),
    ]
    for body, status, code in cases:
        got, answer, headers = server.request("POST", "/api/v1/chat", token, body)
        assert (got, json.loads(answer)["code"]) == (status, code), body[:40]
        assert headers["Content-Type"] == "application/problem+json"
    assert server.request("POST", "/api/v1/chat", None, b'{"message":"hi"}')[0] == 401
    assert server.request("GET", "/api/v1/sessions/nobody/messages", token)[0] == 404
