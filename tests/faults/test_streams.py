"""Event streams that break: whatever is cut, killed or stopped, the reader ends with the whole answer, asked once."""

import asyncio
import json
import random
import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.eventsource import EventSource, Frame
from tests.faults.counts import COUNTS
from tests.faults.invariants import sockets_on
from tests.faults.process import Server
from tests.faults.provider import Providing, answer, new_marker, question
from tests.faults.test_readers import slow_line

PIECES, GAP_MS = 40, 8
AT_A_TIME = 6
EXIT_S = 5.0
GIVEN_UP_S = 20.0
"""Ten seconds for what is being sent, and as much for a busy machine."""
WIRES = ("native", "query")


def a_stream(
    server: Server, marker: str, wire: str = "native", pieces: int = PIECES, gap_ms: int = GAP_MS
) -> EventSource:
    text = question(marker, pieces, gap_ms)
    session = f"s-{marker}"
    body: Frame = {"question": text, "session_id": session}
    if wire == "native":
        body = {"message": text, "session_id": session, "partial": False, "reasoning": True}
    url = f"http://127.0.0.1:{server.port}/api/v1/chat/stream"
    return EventSource(url, body, server.token(f"reader-{marker}"))


def text_of(stream: EventSource) -> str:
    """What the reader has before them."""
    text = ""
    for frame in stream.frames:
        match frame["type"]:
            case "token":
                text = text[: frame["offset"]] + frame["token"]
            case "stream_token":
                text += frame["token"]
    return text


def check_whole(stream: EventSource, marker: str, pieces: int = PIECES) -> None:
    """The answer is there once, no durable frame is missing or doubled, and nothing comes behind the end."""
    expected = answer(marker, pieces)
    assert text_of(stream) == expected
    last = stream.frames[-1]
    assert last["type"] in {"complete", "stream_end"}
    assert last["response"] == expected
    seqs = [frame["seq"] for frame in stream.frames if "seq" in frame]
    assert seqs == list(range(1, len(seqs) + 1))
    numbers = [frame["number"] for frame in stream.frames if frame["type"] == "reasoning"]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    once = [frame["type"] for frame in stream.frames if frame["type"] in {"immediate", "stream_start", "stream_end"}]
    assert len(once) == len(set(once))
    pieces_ = [frame for frame in stream.frames if frame["type"] == "token"]
    assert sum(len(frame["token"]) for frame in pieces_) in {0, len(expected)}


async def test_cut_streams(server: Server, provider: Providing, report: Callable[..., None]) -> None:
    uncut = a_stream(server, marker := new_marker())
    assert await uncut.read() == 200
    check_whole(uncut, marker)
    size = sum(map(len, uncut.events + uncut.ids))
    lanes, connections, cuts = asyncio.Semaphore(AT_A_TIME), 0, 0

    async def one(number: int) -> None:
        nonlocal connections, cuts
        async with lanes:
            marker = new_marker()
            stream = a_stream(server, marker, WIRES[number % 2])
            for share in (random.random(), random.random() / 2, 0.02, random.random() / 4):
                status = await stream.read(most_bytes=max(40, int(size * share)))
                cuts += 1
                if status == 204:
                    break
                assert status == 200
                if not stream.last_id:
                    stream = a_stream(server, marker := new_marker(), WIRES[number % 2])
                await asyncio.sleep(random.choice((0, 0, 0.05, 0.4)))
            connections += await stream.read_to_the_end()
            check_whole(stream, marker)
            assert provider.calls[marker] == 1
            assert runs_of(server, marker) == 1

    await asyncio.gather(*(one(number) for number in range(COUNTS.cuts)))
    report(streams=COUNTS.cuts, cuts=cuts, connections=cuts + connections)


def runs_of(server: Server, marker: str) -> int:
    return server.storage.number(
        "SELECT count(*) FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.session_id = ?",
        f"s-{marker}",
    )


