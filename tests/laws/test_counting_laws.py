"""What is counted of users: in one process, or by several servers over a real Redis, the same laws."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond

from api.access.auth import Identity
from api.access.limits import CountedHere, ExactRate, PlacesHere, UserPlaces, UserRate
from api.access.shared.link import RedisLink, open_link
from api.access.shared.places import SharedPlaces
from api.access.shared.rates import SharedRate
from api.access.shared.tickets import SharedTickets
from api.access.tickets import Tickets, TicketsHere
from orchestrator.errors import AuthExpired, AuthInvalid, Overloaded, RateLimited, StorageUnavailable
from tests.redis_server import RedisServer, redis_server
from tests.serving import free_port

T = TypeVar("T")
TWO = RateLimitItemPerMinute(2)


@dataclass
class Servers:
    """`each` makes what two servers count with: one and the same in a process, two of them over Redis."""

    links: tuple[RedisLink, ...]

    def each(self, here: Callable[[], T], shared: Callable[[RedisLink], T]) -> tuple[T, T]:
        if self.links:
            return shared(self.links[0]), shared(self.links[1])
        alone = here()
        return alone, alone


@pytest.fixture(params=["here", "redis"])
async def servers(request: pytest.FixtureRequest) -> AsyncIterator[Servers]:
    async with AsyncExitStack() as stack:
        if request.param == "here":
            yield Servers(())
            return
        links = [await stack.enter_async_context(open_link(redis_server().url)) for _ in range(2)]
        await links[0].redis.flushall()
        yield Servers(tuple(links))


def rates(servers: Servers, limit: RateLimitItemPerSecond | RateLimitItemPerMinute) -> tuple[UserRate, UserRate]:
    return servers.each(lambda: CountedHere(ExactRate(limit)), lambda link: SharedRate(link, "messages", limit))


async def test_a_user_may_ask_for_so_much_wherever(servers: Servers) -> None:
    first, second = rates(servers, TWO)
    assert [await first.take("anna"), await second.take("anna")] == [0, 0]
    for rate in (first, second):
        assert 59_000 < await rate.take("anna") <= 60_002
    assert await second.take("berta") == 0


async def test_many_at_once_are_counted_one_by_one(servers: Servers) -> None:
    taking = rates(servers, RateLimitItemPerMinute(7))
    waits = await asyncio.gather(*(taking[number % 2].take("anna") for number in range(40)))
    assert waits.count(0) == 7


async def test_who_waits_as_told_may_go_on(servers: Servers) -> None:
    first, second = rates(servers, RateLimitItemPerSecond(1))
    assert await first.take("anna") == 0
    wait = await second.take("anna")
    assert 0 < wait <= 1_002
    await asyncio.sleep(wait / 1000)
    assert await second.take("anna") == 0


@pytest.mark.parametrize("key", ["", "a/b:c d\n\0", "ä" * 5_000, "*"])
async def test_any_name_is_counted_for_itself(servers: Servers, key: str) -> None:
    first, second = rates(servers, TWO)
    assert [await one.take(key) > 0 for one in (first, second, first)] == [False, False, True]
    assert await first.take(f"{key}x") == 0


async def test_rates_of_different_names_do_not_meet() -> None:
    async with open_link(redis_server().url) as link:
        await link.redis.flushall()
        messages, charts = SharedRate(link, "messages", TWO), SharedRate(link, "charts", TWO)
        assert [await messages.take("anna") > 0 for _ in range(3)] == [False, False, True]
        assert await charts.take("anna") == 0


# --- places of users -------------------------------------------------------------------------------------------------


def places(servers: Servers, per_user: int) -> tuple[UserPlaces, UserPlaces]:
    return servers.each(lambda: PlacesHere(per_user), lambda link: SharedPlaces(link, per_user))


async def settled(servers: Servers) -> None:
    """What nobody waits for is done."""
    for link in servers.links:
        await link.finish()


async def test_a_user_has_so_many_places_wherever(servers: Servers) -> None:
    first, second = places(servers, 2)
    assert [await one.claim("anna") for one in (first, second, first, second)] == [True, True, False, False]
    assert await second.claim("berta")
    first.release("anna")
    await settled(servers)
    assert [await one.claim("anna") for one in (second, first)] == [True, False]


async def test_claimed_at_once_no_more_are_given(servers: Servers) -> None:
    both = places(servers, 5)
    given = await asyncio.gather(*(both[number % 2].claim("anna") for number in range(30)))
    assert given.count(True) == 5


async def test_the_places_of_a_server_that_died_are_free_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.access.shared.places.HELD_S", 1)
    async with open_link(redis_server().url) as alive, open_link(redis_server().url) as dead:
        await alive.redis.flushall()
        living, died = SharedPlaces(alive, 2), SharedPlaces(dead, 2)
        assert await living.claim("anna")
        assert await died.claim("anna")
        ends = time.monotonic() + 10
        while not await living.claim("anna"):
            assert time.monotonic() < ends
            await living.hold()
            await asyncio.sleep(0.1)
        assert not await died.claim("anna")  # the living one has both


async def test_who_goes_away_while_a_place_is_asked_for_leaves_none_behind() -> None:
    async with open_link(redis_server().url) as link:
        await link.redis.flushall()
        shared = SharedPlaces(link, 1)
        for _ in range(5):
            claiming = asyncio.ensure_future(shared.claim("anna"))
            await asyncio.sleep(0)
            claiming.cancel()
            with pytest.raises(asyncio.CancelledError):
                await claiming
            await link.finish()
        await link.finish()
        assert await shared.claim("anna")


async def test_what_is_counted_of_addresses_is_not_counted_of_users(servers: Servers) -> None:
    """Sockets of one address at two servers, beside a user of that name; more of them than are held at a time."""
    first, second = servers.each(lambda: PlacesHere(1_500), lambda link: SharedPlaces(link, 1_500, "addresses"))
    users, _ = places(servers, 2)
    assert all(await asyncio.gather(*(one.claim("192.0.2.1") for one in (first, second) for _ in range(750))))
    assert not await first.claim("192.0.2.1")
    assert not await second.claim("192.0.2.1")
    assert await second.claim("192.0.2.2")
    assert await users.claim("192.0.2.1")
    first.release("192.0.2.1")
    for link in servers.links:
        await link.finish()
    assert await second.claim("192.0.2.1")
    for link, one in zip(servers.links, (first, second), strict=False):
        assert isinstance(one, SharedPlaces)
        await link.redis.flushall()  # as one that was started anew
        await one.hold()
        assert await link.redis.zcard("pitcrew:addresses:192.0.2.1") in (749, 751)


# --- tickets ---------------------------------------------------------------------------------------------------------

ANNA = Identity("anna", "anna@example.com", "Anna Ä", "staff", 2_000_000_000, "token", 1_700_000_000)
BERTA = Identity("berta", "", "", "customer", 2_000_000_000)


def tickets(servers: Servers, per_user: int = 20, total: int = 100) -> tuple[Tickets, Tickets]:
    return servers.each(lambda: TicketsHere(per_user, total), lambda link: SharedTickets(link, per_user, total))


async def test_a_ticket_is_its_owner_s_once_wherever(servers: Servers) -> None:
    first, second = tickets(servers)
    ticket = await first.issue(ANNA)
    answers = await asyncio.gather(*(one.redeem(ticket) for one in (first, second) * 5), return_exceptions=True)
    assert answers.count(ANNA) == 1
    assert sum(isinstance(answer, AuthInvalid) for answer in answers) == 9


@pytest.mark.parametrize("ticket", ["", "nonsense", "\ud800", "ä" * 10_000, "a b\r\n*", "0" * 32])
async def test_an_unknown_ticket_is_invalid(servers: Servers, ticket: str) -> None:
    for one in tickets(servers):
        with pytest.raises(AuthInvalid):
            await one.redeem(ticket)
        with pytest.raises(AuthInvalid):
            await one.again(ticket)


async def test_unused_tickets_are_bounded(servers: Servers) -> None:
    first, second = tickets(servers, per_user=2, total=3)
    ticket = await first.issue(ANNA)
    await second.issue(ANNA)
    for one in (first, second):
        with pytest.raises(RateLimited):
            await one.issue(ANNA)
    await first.issue(BERTA)
    with pytest.raises(Overloaded):
        await second.issue(BERTA)
    await second.redeem(ticket)
    assert await first.issue(ANNA)


async def test_a_stream_comes_back_to_any_server_with_the_ticket_that_opened_it(servers: Servers) -> None:
    first, second = tickets(servers)
    ticket = await first.issue(ANNA)
    with pytest.raises(AuthInvalid):
        await second.again(ticket)
    assert await first.redeem(ticket, stream=True) == ANNA
    assert [await one.again(ticket) for one in (second, first, second)] == [ANNA] * 3
    with pytest.raises(AuthInvalid):
        await second.redeem(ticket)
    ended = await first.issue(replace(ANNA, expires=int(time.time()) - 1))
    await second.redeem(ended, stream=True)
    with pytest.raises(AuthExpired):
        await first.again(ended)


async def test_no_ticket_stands_in_redis_as_it_is() -> None:
    async with open_link(redis_server().url) as link:
        await link.redis.flushall()
        shared = SharedTickets(link)
        ticket = await shared.issue(ANNA)
        keys = await link.redis.keys("*")
        assert keys
        assert not any(ticket.encode() in key for key in keys)


# --- Redis away ------------------------------------------------------------------------------------------------------


async def test_where_redis_is_away_each_server_counts_for_itself_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.access.shared.link.AGAIN_S", 0.2)
    server = RedisServer(free_port())
    async with open_link(server.url) as link:
        rate, shared, given = SharedRate(link, "messages", TWO), SharedPlaces(link, 2), SharedTickets(link)
        began = time.monotonic()
        assert [await rate.take("anna") > 0 for _ in range(3)] == [False, False, True]
        assert [await shared.claim("anna") for _ in range(3)] == [True, True, False]
        with pytest.raises(StorageUnavailable):
            await given.issue(ANNA)
        assert time.monotonic() - began < 2
        server.start()
        try:
            await asyncio.sleep(0.25)
            assert [await rate.take("anna") > 0 for _ in range(3)] == [False, False, True]
            await shared.hold()
            assert not await shared.claim("anna")  # what was given meanwhile counts
            assert await given.redeem(await given.issue(ANNA)) == ANNA
        finally:
            server.stop()
