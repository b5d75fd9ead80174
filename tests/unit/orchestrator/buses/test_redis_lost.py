"""Two processes over one Redis that goes away and comes back: whoever follows is told to look, and finds everything."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio.client import PubSub

from orchestrator.buses import redis as redis_bus
from orchestrator.buses.redis import MOST_ENTRIES, RedisBus, open_redis_bus
from orchestrator.event.tenure import Tenures
from orchestrator.events import Cancelled, Code, Envelope, Progress, Token, Typing
from tests.faults.proxy import Proxy
from tests.redis_server import RedisServer


@pytest.fixture
def server() -> Iterator[RedisServer]:
    made = RedisServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def here(server: RedisServer) -> AsyncIterator[RedisBus]:
    async with open_redis_bus(server.url, Tenures()) as bus:
        yield bus


@pytest.fixture
async def there(server: RedisServer) -> AsyncIterator[RedisBus]:
    async with open_redis_bus(server.url, Tenures()) as bus:
        yield bus


class Reader:
    def __init__(self) -> None:
        self.heard: list[Envelope] = []
        self.lapses = 0

    def lapsed(self) -> None:
        self.lapses += 1


def word(n: int) -> Envelope:
    return Envelope("a", Token("run", f"{n} ", 2 * n), place=n + 2)


async def until(reader: Reader, heard: int = 0, lapses: int = 0) -> None:
    async with asyncio.timeout(15):
        while len(reader.heard) < heard or reader.lapses < lapses:
            await asyncio.sleep(0.02)


async def test_what_was_said_while_redis_was_away_is_found(
    server: RedisServer, here: RedisBus, there: RedisBus
) -> None:
    near, far = Reader(), Reader()
    await here.subscribe("a", near.heard.append, near.lapsed)
    await there.subscribe("a", far.heard.append, far.lapsed)
    await here.publish(Envelope("a", Code("run", "SELECT 1"), place=1))
    await here.publish(word(0))
    await until(far, heard=2)
    server.stop()
    await asyncio.gather(*(here.publish(word(n)) for n in range(1, 4)))
    assert len(near.heard) == 5, "in its own process nothing is missing"
    await until(far, lapses=2)  # while it is away, readers look in the store again and again
    assert await there.live("a") is None
    server.start()
    before = far.lapses
    await until(far, lapses=before + 1)
    await here.publish(word(4))
    async with asyncio.timeout(15):
        while (live := await there.live("a")) is None or live.text != "0 1 2 3 4 ":
            await asyncio.sleep(0.02)
    assert (live.steps, live.place) == ((Code("run", "SELECT 1"),), 6)
    await here.publish(Envelope("a", Cancelled("run", "0 1 2 3 4 "), 2))
    assert await there.live("a") is None


async def test_an_end_that_nobody_heard_is_looked_for(server: RedisServer, here: RedisBus, there: RedisBus) -> None:
    far = Reader()
    await there.subscribe("a", far.heard.append, far.lapsed)
    await here.publish(Envelope("a", Progress("run", "starting", "..."), place=1))
    await until(far, heard=1)
    server.stop()
    await here.publish(Envelope("a", Cancelled("run", ""), 2))
    server.start()
    before = far.lapses
    await until(far, lapses=before + 1)
    assert await there.live("a") is None


async def test_it_opens_without_redis_and_joins_later(server: RedisServer) -> None:
    server.stop()
    async with open_redis_bus(server.url, Tenures()) as one, open_redis_bus(server.url, Tenures()) as other:
        reader = Reader()
        await other.subscribe("a", reader.heard.append, reader.lapsed)
        await one.publish(word(0))
        server.start()
        before = reader.lapses
        await until(reader, lapses=before + 1)
        async with asyncio.timeout(15):
            while not reader.heard:
                await one.publish(word(1))
                await asyncio.sleep(0.05)
    assert reader.heard[-1].event == word(1).event


async def test_what_could_not_be_sent_is_sent_without_another_word(server: RedisServer, there: RedisBus) -> None:
    """Redis takes nothing of a process for a while, which then has nothing more to say."""
    far = Reader()
    await there.subscribe("a", far.heard.append, far.lapsed)
    async with Proxy(server.port) as between, open_redis_bus(f"redis://127.0.0.1:{between.port}", Tenures()) as slow:
        await slow.publish(word(0))
        await until(far, heard=1)
        _, commands = between.links.values()
        commands.freeze("up")
        await slow.publish(Envelope("a", Cancelled("run", "0 "), 2))
        assert far.lapses == 0
        await until(far, lapses=1)
        assert await there.live("a") is None


async def test_what_is_said_again_is_said_once(server: RedisServer, here: RedisBus, there: RedisBus) -> None:
    """The pieces that come with a sum of what was said are part of it."""
    await here.publish(word(0))
    server.stop()
    await here.publish(word(1))
    server.start()
    async with asyncio.timeout(15):
        while (live := await there.live("a")) is None or live.text != "0 1 ":
            await here.publish(Envelope("b", Code("run", "SELECT 1"), place=1))
            await asyncio.sleep(0.02)
    here._unsent["a"] = None
    await here.publish(word(2))
    live = await there.live("a")
    assert live is not None
    assert (live.text, live.place) == ("0 1 2 ", 4)


async def test_the_beginning_of_a_very_long_answer_is_known(here: RedisBus, there: RedisBus) -> None:
    pieces = [Envelope("a", Token("run", "x", n), place=n + 1) for n in range(2 * MOST_ENTRIES + 10)]
    for begin in range(0, len(pieces), 500):
        await asyncio.gather(*map(here.publish, pieces[begin : begin + 500]))
    live = await there.live("a")
    assert live is not None
    assert (len(live.text), live.place) == (len(pieces), len(pieces))


async def test_a_run_that_falls_silent_is_looked_for(
    here: RedisBus, there: RedisBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answered it may have died between storing its end and telling it. Nobody looks where no run is heard."""
    monkeypatch.setattr(redis_bus, "SILENT_S", 0.3)
    waiting, ended = Reader(), Reader()
    await there.subscribe("a", waiting.heard.append, waiting.lapsed)
    await there.subscribe("b", ended.heard.append, ended.lapsed)
    await here.publish(word(0))
    await here.publish(Envelope("b", Cancelled("run", ""), 2))
    await here.publish(Envelope("b", Typing("")))
    await until(waiting, lapses=2)
    assert (len(ended.heard), ended.lapses) == (2, 0)
    await here.publish(Envelope("a", Cancelled("run", "0 "), 2))
    await until(waiting, heard=2)
    lapses = waiting.lapses
    await asyncio.sleep(3 * redis_bus.PATIENCE_S)
    assert waiting.lapses == lapses


async def test_it_closes_though_the_client_drops_the_first_cancellation(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `asyncio.wait_for` of Python 3.11 does, by which the client sends its commands."""
    read = PubSub.get_message
    dropped = 0

    async def get_message(self: PubSub, *, timeout: float) -> object:
        nonlocal dropped
        try:
            return await read(self, timeout=timeout)
        except asyncio.CancelledError:
            dropped += 1
            if dropped > 1:
                raise
            return None

    monkeypatch.setattr(PubSub, "get_message", get_message)
    async with asyncio.timeout(10):
        async with open_redis_bus(server.url, Tenures()):
            pass
    assert dropped == 2