async def test_a_killed_server_and_its_streams(server: Server, report: Callable[..., None]) -> None:
    """The run begins again in the next process, and the reader who comes back has its answer."""
    marker = new_marker()
    stream = a_stream(server, marker, pieces=200, gap_ms=20)
    reading = asyncio.create_task(stream.read())
    while not text_of(stream):
        await asyncio.sleep(0.02)
    await server.kill()
    assert await reading == 0
    began = time.monotonic()
    await server.restart()
    connections = await stream.read_to_the_end()
    assert text_of(stream) == answer(marker, 200)
    assert [frame["type"] for frame in stream.frames].count("run_restarted") == 1
    assert [frame["type"] for frame in stream.frames].count("complete") == 1
    assert runs_of(server, marker) == 1
    report(connections=connections, seconds=round(time.monotonic() - began, 1))


async def test_a_stopping_server_ends_its_streams(
    server: Server, provider: Providing, report: Callable[..., None]
) -> None:
    """A reader is told when to come back, and the process ends in time, whoever does not read. A page that comes back
    meanwhile is not turned away for good, and the next process has its answer."""
    marker, pieces = new_marker(), int(1.5 * COUNTS.drain_s * 1000 / 50)
    stream = a_stream(server, marker, pieces=pieces, gap_ms=50)
    reading = asyncio.create_task(stream.read())
    while not text_of(stream):
        await asyncio.sleep(0.02)
    async with never_reading(server, 1):
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        while "closing" not in {frame["type"] for frame in stream.frames}:
            await asyncio.sleep(0.02)
        told = next(frame for frame in stream.frames if frame["type"] == "closing")
        assert stream.retry_ms == told["reconnect_after_ms"]
        other = a_stream(server, marker)
        assert await other.read() == 503
        other.last_id = stream.last_id
        assert await other.read() == 200
        assert other.events == []
        assert other.retry_ms is not None
        assert await reading == 200
        assert await server.ended(COUNTS.drain_s + EXIT_S) == 0
        report(seconds=round(time.monotonic() - began, 1))
    provider.hurry(True)
    await server.restart()
    await stream.read_to_the_end()
    assert text_of(stream) == answer(marker, pieces)
    assert runs_of(server, marker) == 1
    await server.storage.settled()


@asynccontextmanager
async def never_reading(server: Server, count: int) -> AsyncIterator[None]:
    """So many connections that ask for a long answer each and read nothing of it."""
    sleepers = [await asks_and_sleeps(server) for _ in range(count)]
    try:
        yield
    finally:
        for sleeper in sleepers:
            sleeper.abort()


async def asks_and_sleeps(server: Server) -> "asyncio.Transport":
    marker = new_marker()
    body = json.dumps({"message": question(marker, 60, 50, repeats=80), "session_id": f"s-{marker}"}).encode()
    lines = (
        "POST /api/v1/chat/stream HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {server.token(f'sleeper-{secrets.token_hex(4)}')}",
        f"Content-Length: {len(body)}",
    )
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=slow_line(server.port))
    transport.pause_reading()
    transport.write("\r\n".join([*lines, "", ""]).encode() + body)
    return transport


@pytest.mark.timeout(120)
async def test_who_reads_nothing_is_given_up(server: Server, report: Callable[..., None]) -> None:
    """It delays no other answer, nor its own run, and lets go of its connection."""
    before, count = sockets_on(server.port), 5
    async with never_reading(server, count):
        began = time.monotonic()
        stream = a_stream(server, marker := new_marker())
        await stream.read_to_the_end()
        check_whole(stream, marker)
        beside = time.monotonic() - began
        await server.storage.settled()
        runs = time.monotonic() - began
        while sockets_on(server.port) > before:
            assert time.monotonic() - began < runs + GIVEN_UP_S
            await asyncio.sleep(0.2)
        assert server.figure("pitcrew_sockets") == 0
        let_go = time.monotonic() - began
    report(sleepers=count, seconds_to_be_let_go=round(let_go, 1), beside=round(beside, 2))
