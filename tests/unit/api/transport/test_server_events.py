"""Responses of server-sent events: what is sent, and readers who stop reading or go away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from api.transport import server_events
from api.transport.server_events import ServerEvents
from api.transport.uvicorn_request import ABORT


async def two() -> AsyncIterator[str]:
    yield "data: 1\n\n"
    yield "data: ü\n\n"


async def endless() -> AsyncIterator[str]:
    while True:
        yield "data: 1\n\n"
        await asyncio.sleep(0)


async def stays() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("not reached")


async def test_everything_is_sent() -> None:
    sent: list[Message] = []
    ended: list[str] = []

    async def send(message: Message) -> None:
        assert ended == []
        sent.append(message)

    response = ServerEvents(two(), lambda: ended.append("closed"))
    await response({"type": "http"}, stays, send)
    assert b"".join(message.get("body", b"") for message in sent) == "data: 1\n\ndata: ü\n\n".encode()
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert ended == ["closed"]


async def test_who_goes_away_is_noticed() -> None:
    ended: list[str] = []

    async def send(message: Message) -> None:
        return

    async def gone() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async with asyncio.timeout(5):
        await ServerEvents(endless(), lambda: ended.append("closed"))({"type": "http"}, gone, send)
    assert ended == ["closed"]


async def test_who_stops_reading_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_events, "SEND_PATIENCE_S", 0.01)
    ended: list[str] = []

    async def stuck(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    scope = {"type": "http", ABORT: lambda: ended.append("aborted")}
    async with asyncio.timeout(5):
        await ServerEvents(endless(), lambda: ended.append("closed"))(scope, stays, stuck)
    assert ended == ["aborted", "closed"]
