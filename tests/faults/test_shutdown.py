"""Stopping: what runs is finished or handed on, every socket is told, and the next process ends what is left."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import GONE, Customer
from tests.faults.invariants import check, sockets_on
from tests.faults.process import Server
from tests.faults.provider import Providing, question
from tests.faults.proxy import Proxy

EXIT_S = 5.0
"""The process ends within this after its drain."""
AT_ONCE_S = 2.0
HEARTBEAT = {"PITCREW_HEARTBEAT_S": "2"}
GAP_MS = 50


async def answering(customer: Customer, seconds: float) -> str:
    """Ask for an answer that takes so long; returns when it has begun."""
    await customer.connect()
    message = await customer.say(question(customer.marker, int(seconds * 1000 / GAP_MS), GAP_MS))
    await customer.until(lambda frame: frame["type"] == "token")
    return message


async def to_the_close(customer: Customer) -> None:
    try:
        while True:
            await customer.take(60)
    except GONE:
        pass


async def handshake_status(server: Server) -> int:
    """How a new socket is refused."""
    with pytest.raises(InvalidStatus) as refused:
        await websockets.connect(f"ws://127.0.0.1:{server.port}/ws/chat")
    return refused.value.response.status_code


@pytest.mark.timeout(240)
async def test_drain(server: Server, customers: Customers, provider: Providing, report: Callable[..., None]) -> None:
    drain_s = COUNTS.drain_s
    crowd = [customers.new() for _ in range(COUNTS.drain_runs)]
    outlasting = crowd[: len(crowd) // 5]
    await asyncio.gather(*(answering(one, drain_s * (1.5 if one in outlasting else 0.5)) for one in crowd))
    late = customers.new()
    await late.connect()
    server.signal(signal.SIGTERM)
    began = time.monotonic()
    await asyncio.gather(*(one.until(lambda frame: frame["type"] == "closing", 5) for one in (late, *crowd)))
    refused = await late.say(question(late.marker, 1, 0))
    await late.until(lambda frame: frame.get("code") == "SHUTTING_DOWN", 5)
    del late.sent[refused]
    assert await handshake_status(server) == 503
    assert server.get("/ready") == 503
    await asyncio.gather(*(to_the_close(one) for one in (late, *crowd)))
    code = await server.ended(drain_s + EXIT_S)
    took = time.monotonic() - began
    assert code == 0
    assert took <= drain_s + EXIT_S
    assert [one.closes for one in (late, *crowd)] == [[1001]] * (len(crowd) + 1)
    finished = [one for one in crowd if one.ends]
    assert {end["type"] for one in finished for end in one.ends.values()} == {"complete"}
    assert len(finished) >= len(crowd) - len(outlasting)
    provider.hurry(True)
    server.leave_volume()
    await server.restart(**HEARTBEAT)
    await asyncio.gather(*(one.settle(30) for one in crowd))
    check(server.storage, crowd)
    restarted = sum(frame["type"] == "run_restarted" for one in crowd for frame in one.log.values())
    assert restarted == len(crowd) - len(finished)
    provider.hurry(False)
    report(
        runs=len(crowd),
        finished_while_draining=len(finished),
        ended_by_the_next_process=restarted,
        exit_code=code,
        exit_after_s=round(took, 1),
        closed_1001=len(crowd) + 1,
    )


@pytest.mark.timeout(240)
async def test_half_open_peers(server: Server, customers: Customers, proxy: Proxy, report: Callable[..., None]) -> None:
    """Peers that vanish without a word are let go within two heartbeats, and their answers go on."""
    await server.with_settings(**HEARTBEAT)
    vanished = [customers.new(proxy=proxy) for _ in range(COUNTS.half_open)]
    heartbeat_s = 0.0
    for customer in vanished:
        heartbeat_s = (await customer.connect())["heartbeat_s"]
        message = await customer.say(question(customer.marker, 40, GAP_MS))
        await customer.until(lambda frame: frame["type"] == "token")
        assert customer.link is not None
        customer.link.freeze()
        assert customer.end(message) is None
    began = time.monotonic()
    while sockets_on(server.port):
        assert time.monotonic() - began < 2 * heartbeat_s + 2, "half-open sockets are kept"
        await asyncio.sleep(0.1)
    took = time.monotonic() - began
    await asyncio.gather(*(customer.settle(30) for customer in vanished))
    assert {customer.ends[run]["type"] for customer in vanished for run in customer.ends} == {"complete"}
    report(peers=len(vanished), heartbeat_s=heartbeat_s, all_let_go_after_s=round(took, 1))


async def test_second_sigterm(server: Server, report: Callable[..., None]) -> None:
    """It ends the process at once, in the state that a kill leaves: sound, with everything acknowledged in it."""
    crowd = Customers(server)
    for _ in range(3):
        crowd.new()
    await asyncio.gather(*(answering(customer, 5) for customer in crowd))
    server.signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    assert server.running, "it did not wait for its runs"
    began = time.monotonic()
    server.signal(signal.SIGTERM)
    await server.ended(AT_ONCE_S)
    took = time.monotonic() - began
    await asyncio.gather(*(to_the_close(customer) for customer in crowd))
    assert server.storage.breaches() == []
    assert server.storage.disagreements(crowd) == []
    assert len(server.storage.unfinished()) == len(crowd)
    report(runs=len(crowd), ended_after_ms=round(took * 1000))
