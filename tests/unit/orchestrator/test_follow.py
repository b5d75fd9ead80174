"""A reader over a bus that loses things, as one between processes does: there is never a hole in what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal

import pytest

from orchestrator.bus import Deliver, Lapsed, Live
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Resume, Send
from orchestrator.events import Accepted, AnyEvent, Completed, Envelope, Progress, Token
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.stores.sql import SqlStore
from tests.unit.orchestrator.reader import Reader
from tests.unit.orchestrator.test_engine import Script, script, store

__all__ = ["script", "store"]
ANNA = Caller("anna")
HOW_STRONG = Send("How strong?", "s", client_message_id="m")


class LossyBus(MemoryBus):
    """Delivers nothing while `deaf`, and keeps what is `withheld` in `late`. `looked` is set when somebody has read
    what is live, who is told when `answered` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.deaf = False
        self.unreachable = False
        self.withheld: type[AnyEvent] | None = None
        self.late: list[Envelope] = []
        self.lapse: list[Lapsed] = []
        self.looked = asyncio.Event()
        self.answered = asyncio.Event()
        self.answered.set()

    def deliver(self, envelope: Envelope) -> None:
        if self.withheld is not None and isinstance(envelope.event, self.withheld):
            self.late.append(envelope)
        elif not self.deaf:
            super().deliver(envelope)

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        if lapsed is not None:
            self.lapse.append(lapsed)
        return await super().subscribe(conversation_id, deliver, lapsed)

    async def live(self, conversation_id: str) -> Live | None:
        live = None if self.unreachable else await super().live(conversation_id)
        self.looked.set()
        await self.answered.wait()
        return live


@pytest.fixture
def bus() -> LossyBus:
    return LossyBus()


@pytest.fixture
async def engine(store: SqlStore, script: Script, bus: LossyBus) -> AsyncIterator[Engine]:
    running = Engine(store, bus, script, Budgets(run_s=5, drain_s=1))
    yield running
    await running.close()


def without_holes(reader: Reader) -> str:
    """What a client shows in the end. Raises AssertionError where it is told a piece whose beginning it has not."""
    text = ""
    for envelope in reader.seen:
        event = envelope.event
        if isinstance(event, Token):
            assert event.offset <= len(text), f"a hole after {text!r}: {event}"
            text = text[: event.offset] + event.text
        if isinstance(event, Completed):
            assert event.response.startswith(text)
            text = event.response
    return text


async def said(bus: LossyBus, reader: Reader, text: str) -> None:
    """Until the run has said so much, whoever heard it."""
    about = reader.seen[0].conversation_id
    async with asyncio.timeout(5):
        while (live := await MemoryBus.live(bus, about)) is None or live.text != text:
            await asyncio.sleep(0.001)


class Turnstile(asyncio.Event):
    """Lets as many words through as it was told to."""

    def __init__(self) -> None:
        super().__init__()
        self._passes = asyncio.Semaphore(0)

    def let(self, words: int) -> None:
        for _ in range(words):
            self._passes.release()

    async def wait(self) -> Literal[True]:
        return await self._passes.acquire()


@pytest.fixture
def words(script: Script) -> Turnstile:
    """Between the second word and the third, and the third and the fourth."""
    script.pause_before = 2
    script.gate = Turnstile()
    return script.gate


async def asked(engine: Engine, bus: LossyBus) -> Reader:
    """A reader of an answer that has said two of its words."""
    reader = Reader(engine)
    await reader.follower.send(ANNA, HOW_STRONG)
    await reader.next(Accepted)
    await said(bus, reader, "It has ")
    return reader


async def test_what_was_lost_in_the_middle_is_told_with_the_next_word(
    engine: Engine, words: Turnstile, bus: LossyBus
) -> None:
    reader = await asked(engine, bus)
    bus.deaf = True
    words.let(1)
    await said(bus, reader, "It has 85 ")
    bus.deaf = False
    words.let(1)
    await reader.end()
    assert without_holes(reader) == "It has 85 kW."


async def test_nothing_is_told_behind_a_hole_that_cannot_be_filled(
    engine: Engine, words: Turnstile, bus: LossyBus
) -> None:
    """What was said cannot be asked for: the reader waits for the whole answer."""
    reader = await asked(engine, bus)
    bus.deaf = bus.unreachable = True
    words.let(1)
    await said(bus, reader, "It has 85 ")
    bus.deaf = False
    words.let(1)
    await reader.end()
    assert without_holes(reader) == "It has 85 kW."


