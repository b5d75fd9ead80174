"""kill -9: what was acknowledged is kept and ends once, whatever the process was doing."""

import asyncio
import random
import time
from collections.abc import Callable

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import GONE, Customer
from tests.faults.invariants import check
from tests.faults.process import Server
from tests.faults.provider import Providing, question
from tests.faults.proxy import Proxy

RECOVERY_S = 5.0
"""Seconds from readiness until no run is left behind: each has ended or is being answered again."""
NEXT_S = 10.0
RESENDS = 5


async def busy(customer: Customer, number: int) -> None:
    """Ask, sometimes several questions at once, until the server is gone."""
    try:
        await customer.connect()
        for about in range(1 + number % 3):
            await customer.say(question(customer.marker, random.randrange(5, 60), random.choice((0, 2, 8)), about))
        while True:
            await customer.take()
    except GONE:
        pass


async def unheard(customer: Customer, server: Server, provider: Providing, *, answered: bool) -> str:
    """Send a message whose acknowledgement is swallowed on its way; returns when it is committed, or `answered`."""
    await customer.connect()
    assert customer.link is not None
    customer.link.freeze("down")
    message = await customer.say(question(customer.marker, 3, 0))
    kind = "completed" if answered else "accepted"
    query = (
        "SELECT count(*) FROM events e JOIN conversations c ON c.id = e.conversation_id WHERE owner = ? AND kind = ?"
    )
    async with asyncio.timeout(10):
        while not server.storage.number(query, customer.user, kind):
            await asyncio.sleep(0.002)
    return message


async def left_behind(server: Server, ready_at: float) -> float:
    """Seconds from readiness until every open conversation has a run that is being answered."""
    query = """SELECT count(*) FROM runs r WHERE finished_at IS NULL AND NOT EXISTS
        (SELECT 1 FROM runs o WHERE o.conversation_id = r.conversation_id AND o.status = 'running')"""
    while server.storage.number(query):
        assert time.monotonic() - ready_at < RECOVERY_S, "runs are left behind"
        await asyncio.sleep(0.02)
    return time.monotonic() - ready_at


async def one_more(customer: Customer) -> float:
    """The next message of a conversation is answered; after how many seconds."""
    began = time.monotonic()
    message = await customer.say(question(customer.marker, 3, 0))
    await customer.settle(NEXT_S)
    ended = customer.end(message)
    assert ended is not None
    assert ended["type"] == "complete", ended
    return time.monotonic() - began


async def killed(server: Server, customers: Customers) -> tuple[list[Customer], float]:
    """Kill the server among busy customers and start it again. Returns them and the seconds until none was left."""
    crowd = [customers.new() for _ in range(COUNTS.kill_customers)]
    busily = [asyncio.ensure_future(busy(customer, number)) for number, customer in enumerate(crowd)]
    await asyncio.sleep(random.uniform(0.05, 1.0))
    await server.kill()
    await asyncio.gather(*busily)
    server.leave_volume()
    assert server.storage.breaches() == []
    await server.restart()
    return crowd, await left_behind(server, time.monotonic())


async def test_kills(server: Server, customers: Customers, report: Callable[..., None]) -> None:
    recovered, following, acknowledged, restarted = [], [], 0, 0
    for number in range(COUNTS.kills):
        crowd, seconds = await killed(server, customers)
        acknowledged += sum(len(customer.acks) for customer in crowd)
        await asyncio.gather(*(customer.settle(30) for customer in crowd))
        restarted += sum(frame["type"] == "run_restarted" for one in crowd for frame in one.log.values())
        recovered.append(seconds)
        following += await asyncio.gather(*(one_more(customer) for customer in crowd if customer.sent))
        check(server.storage, crowd)
        await asyncio.gather(*(customer.leave() for customer in crowd))
        if number % 10 == 9:
            print(f"{number + 1} kills", flush=True)
    report(
        kills=COUNTS.kills,
        acknowledged_before=acknowledged,
        lost=0,
        run_again=restarted,
        slowest_recovery_s=round(max(recovered), 2),
        slowest_next_answer_s=round(max(following), 2),
    )


async def test_sent_again_across_a_kill(
    server: Server, customers: Customers, proxy: Proxy, provider: Providing, report: Callable[..., None]
) -> None:
    """The acknowledgement is lost with the process; the message is sent five times more, and is answered once."""
    pairs = []
    for number in range(COUNTS.kill_customers):
        customer = customers.new(proxy=proxy)
        pairs.append((customer, await unheard(customer, server, provider, answered=number % 2 == 1)))
    await server.kill()
    server.leave_volume()
    await server.restart()
    for customer, message in pairs:
        await customer.connect()
        for _ in range(RESENDS - 1):
            await customer.repeat(message)
        await customer.settle(NEXT_S)
        heard = 0
        while heard < RESENDS - 1:
            heard += (await customer.take())["type"] == "ack"
        assert customer.acks[message]["duplicate"] is True
        runs = "SELECT count(*) FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.owner = ?"
        answers = "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.owner = ?"
        assert server.storage.number(runs, customer.user) == 1
        assert server.storage.number(f"{answers} AND m.role = 'assistant'", customer.user) == 1
        assert 1 <= provider.calls[customer.marker] <= 2
    most = max(provider.calls[customer.marker] for customer, _ in pairs)
    report(messages=len(pairs), sendings=len(pairs) * (1 + RESENDS), runs=len(pairs), most_model_calls=most)
