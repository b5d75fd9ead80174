"""One socket's sending side, with a socket that does what a test wants."""

import asyncio
from typing import Any

import pytest

from api.dialects.native import DIALECT
from api.protocol.dialect import Handshake, Pong
from api.transport import writer as module
from api.transport.closing import GOING_AWAY, INTERNAL, SLOW
from api.transport.outbox import FULL_BYTES, MERGE_BYTES
from api.transport.writer import Writer
from orchestrator.events import Envelope, Token


class Socket:
    """Keeps what is sent; blocks while `open` is not set, and fails where there is an `error`."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[str] = []
        self.code: int | None = None
        self.closed = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self._error = error

    async def send_text(self, text: str) -> None:
        await self.open.wait()
        if self._error is not None:
            raise self._error
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.code = code
        self.closed.set()


def writing(socket: Socket) -> Writer:
    return Writer(socket, DIALECT.open(Handshake()), lambda envelope: None)  # type: ignore[arg-type]


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]


async def test_what_is_put_is_sent_in_order_by_a_task_that_ends() -> None:
    socket = Socket()
    writer = writing(socket)
    assert others() == set()
    for n in range(3):
        writer.put(Pong(n))
    assert len(others()) == 1
    await settled()
    writer.put(Pong(3))
    await settled()
    assert socket.sent == [f'{{"type":"pong","timestamp":{n}}}' for n in range(4)]
    assert others() == set()
    assert socket.code is None


async def test_the_close_comes_after_what_waits_and_nothing_after_it() -> None:
    socket = Socket()
    writer = writing(socket)
    socket.open.clear()
    writer.put(Pong(1))
    await settled()
    writer.close(GOING_AWAY)
    writer.close(INTERNAL)
    writer.put(Pong(2))
    socket.open.set()
    await settled()
    assert len(socket.sent) == 1
    assert socket.code == GOING_AWAY
    assert writer.closing


async def test_an_idle_socket_can_be_closed() -> None:
    socket = Socket()
    writing(socket).close(GOING_AWAY)
    await settled()
    assert socket.code == GOING_AWAY


async def test_a_send_that_is_blocked_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_PATIENCE_S", 0.01)
    socket = Socket()
    socket.open.clear()
    writing(socket).put(Pong(1))
    async with asyncio.timeout(5):
        await socket.closed.wait()
    assert socket.code == SLOW


async def test_a_full_outbox() -> None:
    socket = Socket()
    writer = writing(socket)
    socket.open.clear()
    writer.put(Pong(1))
    await settled()
    for n in range(3):
        writer.put(Envelope("c", Token(f"r-{n}", "x" * (FULL_BYTES // 2), 0)))
    socket.open.set()
    await settled()
    assert (len(socket.sent), socket.code) == (1, SLOW)


async def test_a_lost_socket_ends_quietly() -> None:
    socket = Socket(RuntimeError("gone"))
    writer = writing(socket)
    writer.put(Pong(1))
    await settled()
    writer.put(Pong(2))
    writer.stop()
    await settled()
    assert socket.code is None
    assert others() == set()


async def test_a_fault_of_ours_closes_the_socket() -> None:
    socket = Socket(ValueError("a fault"))
    writing(socket).put(Pong(1))
    await settled()
    assert socket.code == INTERNAL


# --- room ------------------------------------------------------------------------------------------------------------


async def waiting_for_room(socket: Socket) -> tuple[Writer, "asyncio.Task[None]"]:
    """A writer with much to send to a socket that takes nothing yet, and somebody who waits for room."""
    socket.open.clear()
    writer = writing(socket)
    for n in range(3):
        writer.put(Envelope("c", Token(f"r-{n}", "x" * (MERGE_BYTES - 1000), 0)))
    waiter = asyncio.create_task(writer.room())
    await settled()
    assert not waiter.done()
    return writer, waiter


async def test_there_is_room_at_once_where_little_waits() -> None:
    socket = Socket()
    socket.open.clear()
    writer = writing(socket)
    await writer.room()
    writer.put(Pong(1))
    await writer.room()


async def test_room_comes_when_the_reader_reads() -> None:
    socket = Socket()
    writer, waiter = await waiting_for_room(socket)
    socket.open.set()
    await waiter
    assert len(socket.sent) > 0
    await writer.room()


async def test_nobody_waits_for_the_room_of_a_full_outbox() -> None:
    writer, waiter = await waiting_for_room(Socket())
    for n in range(3):
        writer.put(Envelope("c", Token(f"s-{n}", "x" * (FULL_BYTES // 2), 0)))
    await waiter
    await writer.room()


@pytest.mark.parametrize("end", ["close", "stop", "lost", "slow"])
async def test_nobody_waits_for_the_room_of_a_socket_that_ends(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_PATIENCE_S", 0.01 if end == "slow" else 10)
    socket = Socket(RuntimeError("gone") if end == "lost" else None)
    writer, waiter = await waiting_for_room(socket)
    if end == "close":
        writer.close(GOING_AWAY)
    elif end == "lost":
        socket.open.set()
        await settled()
        writer.stop()
    elif end == "stop":
        writer.stop()
    async with asyncio.timeout(5):
        await waiter
        await writer.room()
