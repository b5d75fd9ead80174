"""The engine over a real store and bus, with a scripted run in the graph's place."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from agents.answerer import AnswerFailed
from api.migrate import migrate
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Cancel, Resume, Send
from orchestrator.engine import Budgets, Engine
from orchestrator.errors import NotFound, RunNotActive, ShuttingDown
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Completed,
    Envelope,
    Failed,
    Progress,
    Resumed,
    RunRestarted,
    Terminal,
    Timing,
    Token,
    UsageFigures,
)
from orchestrator.follow import Follower
from orchestrator.run import RunInput
from orchestrator.stores.database import open_database
from orchestrator.stores.sql import SqlStore

ANNA = Caller("anna")
Learn = Callable[[Mapping[str, str]], None]


class Script:
    """A run that says what it is told to: words as tokens, with a gate before each from `pause_before` on."""

    def __init__(self) -> None:
        self.words = ["It ", "has ", "85 ", "kW."]
        self.pause_before = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.closed = 0
        self.seen: list[RunInput] = []

    async def __call__(self, run: RunInput, learn: Learn) -> AsyncGenerator[AnyEvent]:
        self.seen.append(run)
        text = ""
        try:
            yield Progress(run.run_id, "starting", "…")
            for n, word in enumerate(self.words):
                if n >= self.pause_before:
                    await self.gate.wait()
                yield Token(run.run_id, word, len(text))
                text += word
            if self.error:
                raise self.error
            learn({"model": "Wren"})
            yield Completed(
                run.run_id, run.session_id, f"answer-{run.run_id}", text, "specs", (), 0.9, (), (), UsageFigures(),
                Timing(1, 2), "offline",
            )  # fmt: skip
        finally:
            self.closed += 1


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    database = open_database(f"sqlite:///{tmp_path / 'engine.db'}")
    migrate(database)
    opened = SqlStore(database)
    yield opened
    await opened.close()


@pytest.fixture
async def engine(store: SqlStore, script: Script) -> AsyncIterator[Engine]:
    running = Engine(store, MemoryBus(), script, Budgets(run_s=5, drain_s=1))
    yield running
    await running.close()


class Reader:
    def __init__(self, engine: Engine) -> None:
        self.seen: list[Envelope] = []
        self.follower = Follower(engine, self._take)
        self._arrived = asyncio.Event()

    def _take(self, envelope: Envelope) -> None:
        self.seen.append(envelope)
        self._arrived.set()

    async def until(self, wanted: Callable[[AnyEvent], bool]) -> AnyEvent:
        async with asyncio.timeout(5):
            while True:
                for envelope in self.seen:
                    if wanted(envelope.event):
                        return envelope.event
                self._arrived.clear()
                await self._arrived.wait()

    async def end(self) -> AnyEvent:
        return await self.until(lambda event: isinstance(event, Terminal))

    @property
    def text(self) -> str:
        text = ""
        for envelope in self.seen:
            if isinstance(envelope.event, Token):
                text = text[: envelope.event.offset] + envelope.event.text
        return text


async def test_accepted_before_anything_else_and_committed_before_told(engine: Engine, script: Script) -> None:
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("How strong?", "s"))
    end = await reader.end()
    assert isinstance(end, Completed)
    assert [type(envelope.event).__name__ for envelope in reader.seen] == [
        "Accepted", "Progress", "Token", "Token", "Token", "Token", "Completed",
    ]  # fmt: skip
    assert end.response == reader.text == "It has 85 kW."
    stored = await engine.store.events(reader.seen[0].conversation_id, 0)
    assert stored == [envelope for envelope in reader.seen if envelope.seq]
    assert script.seen[0].question.text == "How strong?"


async def test_facts_and_history_reach_the_next_run(engine: Engine, script: Script) -> None:
    await engine.answer(ANNA, Send("one", "s"))
    await engine.answer(ANNA, Send("two", "s"))
    assert script.seen[1].question.facts == {"model": "Wren"}
    assert [turn.text for turn in script.seen[1].question.history] == ["one", "It has 85 kW."]


async def test_messages_of_one_conversation_queue(engine: Engine, script: Script) -> None:
    script.gate.clear()
    answers = [asyncio.create_task(engine.answer(ANNA, Send(f"q{n}", "s"))) for n in range(3)]
    async with asyncio.timeout(5):
        while len(await engine.store.messages(ANNA, "s") if script.seen else []) < 3:
            await asyncio.sleep(0)
    assert engine.running == 1
    script.gate.set()
    assert all(isinstance(envelope.event, Completed) for envelope in await asyncio.gather(*answers))
    assert sorted(run.question.text for run in script.seen) == ["q0", "q1", "q2"]


@pytest.mark.parametrize("tokens", range(5))
async def test_cancel_at_any_moment(engine: Engine, script: Script, tokens: int) -> None:
    script.words = ["word "] * 5
    script.pause_before = tokens
    script.gate.clear()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("How strong?", "s"))
    wanted = Progress if not tokens else Token
    await reader.until(lambda event: isinstance(event, wanted) and len(reader.text) == 5 * tokens)
    await engine.cancel(ANNA, Cancel(session_id="s"))
    end = await reader.end()
    assert isinstance(end, Cancelled)
    assert end.partial_response == reader.text
    assert script.closed == 1
    script.gate.set()
    assert isinstance((await engine.answer(ANNA, Send("next", "s"))).event, Completed)
    with pytest.raises(RunNotActive):
        await engine.cancel(ANNA, Cancel(run_id=end.run_id))


async def test_cancel_of_a_waiting_message_and_of_another_user(engine: Engine, script: Script) -> None:
    script.gate.clear()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("first", "s"))
    second = await engine.send(ANNA, Send("second", "s"))
    with pytest.raises(NotFound):
        await engine.cancel(Caller("ben"), Cancel(run_id=second.accepted.run_id))
    await engine.cancel(ANNA, Cancel(run_id=second.accepted.run_id))
    assert isinstance(await reader.end(), Cancelled)
    script.gate.set()
    assert isinstance(await reader.until(lambda event: isinstance(event, Completed)), Completed)
    assert len(script.seen) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AnswerFailed("LLM_STALLED", "secret detail"), "LLM_STALLED"),
        (RecursionError("graph"), "STEP_LIMIT"),
        (ValueError("secret detail"), "INTERNAL"),
    ],
)
async def test_a_failure_is_told_once_and_says_nothing_secret(
    engine: Engine, script: Script, error: Exception, reason: str
) -> None:
    script.error = error
    end = (await engine.answer(ANNA, Send("q", "s"))).event
    assert isinstance(end, Failed)
    assert end.reason == reason
    assert "secret" not in end.error
    script.error = None
    assert isinstance((await engine.answer(ANNA, Send("q", "s"))).event, Completed)


async def test_a_run_that_takes_too_long(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    engine = Engine(store, MemoryBus(), script, Budgets(run_s=0.05))
    end = (await engine.answer(ANNA, Send("q", "s"))).event
    assert isinstance(end, Failed)
    assert end.reason == "RUN_TIMEOUT"
    await engine.close(0)


async def test_resume_in_the_middle_misses_nothing(engine: Engine, script: Script) -> None:
    first, second = Reader(engine), Reader(engine)
    script.gate.clear()
    await first.follower.send(ANNA, Send("How strong?", "s"))
    await first.until(lambda event: isinstance(event, Progress))
    await second.follower.resume(ANNA, Resume("s", 0))
    assert isinstance(second.seen[0].event, Resumed)
    script.gate.set()
    assert await second.end() == await first.end()
    assert second.text == first.text
    assert [e.seq for e in second.seen if e.seq] == [e.seq for e in first.seen if e.seq]
    third = Reader(engine)
    await third.follower.resume(ANNA, Resume("s", 999))
    assert [e.seq for e in third.seen if e.seq] == [1, 2]
    with pytest.raises(NotFound):
        await third.follower.resume(Caller("ben"), Resume("s", 0))


async def test_the_same_message_attaches_to_its_run(engine: Engine, script: Script) -> None:
    script.gate.clear()
    first, again = Reader(engine), Reader(engine)
    await first.follower.send(ANNA, Send("q", "s", "m1"))
    await again.follower.send(ANNA, Send("q", "s", "m1"))
    script.gate.set()
    assert await again.end() == await first.end()
    assert again.text == first.text
    assert len(script.seen) == 1


async def test_stopping_hands_back_and_the_next_process_answers(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    engine = Engine(store, MemoryBus(), script)
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("q", "s"))
    await reader.until(lambda event: isinstance(event, Progress))
    await engine.close(0.01)
    with pytest.raises(ShuttingDown):
        await engine.send(ANNA, Send("late", "s"))
    assert not any(isinstance(envelope.event, Terminal) for envelope in reader.seen)

    script.gate.set()
    next_engine = Engine(store, MemoryBus(), script)
    later = Reader(next_engine)
    await later.follower.resume(ANNA, Resume("s", 0))
    await next_engine.recover()
    end = await later.end()
    assert isinstance(end, Completed)
    assert any(isinstance(envelope.event, RunRestarted) for envelope in later.seen)
    await next_engine.close()


async def test_a_run_lost_twice_is_given_up(store: SqlStore, script: Script) -> None:
    receipt = await store.accept(ANNA, Send("q", "s"))
    conversation = receipt.envelope.conversation_id
    await store.begin(conversation)
    await store.requeue(receipt.accepted.run_id)
    await store.begin(conversation)
    engine = Engine(store, MemoryBus(), script)
    await engine.recover()
    last = (await store.events(conversation, 0))[-1].event
    assert isinstance(last, Failed)
    assert last.reason == "INTERRUPTED"
    assert not script.seen
    await engine.close()
