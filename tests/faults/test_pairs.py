"""Two tabs on one conversation: both see the same, and what they send at once is answered in turn."""

import asyncio
from collections.abc import Callable

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import Customer
from tests.faults.process import Server
from tests.faults.provider import question


async def two_tabs(customers: Customers) -> tuple[Customer, Customer]:
    """Two sockets of one customer that follow one conversation."""
    one = customers.new()
    await one.connect()
    await one.say(question(one.marker, 2, 0))
    await one.settle()
    other = customers.new(one.user, one.session)
    other.share(one)
    await other.connect()
    while other.seq < one.seq:
        await other.take()
    return one, other


async def test_parallel_pairs(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    async def pair() -> Customer:
        one, other = await two_tabs(customers)
        await asyncio.gather(*(tab.say(question(tab.marker, 6, 3, about)) for about, tab in enumerate((one, other))))
        await asyncio.gather(one.settle(), other.settle())
        while one.seq != other.seq:
            await (one if one.seq < other.seq else other).take()
        assert one.log == other.log
        in_turn(one)
        await asyncio.gather(one.leave(), other.leave())
        return one

    lanes = asyncio.Semaphore(5)

    async def in_lane() -> Customer:
        async with lanes:
            return await pair()

    seen = await asyncio.gather(*(in_lane() for _ in range(COUNTS.pairs)))
    report(pairs=len(seen), durable_events=sum(tab.seq for tab in seen))


def in_turn(tab: Customer) -> None:
    """Between the first event and the end of a run there is no event of another, but acknowledgements."""
    runs = [frame["run_id"] for frame in tab.log.values() if frame["type"] != "ack"]
    turns = [run for number, run in enumerate(runs) if number == 0 or runs[number - 1] != run]
    assert len(turns) == len(set(turns)) == 3, turns
