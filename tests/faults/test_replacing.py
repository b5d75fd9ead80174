"""A message that is replaced at any moment, also while the process dies: in the end one question and its answer
stand."""

import asyncio
import random
from collections.abc import Callable

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import GONE, Customer
from tests.faults.invariants import check
from tests.faults.process import Server
from tests.faults.provider import question

AT_A_TIME = 4
PIECES, GAP_MS = 20, 8
SHOWN = """SELECT m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE c.owner = ? AND m.role = 'customer' AND m.superseded_by IS NULL ORDER BY m.seq"""


async def ask(customer: Customer, about: int) -> str:
    """Send a question and wait for its acknowledgement; its client_message_id."""
    message = await customer.say(question(customer.marker, PIECES, GAP_MS, about))
    while message not in customer.acks:
        await customer.take()
    return message


def one_stands(server: Server, customer: Customer, replaced: str, by: str) -> None:
    """The last message alone is shown, and the wire has told the same."""
    assert server.storage.rows(SHOWN, customer.user) == [(customer.sent[by],)]
    told = [frame for frame in customer.log.values() if frame["type"] == "superseded"]
    assert [(frame["message_id"], frame["by"]) for frame in told] == [
        (customer.acks[replaced]["message_id"], customer.acks[by]["message_id"])
    ]
    last = customer.end(by)
    assert last is not None
    assert last["type"] == "complete", last


async def test_replacing_at_any_moment(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    """While it waits, is being answered, has been answered; with messages behind it or not."""
    ends: list[str] = []

    async def replaced(number: int) -> None:
        async with lanes:
            customer = customers.new()
            await customer.connect()
            first = await ask(customer, number)
            for about in range(number % 3):
                await ask(customer, about)
            if number % 4 == 3:
                await customer.settle()
            await asyncio.sleep(random.uniform(0, 0.4))
            again = await customer.say(question(customer.marker, 3, 0, number + 1), first)
            await customer.settle()
            one_stands(server, customer, first, again)
            ended = customer.end(first)
            ends.append(str(ended and ended["type"]))
            await customer.leave()

    lanes = asyncio.Semaphore(AT_A_TIME)
    await asyncio.gather(*(replaced(number) for number in range(COUNTS.cancels)))
    report(replaced=len(ends), before_the_answer=ends.count("cancelled"), after_it=ends.count("complete"))


def acknowledged(crowd: list[Customer], messages: list[str]) -> int:
    return sum(message in customer.acks for customer, message in zip(crowd, messages, strict=True))


async def test_a_kill_while_messages_are_replaced(
    server: Server, customers: Customers, report: Callable[..., None]
) -> None:
    """What was not acknowledged is sent again; nothing is replaced twice, and nothing is lost."""
    heard = 0
    for _ in range(max(1, COUNTS.kills // 10)):
        crowd = [customers.new() for _ in range(COUNTS.kill_customers)]
        await asyncio.gather(*(customer.connect() for customer in crowd))
        firsts = await asyncio.gather(*(ask(customer, number) for number, customer in enumerate(crowd)))

        async def edit(customer: Customer, first: str) -> str:
            await asyncio.sleep(random.uniform(0, 0.3))
            return await customer.say(question(customer.marker, 3, 0, 1), first)

        async def listen(customer: Customer) -> None:
            try:
                while True:
                    await customer.take()
            except GONE:
                pass

        listening = [asyncio.ensure_future(listen(customer)) for customer in crowd]
        edits = asyncio.gather(*(edit(customer, first) for customer, first in zip(crowd, firsts, strict=True)))
        agains, enough = await edits, random.randrange(len(crowd))
        async with asyncio.timeout(30):
            while acknowledged(crowd, agains) < enough:
                await asyncio.sleep(0.005)
        await server.kill()
        await asyncio.gather(*listening)
        heard += acknowledged(crowd, agains)
        assert server.storage.breaches() == []
        await server.restart()
        await asyncio.gather(*(customer.settle(30) for customer in crowd))
        for customer, first, again in zip(crowd, firsts, agains, strict=True):
            one_stands(server, customer, first, again)
        check(server.storage, crowd)
        await asyncio.gather(*(customer.leave() for customer in crowd))
    report(replaced=COUNTS.kill_customers * max(1, COUNTS.kills // 10), acknowledged_before_the_kill=heard)
