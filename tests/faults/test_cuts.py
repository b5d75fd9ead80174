"""Cut connections: whatever is cut, wherever, the customer ends with the whole answer, once, in order."""

import asyncio
import random
import time
from collections.abc import Callable

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import GONE, Customer
from tests.faults.process import Server
from tests.faults.provider import Providing, answer, question
from tests.faults.proxy import Proxy

PIECES, GAP_MS = 40, 4
AT_A_TIME = 8


async def uncut(customer: Customer) -> int:
    """The bytes that an answer takes from its question on."""
    await customer.connect()
    assert customer.link is not None
    before = customer.link.passed["down"]
    await customer.say(question(customer.marker, PIECES, GAP_MS))
    await customer.settle()
    return customer.link.passed["down"] - before


async def interrupted(customer: Customer, size: int, number: int) -> int:
    """One answer whose connection is cut: at a random byte (in order or by reset), again while it resumes, twice with
    nothing new in between, before the acknowledgement, or before that of a second message while the first is being
    answered. Returns the cuts made."""
    await customer.connect()
    assert customer.link is not None
    kind = number % 5
    if kind >= 3:
        await customer.say(question(customer.marker, PIECES, GAP_MS, number))
        if kind == 4:
            await customer.until(lambda frame: frame["type"] == "token")
            await customer.say(question(customer.marker, PIECES, 0, number))
        await asyncio.sleep(random.uniform(0, 0.02))
        customer.link.cut(reset=random.random() < 0.5)
        await customer.settle()
        return 1
    customer.link.cut_after(random.randrange(size), reset=random.random() < 0.5)
    await customer.say(question(customer.marker, PIECES, GAP_MS, number))
    cuts = 1
    if kind:
        await lose(customer)
        for again in (0, 0) if kind == 1 else (random.randrange(400), random.randrange(size)):
            cuts += await resume_and_lose(customer, again)
    await customer.settle()
    return cuts


async def lose(customer: Customer) -> None:
    """Read until the connection is gone, or everything is there."""
    try:
        while customer.open_messages:
            await customer.take(30)
    except GONE:
        pass


async def resume_and_lose(customer: Customer, after: int) -> int:
    """Connect again and lose the connection `after` bytes into what follows the authentication."""
    try:
        await customer.connect()
        assert customer.link is not None
        customer.link.cut_after(after, reset=True)
    except GONE:
        return 0
    await lose(customer)
    return 1


async def test_cut_connections(
    server: Server, customers: Customers, proxy: Proxy, provider: Providing, report: Callable[..., None]
) -> None:
    began = time.monotonic()
    size = await uncut(customers.new(proxy=proxy))
    lanes = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int) -> int:
        async with lanes:
            customer = customers.new(proxy=proxy)
            cuts = await interrupted(customer, size, number)
            for message in customer.sent:
                assert customer.texts[customer.run(message)] == answer(customer.marker, PIECES)
            assert provider.calls[customer.marker] == len(customer.sent)
            await customer.leave()
            return cuts

    cuts = await asyncio.gather(*(one(number) for number in range(COUNTS.cuts)))
    reconnects = sum(customer.reconnects for customer in customers)
    report(
        conversations=COUNTS.cuts,
        cuts=sum(cuts),
        reconnects=reconnects,
        bytes_of_an_answer=size,
        seconds=round(time.monotonic() - began, 1),
    )