async def test_a_lapse_while_the_reader_looks_is_looked_into_afterwards(
    engine: Engine, words: Turnstile, bus: LossyBus
) -> None:
    reader = await asked(engine, bus)
    bus.answered.clear()
    bus.looked.clear()
    bus.lapse[-1]()
    await bus.looked.wait()
    bus.deaf = True
    words.let(2)
    async with asyncio.timeout(5):
        while engine.running:
            await asyncio.sleep(0.001)
    bus.lapse[-1]()
    bus.answered.set()
    await reader.end()
    assert without_holes(reader) == "It has 85 kW."


async def test_the_first_words_come_while_the_reader_is_told_that_there_are_none(
    engine: Engine, script: Script, bus: LossyBus
) -> None:  # fmt: skip
    await engine.ask(ANNA, Send("Before.", "s"))
    reader = Reader(engine)
    bus.answered.clear()
    bus.looked.clear()
    joining = asyncio.ensure_future(reader.follower.resume(ANNA, Resume("s")))
    await bus.looked.wait()
    script.pause_before = 3
    script.gate = words = Turnstile()
    await engine.send(ANNA, Send("How strong?", "s"))
    await said(bus, reader, "It has 85 ")
    bus.answered.set()
    await joining
    words.let(1)
    run_id = script.seen[-1].run_id
    await reader.until(lambda envelope: isinstance(envelope.event, Completed) and envelope.event.run_id == run_id)
    own = Reader(engine)
    own.seen = [envelope for envelope in reader.seen if getattr(envelope.event, "run_id", None) == run_id]
    assert without_holes(own) == "It has 85 kW."
    assert [envelope.event.text for envelope in own.seen if isinstance(envelope.event, Token)] == script.words


@pytest.mark.parametrize("joined", [True, False], ids=["joined", "has asked"])
async def test_what_a_run_says_comes_behind_its_acceptance_also_where_that_comes_late(
    engine: Engine, script: Script, bus: LossyBus, joined: bool
) -> None:
    """Another process tells the acceptance, and the one that answers may be quicker."""
    reader = Reader(engine)
    if joined:
        await engine.ask(ANNA, Send("Before.", "s"))
        await reader.follower.resume(ANNA, Resume("s"))
    else:
        await reader.follower.send(ANNA, Send("Before.", "s"))
        await reader.end()
    script.pause_before = 1
    script.gate = words = Turnstile()
    bus.withheld = Accepted
    await engine.send(ANNA, Send("How strong?", "s"))
    await said(bus, reader, "It ")
    bus.withheld = None
    MemoryBus.deliver(bus, bus.late[0])
    words.let(3)
    run_id = script.seen[-1].run_id
    await reader.until(lambda envelope: isinstance(envelope.event, Completed) and envelope.event.run_id == run_id)
    own = Reader(engine)
    own.seen = [envelope for envelope in reader.seen if run_id in (_about(envelope), _asked(envelope))]
    assert [_asked(envelope) for envelope in own.seen].count(run_id) == 1
    assert _asked(own.seen[0]) == run_id
    assert without_holes(own) == "It has 85 kW."
    assert sum(isinstance(envelope.event, Progress) for envelope in own.seen) == 1


async def test_a_message_that_was_sent_before_is_acknowledged_before_its_run_is_heard(
    engine: Engine, words: Turnstile, bus: LossyBus
) -> None:
    """The socket that sent it was cut off, and on the next one its run is heard before the message is sent again."""
    before = await asked(engine, bus)
    reader = Reader(engine)
    await reader.follower.follow(before.seen[0].conversation_id)
    words.let(1)
    await said(bus, before, "It has 85 ")
    assert reader.seen == []
    await reader.follower.send(ANNA, HOW_STRONG)
    words.let(1)
    await reader.end()
    assert _asked(reader.seen[0]) == _about(reader.seen[-1])
    assert without_holes(reader) == "It has 85 kW."


def _about(envelope: Envelope) -> str | None:
    return getattr(envelope.event, "run_id", None)


def _asked(envelope: Envelope) -> str | None:
    return envelope.event.turn_id if isinstance(envelope.event, Accepted) else None
