"""Customers of every kind on one server, for as long as is wished."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.faults.customer import GONE, Customer
from tests.faults.process import Server
from tests.faults.provider import Providing, question
from tests.faults.proxy import Proxy

PATIENCE_S = 90.0
"""An answer that has not ended after this is stuck; no misfortune lasts half as long."""
MESSAGES = 12
"""A customer's last message is about this one; then somebody else comes."""

Habit = Callable[[Customer], Awaitable[None]]


class Crowd:
    """`everyone` who has ever come; `stuck`: what had no end in time; `done`: how often each thing was done."""

    def __init__(self, server: Server, proxy: Proxy, provider: Providing, size: int) -> None:
        self.everyone: list[Customer] = []
        self.stuck: list[str] = []
        self.done: Counter[str] = Counter()
        self.provider = provider
        self._server, self._proxy, self._size = server, proxy, size
        self._habits: tuple[Habit, ...] = (
            self._asks,
            self._asks,
            self._asks_three_at_once,
            self._cancels,
            self._loses_the_line,
            self._rates,
            self._has_two_tabs,
        )

    async def live(self, until: float) -> None:
        """Keep everybody busy until then."""
        await asyncio.gather(*(self._seat(until) for _ in range(self._size)))

    async def settle(self, seconds: float) -> None:
        """Let every message come to its end."""
        await asyncio.gather(*(self._settle(one, seconds) for one in self.everyone if one.open_messages))

    def cut_lines(self, share: float) -> None:
        for link in [*self._proxy.links.values()]:
            if random.random() < share:
                link.cut(reset=random.random() < 0.5)

    async def freeze_lines(self, seconds: float) -> None:
        """Lines go dead without a word; after some time their customers give them up."""
        dead = [link for link in self._proxy.links.values() if random.random() < 0.5]
        for link in dead:
            link.freeze()
        await asyncio.sleep(seconds)
        for link in dead:
            link.cut()

    async def _seat(self, until: float) -> None:
        """One customer after the other."""
        while time.monotonic() < until:
            customer = self._newcomer()
            for _ in range(random.randint(2, MESSAGES)):
                if time.monotonic() >= until:
                    break
                habit = random.choice(self._habits)
                try:
                    await habit(customer)
                    self.done[habit.__name__.strip("_")] += 1
                except GONE:
                    self.done["lines lost"] += 1
                await self._settle(customer, PATIENCE_S)
                await asyncio.sleep(random.uniform(0, 0.5))
            self.done["answers"] += len(customer.ends)
            self.done["reconnects"] += customer.reconnects
            await customer.leave()

    async def _settle(self, customer: Customer, seconds: float) -> None:
        try:
            await customer.settle(seconds)
        except TimeoutError as late:
            self.stuck.append(str(late))
            for message in customer.open_messages:
                del customer.sent[message]

    def _newcomer(self, user: str | None = None, session: str | None = None) -> Customer:
        name = user or f"user-{len(self.everyone)}"
        one = Customer(self._server.port, self._server.token(name), name, session, self._proxy)
        self.everyone.append(one)
        return one

    async def _ask(self, customer: Customer) -> str:
        if not customer.connected:
            await customer.connect()
        pieces, gap = random.randint(2, 60), random.choice((0, 2, 10))
        return await customer.say(question(customer.marker, pieces, gap, random.randrange(100)))

    async def _begun(self, customer: Customer) -> str:
        """Ask, and wait for the first token or the end; the run."""
        message = await self._ask(customer)
        while message not in customer.acks:
            await customer.take()
        run = customer.run(message)
        while not customer.texts[run] and run not in customer.ends:
            await customer.take()
        return run

    async def _asks(self, customer: Customer) -> None:
        await self._ask(customer)

    async def _asks_three_at_once(self, customer: Customer) -> None:
        for _ in range(3):
            await self._ask(customer)

    async def _cancels(self, customer: Customer) -> None:
        await customer.cancel(await self._begun(customer))

    async def _loses_the_line(self, customer: Customer) -> None:
        await self._ask(customer)
        if customer.link is not None:
            customer.link.cut_after(random.randrange(12_000), reset=random.random() < 0.5)

    async def _rates(self, customer: Customer) -> None:
        run = await self._begun(customer)
        while run not in customer.ends:
            await customer.take()
        if customer.ends[run]["type"] == "complete":
            rating = random.choice(("up", "down"))
            await customer.tell({"type": "feedback", "message_id": customer.ends[run]["message_id"], "rating": rating})

    async def _has_two_tabs(self, customer: Customer) -> None:
        message = await self._ask(customer)
        while message not in customer.acks:
            await customer.take()
        other = self._newcomer(customer.user, customer.session)
        other.share(customer)
        try:
            await self._ask(other)
            await self._settle(other, PATIENCE_S)
        finally:
            await other.leave()
