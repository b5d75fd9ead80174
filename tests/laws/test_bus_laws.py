"""What every bus promises, on each that there is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from orchestrator.bus import MOST_STEPS, Bus, Deliver, Lapsed, Live
from orchestrator.buses.memory import MemoryBus
from orchestrator.buses.redis import open_redis_bus
from orchestrator.event.tenure import Tenure, Tenures
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Code,
    Envelope,
    Failed,
    InputRequired,
    Progress,
    RunRestarted,
    Token,
    Typing,
)
from tests.redis_server import redis_server


class Apart:
    """A bus whose events are published in one process and followed in another."""

    def __init__(self, publishing: Bus, following: Bus) -> None:
        self._publishing = publishing
        self._following = following
        self._marks = 0

    async def publish(self, envelope: Envelope) -> None:
        await self._publishing.publish(envelope)

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        return await self._following.subscribe(conversation_id, deliver, lapsed)

    async def live(self, conversation_id: str) -> Live | None:
        return await self._following.live(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        await self._publishing.forget(conversation_id)


@asynccontextmanager
async def memory() -> AsyncIterator[Bus]:
    yield MemoryBus()


@asynccontextmanager
async def redis() -> AsyncIterator[Bus]:
    async with Redis.from_url(redis_server().url) as client:
        await client.flushdb()
    async with open_redis_bus(redis_server().url, Tenures()) as bus:
        yield bus


@asynccontextmanager
async def redis_apart() -> AsyncIterator[Bus]:
    async with redis() as one, open_redis_bus(redis_server().url, Tenures()) as other:
        yield Apart(one, other)


BUSES = {"memory": memory, "redis": redis, "redis-apart": redis_apart}


@pytest.fixture(params=BUSES)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    async with BUSES[request.param]() as opened:
        yield opened


async def settled(bus: Bus) -> None:
    """Everything that was published before has arrived: what is published in one place arrives in its order."""
    arrived = asyncio.Event()
    stop = await bus.subscribe("marks", lambda envelope: arrived.set())
    await bus.publish(Envelope("marks", Typing("")))
    async with asyncio.timeout(10):
        await arrived.wait()
    stop()


def said(conversation: str, n: int) -> Envelope:
    return Envelope(conversation, Token("run", f"{n} ", n), place=n + 1)


async def test_order_and_no_gap_for_every_reader(bus: Bus) -> None:
    early: list[Envelope] = []
    late: list[Envelope] = []
    await bus.subscribe("a", early.append)
    await bus.publish(said("a", 0))
    await settled(bus)
    await bus.subscribe("a", late.append)
    for n in range(1, 50):
        await bus.publish(said("a", n))
    await settled(bus)
    assert early == [said("a", n) for n in range(50)]
    assert late == early[1:]


async def test_conversations_are_apart(bus: Bus) -> None:
    heard: list[Envelope] = []
    await bus.subscribe("a", heard.append)
    await bus.publish(said("b", 1))
    await settled(bus)
    assert heard == []


async def test_unsubscribing_ends_delivery_and_may_be_repeated(bus: Bus) -> None:
    heard: list[Envelope] = []
    stop = await bus.subscribe("a", heard.append)
    stop()
    stop()
    await bus.publish(said("a", 1))
    await settled(bus)
    assert heard == []


async def test_a_reader_may_leave_while_it_is_told(bus: Bus) -> None:
    heard: list[Envelope] = []
    stops = [await bus.subscribe("a", lambda envelope: stops[0]()), await bus.subscribe("a", heard.append)]
    await bus.publish(said("a", 1))
    await bus.publish(said("a", 2))
    await settled(bus)
    assert heard == [said("a", 1), said("a", 2)]


WORDS = [f"word{n} " for n in range(200)]


def speech(run_id: str = "run", words: list[str] = WORDS) -> list[Envelope]:
    """A run's pieces, each at its place."""
    offsets = [sum(map(len, words[:n])) for n in range(len(words))]
    said = zip(words, offsets, strict=True)
    return [Envelope("a", Token(run_id, word, offset), place=n) for n, (word, offset) in enumerate(said, 1)]


async def test_an_active_run_can_be_taken_up_at_any_moment_without_a_gap(bus: Bus) -> None:
    """A reader that subscribes first and reads what was said second has it all, whenever it comes."""
    published = speech()
    texts = []

    async def join() -> None:
        heard: list[Envelope] = []
        stop = await bus.subscribe("a", heard.append)
        live = await bus.live("a")
        await done.wait()
        await settled(bus)
        stop()
        text = live.text if live else ""
        for envelope in heard:
            assert isinstance(envelope.event, Token)
            assert envelope.event.offset <= len(text), "a gap"
            text = text[: envelope.event.offset] + envelope.event.text
        texts.append(text)

    done = asyncio.Event()
    joining = []
    for envelope in published:
        joining.append(asyncio.ensure_future(join()))
        await asyncio.sleep(0)
        await bus.publish(envelope)
    done.set()
    await asyncio.gather(*joining)
    assert texts == ["".join(WORDS)] * len(published)


