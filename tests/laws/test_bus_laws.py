"""What every bus promises, on each that there is."""

import asyncio
from collections.abc import Callable

import pytest

from orchestrator.bus import MOST_STEPS, Bus, Live
from orchestrator.buses.memory import MemoryBus
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
)

BUSES: dict[str, Callable[[], Bus]] = {"memory": MemoryBus}


@pytest.fixture(params=BUSES.values(), ids=BUSES)
def bus(request: pytest.FixtureRequest) -> Bus:
    return request.param()  # type: ignore[no-any-return]


def said(conversation: str, n: int) -> Envelope:
    return Envelope(conversation, Token("run", f"{n} ", n))


async def test_order_and_no_gap_for_every_reader(bus: Bus) -> None:
    early: list[Envelope] = []
    late: list[Envelope] = []
    await bus.subscribe("a", early.append)
    await bus.publish(said("a", 0))
    await bus.subscribe("a", late.append)
    for n in range(1, 50):
        await bus.publish(said("a", n))
    assert early == [said("a", n) for n in range(50)]
    assert late == early[1:]


async def test_conversations_are_apart(bus: Bus) -> None:
    heard: list[Envelope] = []
    await bus.subscribe("a", heard.append)
    await bus.publish(said("b", 1))
    assert heard == []


async def test_unsubscribing_ends_delivery_and_may_be_repeated(bus: Bus) -> None:
    heard: list[Envelope] = []
    stop = await bus.subscribe("a", heard.append)
    stop()
    stop()
    await bus.publish(said("a", 1))
    assert heard == []


async def test_a_reader_may_leave_while_it_is_told(bus: Bus) -> None:
    heard: list[Envelope] = []
    stops = [await bus.subscribe("a", lambda envelope: stops[0]()), await bus.subscribe("a", heard.append)]
    await bus.publish(said("a", 1))
    await bus.publish(said("a", 2))
    assert heard == [said("a", 1), said("a", 2)]


WORDS = [f"word{n} " for n in range(200)]


def speech(run_id: str = "run", words: list[str] = WORDS) -> list[Envelope]:
    """A run's pieces, each at its place."""
    offsets = [sum(map(len, words[:n])) for n in range(len(words))]
    return [Envelope("a", Token(run_id, word, offset)) for word, offset in zip(words, offsets, strict=True)]


async def test_an_active_run_can_be_taken_up_at_any_moment_without_a_gap(bus: Bus) -> None:
    """A reader that subscribes first and reads what was said second has it all, whenever it comes."""
    published = speech()
    texts = []

    async def join() -> None:
        heard: list[Envelope] = []
        stop = await bus.subscribe("a", heard.append)
        live = await bus.live("a")
        await done.wait()
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
    await bus.publish(Envelope("a", Progress("run", "starting", "...")))
    assert await bus.live("a") == Live("run", "", Progress("run", "starting", "..."))
    for envelope in speech(words=["It ", "has ", "85 kW."]):
        await bus.publish(envelope)
    await bus.publish(Envelope("a", Progress("run", "generating", "...")))
    assert await bus.live("a") == Live("run", "It has 85 kW.", Progress("run", "generating", "..."))
    assert await bus.live("b") is None


async def test_the_latest_steps_of_a_run_are_known(bus: Bus) -> None:
    steps = [Code("run", f"line {n}") for n in range(MOST_STEPS + 10)]
    for step in steps:
        await bus.publish(Envelope("a", step))
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
    await bus.publish(Envelope("a", Token("run", "It", 0)))
    await bus.publish(Envelope("a", end, 7))
    assert await bus.live("a") is None
    await bus.publish(Envelope("a", Token("run", "Again", 0)))
    live = await bus.live("a")
    assert live is not None
    assert live.text == "Again"


async def test_the_end_of_another_run_changes_nothing(bus: Bus) -> None:
    await bus.publish(Envelope("a", Token("run", "It", 0)))
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
    assert fast == speech()
    assert [waiting.get_nowait() for _ in range(waiting.qsize())] == speech()


async def test_a_hundred_readers_hear_the_same(bus: Bus) -> None:
    readers: list[list[Envelope]] = [[] for _ in range(100)]
    for reader in readers:
        await bus.subscribe("a", reader.append)
    for envelope in speech():
        await bus.publish(envelope)
    assert readers == [speech()] * 100
