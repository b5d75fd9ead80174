"""Readers that do not read: each is given up in time, gives its memory back, and delays nobody."""

import asyncio
import json
import resource
import socket
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import Customer
from tests.faults.invariants import Footprint, back_to, sockets_on
from tests.faults.process import Server
from tests.faults.provider import question

PIECES, GAP_MS, REPEATS = 60, 50, 80
"""The long answer, said in few pieces of about 400 characters: a thousand followers are to be slow, not many frames to
be spelled. Each token comes with the text so far, which makes it most of a megabyte."""
SEGMENT, RECEIVE = 536, 4096
"""Sizes that keep the kernel's own buffers small, in bytes, as they are on a slow line."""
WAKE_S = 16.0
"""After this the server has given up sending (10 s), but still holds the socket for its close frame (10 s more)."""
LET_GO_S = 30.0
FLOOR_S = 0.10
"""What a second conversation may lose besides doubling: noise of a busy machine."""
PER_SOCKET = 2 << 20
STILL = 2 << 20
"""Bytes that a server may grow in 2 s and yet stand still."""


def slow_line(port: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    return line


@asynccontextmanager
async def never_reading(server: Server, token: str, session: str) -> AsyncIterator[ClientConnection]:
    """A socket that follows the session and from then on reads nothing."""
    reader = await websockets.connect(
        f"ws://127.0.0.1:{server.port}/ws/chat",
        sock=slow_line(server.port),
        compression=None,
        ping_interval=None,
        close_timeout=1,
        max_queue=(2, 0),
    )
    await reader.send(json.dumps({"type": "auth", "token": token}))
    await reader.recv()
    await reader.send(json.dumps({"type": "resume", "session_id": session, "after": 1_000_000}))
    try:
        yield reader
    finally:
        reader.transport.abort()


async def close_code(reader: ClientConnection, after_s: float) -> int | None:
    """Sleep so long, then read everything that is left; the code by which the server closed."""
    await asyncio.sleep(after_s)
    try:
        async with asyncio.timeout(20):
            while True:
                await reader.recv()
    except ConnectionClosed:
        return reader.close_code


async def latencies(customer: Customer, asked: int, until: "asyncio.Future[Any] | None" = None) -> list[float]:
    """Seconds from a question to its first token, `asked` times at least, and on until the task is done."""
    seconds: list[float] = []
    while len(seconds) < asked or (until is not None and not until.done()):
        began = time.monotonic()
        await customer.say(question(customer.marker, 2, 0))
        await customer.until(lambda frame: frame["type"] == "token")
        seconds.append(time.monotonic() - began)
        await customer.settle(10)
        await asyncio.sleep(0.05)
    return seconds


def allow_sockets(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


async def warmed(customers: Customers) -> None:
    """Have the server open what it opens under load, once and for good: threads, database connections."""
    crowd = [customers.new() for _ in range(16)]
    await asyncio.gather(*(customer.connect() for customer in crowd))
    await asyncio.gather(*(latencies(customer, 3) for customer in crowd))
    await asyncio.gather(*(customer.leave() for customer in crowd))


async def still(pid: int) -> Footprint:
    """What the server takes when it has stopped growing: on a busy machine what it loads after its start comes late."""
    now = Footprint.of(pid)
    for _ in range(20):
        before = now
        await asyncio.sleep(2)
        now = Footprint.of(pid)
        if now.rss < before.rss + STILL:
            return now
    raise AssertionError(f"the server grows without an end: {before.rss >> 20} -> {now.rss >> 20} MiB")


@dataclass(frozen=True)
class Wave:
    """What one crowd of sleepers did: close codes of those who woke, highest memory, seconds until all were let go,
    seconds to the first token beside them."""

    codes: Counter[int | None]
    highest: int
    let_go: float
    beside: list[float]


async def wave(server: Server, talker: Customer, other: Customer) -> Wave:
    """Sockets that follow the talker and never read, while a long answer is said; every second one wakes up late."""
    open_before = sockets_on(server.port)
    async with AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(never_reading(server, talker.token, talker.session))
            for _ in range(COUNTS.readers)
        ]
        await talker.say(question(talker.marker, PIECES, GAP_MS, repeats=REPEATS))
        watching = asyncio.ensure_future(watch(server, open_before))
        during = asyncio.ensure_future(latencies(other, 20, watching))
        codes = Counter(await asyncio.gather(*(close_code(reader, WAKE_S) for reader in readers[::2])))
        await talker.settle(60)
        highest, let_go = await watching
        return Wave(codes, highest, let_go, await during)


@pytest.mark.timeout(400)
async def test_never_readers(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    """The long answer is said once before, so that what is counted for a socket is not what the answer itself takes.

    Thousands leave the allocator with room that it keeps for the next: then a second wave must find it enough."""
    allow_sockets(COUNTS.readers + 500)
    talker, other = customers.new(), customers.new()
    await asyncio.gather(talker.connect(), other.connect())
    await warmed(customers)
    await talker.say(question(talker.marker, PIECES, 0, repeats=REPEATS))
    await talker.settle(60)
    before = await latencies(other, 20)
    held = [await still(server.pid)]
    waves = []
    for _ in range(COUNTS.reader_waves):
        waves.append(await wave(server, talker, other))
        await asyncio.sleep(1)
        held.append(Footprint.of(server.pid))
    after = await back_to(held[-2], server.pid)
    woken = (COUNTS.readers + 1) // 2
    assert [one.codes for one in waves] == [{4410: woken}] * len(waves)
    per_socket = (max(one.highest for one in waves) - held[0].rss) / COUNTS.readers
    assert per_socket < PER_SOCKET
    beside = [seconds for one in waves for seconds in one.beside]
    report(
        sockets=COUNTS.readers,
        waves=len(waves),
        closed_4410_of_those_who_woke=f"{waves[-1].codes[4410]}/{woken}",
        never_woken=COUNTS.readers - woken,
        all_let_go_after_s=round(max(one.let_go for one in waves), 1),
        KiB_a_socket=round(per_socket / 1024),
        first_token_ms=f"{statistics.median(before) * 1000:.0f} -> {statistics.median(beside) * 1000:.0f}",
        worst_ms=f"{max(before) * 1000:.0f} -> {max(beside) * 1000:.0f}",
        rss_MiB=" -> ".join(str(one.rss >> 20) for one in held),
        descriptors=f"{held[0].descriptors} -> {after.descriptors}",
    )
    assert statistics.median(beside) <= 2 * statistics.median(before) + FLOOR_S


async def watch(server: Server, open_before: int) -> tuple[int, float]:
    """The highest resident memory until the server has let go of all sockets, and the seconds that took."""
    began, highest = time.monotonic(), 0
    while time.monotonic() - began < LET_GO_S:
        highest = max(highest, Footprint.of(server.pid).rss)
        if sockets_on(server.port) <= open_before:
            return highest, time.monotonic() - began
        await asyncio.sleep(0.1)
    raise AssertionError(f"after {LET_GO_S:g} s {sockets_on(server.port) - open_before} are still open")