async def test_what_a_run_said_is_known_until_it_ends(bus: Bus) -> None:
    assert await bus.live("a") is None
    await bus.publish(Envelope("a", Progress("run", "starting", "..."), place=1))
    assert await bus.live("a") == Live("run", "", Progress("run", "starting", "..."), place=1)
    for place, envelope in enumerate(speech(words=["It ", "has ", "85 kW."]), 2):
        await bus.publish(replace(envelope, place=place))
    await bus.publish(Envelope("a", Progress("run", "generating", "..."), place=5))
    assert await bus.live("a") == Live("run", "It has 85 kW.", Progress("run", "generating", "..."), place=5)
    assert await bus.live("b") is None


async def test_the_latest_steps_of_a_run_are_known(bus: Bus) -> None:
    steps = [Code("run", f"line {n}") for n in range(MOST_STEPS + 10)]
    for place, step in enumerate(steps, 1):
        await bus.publish(Envelope("a", step, place=place))
    live = await bus.live("a")
    assert live is not None
    assert live.steps == tuple(steps[10:])


ENDS: list[AnyEvent] = [
    Failed("run", "INTERNAL", "sorry", "ref"),
    Cancelled("run", "It"),
    RunRestarted("run", 2),
    InputRequired("run", "s", "request", "confirm", "Sure?", (), {}, "2099-01-01T00:00:00.000Z", "It"),
]


@pytest.mark.parametrize("end", ENDS, ids=[type(end).__name__ for end in ENDS])
async def test_nothing_is_live_after_the_end_of_a_run(bus: Bus, end: AnyEvent) -> None:
    await bus.publish(Envelope("a", Token("run", "It", 0), place=1))
    await bus.publish(Envelope("a", end, 7))
    assert await bus.live("a") is None
    await bus.publish(Envelope("a", Token("run", "Again", 0), place=1))
    live = await bus.live("a")
    assert live is not None
    assert live.text == "Again"


async def test_the_end_of_another_run_changes_nothing(bus: Bus) -> None:
    await bus.publish(Envelope("a", Token("run", "It", 0), place=1))
    await bus.publish(Envelope("a", Cancelled("queued", ""), 3))
    live = await bus.live("a")
    assert live is not None
    assert live.run_id == "run"


async def test_a_slow_reader_holds_nobody_up(bus: Bus) -> None:
    """It reads from a queue of its own when it likes; the others have everything meanwhile."""
    waiting: asyncio.Queue[Envelope] = asyncio.Queue()
    fast: list[Envelope] = []
    await bus.subscribe("a", waiting.put_nowait)
    await bus.subscribe("a", fast.append)
    for envelope in speech():
        await bus.publish(envelope)
    await settled(bus)
    assert fast == speech()
    assert [waiting.get_nowait() for _ in range(waiting.qsize())] == speech()


async def test_a_hundred_readers_hear_the_same(bus: Bus) -> None:
    readers: list[list[Envelope]] = [[] for _ in range(100)]
    for reader in readers:
        await bus.subscribe("a", reader.append)
    for envelope in speech():
        await bus.publish(envelope)
    await settled(bus)
    assert readers == [speech()] * 100


async def test_an_event_arrives_as_it_was_said(bus: Bus) -> None:
    heard: list[Envelope] = []
    await bus.subscribe("a", heard.append)
    words = Token("run", "Zündschlüssel \u0000 😀 \ud7ff", 3)
    await bus.publish(Envelope("a", words, tenure=Tenure(4), place=2))
    await bus.publish(Envelope("a", ENDS[1], 12))
    await settled(bus)
    token, end = heard
    assert (token.event, token.place, token.tenure and token.tenure.epoch) == (words, 2, 4)
    assert end == Envelope("a", ENDS[1], 12)


async def test_what_was_said_in_a_conversation_that_is_gone_is_forgotten(bus: Bus) -> None:
    for about in ("a", "b"):
        await bus.publish(said(about, 0))
        await bus.publish(said(about, 1))
    await settled(bus)
    await bus.forget("a")
    await bus.forget("never there")
    assert await bus.live("a") is None
    assert await bus.live("b") is not None
