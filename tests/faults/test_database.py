"""A database that cannot be written: said at once, nothing lost, and over when its cause is."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from tests.conversing import Frame
from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import Customer
from tests.faults.obstacles import FullDisk, locked
from tests.faults.process import Server
from tests.faults.provider import question

REFUSED_S = COUNTS.lock_s
"""A message that cannot be stored is refused while the lock lasts; the store waits 5 s for it."""
PONG_S = 1.0


async def refusal(customer: Customer) -> tuple[Frame, float]:
    """Send a message that cannot be stored; the refusal and the seconds it took."""
    began = time.monotonic()
    message = await customer.say(question(customer.marker, 3, 0))
    frame = await customer.until(lambda frame: frame["type"] == "error" and "run_id" not in frame, 10)
    assert (frame["code"], frame["retryable"]) == ("STORAGE_UNAVAILABLE", True), frame
    del customer.sent[message]
    return frame, time.monotonic() - began


async def ping(customer: Customer) -> float:
    """Seconds until the server answers an application's ping."""
    began = time.monotonic()
    await customer.tell({"type": "ping", "timestamp": 1})
    await customer.until(lambda frame: frame["type"] == "pong", 10)
    return time.monotonic() - began


async def one_more(customer: Customer) -> None:
    message = await customer.say(question(customer.marker, 3, 0))
    await customer.settle(10)
    ended = customer.end(message)
    assert ended is not None
    assert ended["type"] == "complete", ended


async def test_locked_database(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    answering, asking, waiting = (customers.new() for _ in range(3))
    for customer in (answering, asking, waiting):
        await customer.connect()
    message = await answering.say(question(answering.marker, 40, 20))
    await answering.until(lambda frame: frame["type"] == "token")
    lock = locked(server.storage)
    try:
        refused, pongs = asyncio.ensure_future(refusal(asking)), []
        end = time.monotonic() + COUNTS.lock_s
        while time.monotonic() < end:
            pongs.append(await ping(waiting))
            await asyncio.sleep(0.2)
        _, refused_s = await refused
        assert answering.end(message) is None, "an end was shown that could not be stored"
    finally:
        server.storage.within(lock.close)
    began = time.monotonic()
    await answering.settle(10)
    ended = answering.end(message)
    assert ended is not None
    assert ended["type"] == "complete"
    healed_s = time.monotonic() - began
    await asyncio.gather(*(one_more(customer) for customer in (answering, asking, waiting)))
    assert refused_s <= REFUSED_S
    assert max(pongs) <= PONG_S
    report(
        locked_s=COUNTS.lock_s,
        refused_after_s=round(refused_s, 2),
        slowest_pong_ms=round(max(pongs) * 1000),
        run_in_flight_ended_after_s=round(healed_s, 2),
    )


async def test_full_disk(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    answering, asking, reading = (customers.new() for _ in range(3))
    for customer in (answering, asking, reading):
        await customer.connect()
    await one_more(reading)
    message = await answering.say(question(answering.marker, 40, 20))
    await answering.until(lambda frame: frame["type"] == "token")
    disk = FullDisk(server)
    means = disk.means
    with disk:
        _, refused_s = await refusal(asking)
        with suppress(TimeoutError):
            await answering.settle(2)
        stored = server.storage.number(
            "SELECT count(*) FROM events WHERE kind = 'completed' AND run_id = ?", answering.run(message)
        )
        assert (answering.end(message) is not None) == bool(stored)
        again = customers.new(reading.user, reading.session)
        again.share(reading)
        await again.connect()
        await again.until(lambda frame: frame["type"] == "complete", 10)
        assert server.get("/health") == 200
        assert server.storage.breaches() == []
    began = time.monotonic()
    await answering.settle(10)
    healed_s = time.monotonic() - began
    await asyncio.gather(*(one_more(customer) for customer in (answering, asking, reading)))
    report(
        by=means,
        refused_after_s=round(refused_s, 2),
        history_read="yes",
        run_in_flight_ended_after_s=round(healed_s, 2),
    )
