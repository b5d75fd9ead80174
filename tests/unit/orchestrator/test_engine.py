"""The engine over a real store and bus, with a scripted run in the graph's place."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from agents.answerer import AnswerFailed
from agents.specialist import Specialist, channel
from agents.types import Turn, Wishes
from orchestrator.bus import Live
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Cancel, Delete, Read, Resume, Send, Type
from orchestrator.errors import NotFound, Overloaded, RunNotActive, ShuttingDown, StorageUnavailable, UnknownAgent
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Cancelled,
    Code,
    Completed,
    Deleted,
    Envelope,
    Failed,
    Progress,
    Resumed,
    Routed,
    RunRestarted,
    Seen,
    Terminal,
    Timing,
    Token,
    Typing,
    UsageFigures,
)
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import PAGE, Follower
from orchestrator.execution.runs import Budgets
from orchestrator.run import Desk, Memory, RunInput
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate
from tests.unit.orchestrator.reader import Reader

ANNA = Caller("anna")
T = TypeVar("T")


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

    async def __call__(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
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
            desk.memory = Memory({"model": "Wren"})
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


async def test_accepted_before_anything_else_and_committed_before_told(engine: Engine, script: Script) -> None:
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("How strong?", "s"))
    end = await reader.end()
    assert isinstance(end, Completed)
    assert [type(envelope.event).__name__ for envelope in reader.seen] == [
        "Accepted", "Progress", "Token", "Token", "Token", "Token", "Completed",
    ]  # fmt: skip
    assert end.response == reader.text() == "It has 85 kW."
    stored = await engine.store.events(reader.seen[0].conversation_id, 0)
    assert stored == [envelope for envelope in reader.seen if envelope.seq]
    assert script.seen[0].question.text == "How strong?"


async def test_facts_and_history_reach_the_next_run(engine: Engine, script: Script) -> None:
    await engine.ask(ANNA, Send("one", "s"))
    await engine.ask(ANNA, Send("two", "s"))
    assert script.seen[1].question.facts == {"model": "Wren"}
    assert [turn.text for turn in script.seen[1].question.history] == ["one", "It has 85 kW."]


async def test_a_told_history_stands_for_the_stored_one(engine: Engine, script: Script) -> None:
    await engine.ask(ANNA, Send("one", "s"))
    told = (Turn("customer", "Is it red?"), Turn("assistant", "Yes."))
    await engine.ask(ANNA, Send("two", "s", wishes=Wishes(history=told)))
    assert script.seen[1].question.history == told


async def test_a_run_may_have_a_shorter_deadline(engine: Engine, script: Script) -> None:
    script.gate.clear()
    end = (await engine.ask(ANNA, Send("one", "s", wishes=Wishes(seconds=0.05)))).event
    assert isinstance(end, Failed)
    assert end.reason == "RUN_TIMEOUT"


async def test_an_agent_that_is_not_open_to_the_caller_is_refused_with_the_list(
    store: SqlStore, script: Script
) -> None:
    def one(name: str, *audience: str) -> Specialist:
        return Specialist(name, name, "", (), (), "", frozenset(audience))

    catalogue = (one("analyst", "staff", channel("analysis")), one("specs", "staff", "customer"))
    engine = Engine(store, MemoryBus(), script, catalogue=catalogue)
    with pytest.raises(UnknownAgent, match="no such agent") as caught:
        await engine.send(ANNA, Send("one", "s", wishes=Wishes("analyst")))
    assert caught.value.text == "There is no such agent. These can answer: specs."
    await engine.ask(ANNA, Send("one", "s", wishes=Wishes("analyst", "analysis")))
    await engine.ask(Caller("bea", "staff"), Send("one", "s", wishes=Wishes("analyst")))
    assert [run.question.wishes.agent for run in script.seen] == ["analyst", "analyst"]
    await engine.close()


async def test_a_reader_that_comes_later_gets_the_steps_so_far_once(engine: Engine, script: Script) -> None:
    script.gate.clear()
    first = Reader(engine)
    await first.follower.send(ANNA, Send("one", "s"))
    await first.until(lambda envelope: isinstance(envelope.event, Progress))
    conversation, run_id = first.seen[0].conversation_id, script.seen[0].run_id
    early, late = Code(run_id, "SELECT"), Code(run_id, " 1")
    await engine.bus.publish(Envelope(conversation, early))
    second = Reader(engine)
    resuming = asyncio.ensure_future(second.follower.resume(ANNA, Resume("s", 0)))
    await asyncio.sleep(0)
    await engine.bus.publish(Envelope(conversation, late))
    await resuming
    script.gate.set()
    await second.end()
    assert [envelope.event for envelope in second.seen if isinstance(envelope.event, Code)] == [early, late]


async def test_a_reader_goes_on_from_where_the_caller_has_read(engine: Engine, store: SqlStore) -> None:
    await engine.ask(ANNA, Send("one", "s"))
    head = (await store.marks(await store.conversation(ANNA, "s"))).head
    await engine.read(ANNA, Read("s", head))
    await engine.ask(ANNA, Send("two", "s"))
    reader = Reader(engine)
    await reader.follower.resume(ANNA, Resume("s", None))
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == [head + 1, head + 2]


async def test_a_place_counts_only_where_it_certainly_is_one(engine: Engine, store: SqlStore) -> None:
    """Those who were in a conversation that is deleted get all of the next one of its name."""

    async def goes_on(after: int | None, epoch: str | None) -> tuple[int, list[int]]:
        reader = Reader(engine)
        await reader.follower.resume(ANNA, Resume("s", after, epoch))
        resumed = reader.seen[0].event
        assert isinstance(resumed, Resumed)
        assert reader.seen[0].conversation_id == await store.conversation(ANNA, "s")
        reader.follower.close()
        return resumed.after, [envelope.seq for envelope in reader.seen if envelope.seq]

    first = (await engine.ask(ANNA, Send("one", "s"))).conversation_id
    assert await goes_on(1, None) == await goes_on(1, first) == (1, [2])
    assert await goes_on(3, None) == await goes_on(3, first) == await goes_on(1, "another") == (0, [1, 2])
    await engine.read(ANNA, Read("s", 2))
    await engine.delete(ANNA, "s")
    second = (await engine.ask(ANNA, Send("one", "s"))).conversation_id
    assert await goes_on(1, second) == (1, [2])
    assert await goes_on(1, None) == await goes_on(1, first) == await goes_on(None, None) == (0, [1, 2])
    gone = Reader(engine)
    with pytest.raises(NotFound):
        await gone.follower.join(first, "s", 1)
    await gone.follower.join(second, "s", 1)
    assert [envelope.seq for envelope in gone.seen if envelope.seq] == [2]


async def test_messages_of_one_conversation_queue(engine: Engine, script: Script) -> None:
    script.gate.clear()
    answers = [asyncio.create_task(engine.ask(ANNA, Send(f"q{n}", "s"))) for n in range(3)]
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
    await reader.until(lambda envelope: isinstance(envelope.event, wanted) and len(reader.text()) == 5 * tokens)
    await engine.cancel(ANNA, Cancel(session_id="s"))
    end = await reader.end()
    assert isinstance(end, Cancelled)
    assert end.partial_response == reader.text()
    assert script.closed == 1
    script.gate.set()
    assert isinstance((await engine.ask(ANNA, Send("next", "s"))).event, Completed)
    with pytest.raises(RunNotActive):
        await engine.cancel(ANNA, Cancel(run_id=end.run_id))


async def test_where_nothing_was_asked_there_is_nothing_to_stop(engine: Engine) -> None:
    with pytest.raises(RunNotActive):
        await engine.cancel(ANNA, Cancel(session_id="nothing was said in it"))


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
    assert isinstance(await reader.next(Completed), Completed)
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
    end = (await engine.ask(ANNA, Send("q", "s"))).event
    assert isinstance(end, Failed)
    assert end.reason == reason
    assert "secret" not in end.error
    script.error = None
    assert isinstance((await engine.ask(ANNA, Send("q", "s"))).event, Completed)


async def test_a_run_that_takes_too_long(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    engine = Engine(store, MemoryBus(), script, Budgets(run_s=0.05))
    end = (await engine.ask(ANNA, Send("q", "s"))).event
    assert isinstance(end, Failed)
    assert end.reason == "RUN_TIMEOUT"
    await engine.close(0)


async def test_resume_in_the_middle_misses_nothing(engine: Engine, script: Script) -> None:
    first, second = Reader(engine), Reader(engine)
    script.gate.clear()
    await first.follower.send(ANNA, Send("How strong?", "s"))
    await first.next(Progress, after=-1)
    await second.follower.resume(ANNA, Resume("s", 0))
    assert isinstance(second.seen[0].event, Resumed)
    script.gate.set()
    assert await second.end() == await first.end()
    assert second.text() == first.text()
    assert [e.seq for e in second.seen if e.seq] == [e.seq for e in first.seen if e.seq]
    third = Reader(engine)
    await third.follower.resume(ANNA, Resume("s", 999))
    assert third.seen[0].event == Resumed("s", 0, 2)
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
    assert again.text() == first.text()
    assert len(script.seen) == 1


async def test_stopping_hands_back_and_the_next_process_answers(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    engine = Engine(store, MemoryBus(), script)
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("q", "s"))
    await reader.next(Progress, after=-1)
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
    receipt = await store.accept(ANNA, Send("q", "s"), lambda text, request: None)
    conversation = receipt.envelope.conversation_id
    await store.begin(conversation)
    await store.requeue(receipt.accepted.run_id, crashed=True)
    await store.begin(conversation)
    engine = Engine(store, MemoryBus(), script)
    await engine.recover()
    last = (await store.events(conversation, 0))[-1].event
    assert isinstance(last, Failed)
    assert last.reason == "INTERRUPTED"
    assert not script.seen
    await engine.close()


async def test_runs_beyond_the_budget_wait_their_turn_and_new_ones_are_refused(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    for n in range(5):
        await store.accept(ANNA, Send("q", f"s{n}"), lambda text, request: None)
    engine = Engine(store, MemoryBus(), script, Budgets(runs=2))
    readers = [Reader(engine) for _ in range(5)]
    for n, reader in enumerate(readers):
        await reader.follower.resume(ANNA, Resume(f"s{n}", 0))
    await engine.recover()
    await asyncio.wait([asyncio.ensure_future(reader.next(Progress, after=-1)) for reader in readers[:2]])
    assert engine.running == 2
    with pytest.raises(Overloaded):
        await engine.send(ANNA, Send("q", "another"))
    script.gate.set()
    assert all([isinstance(await reader.end(), Completed) for reader in readers])
    assert isinstance((await engine.ask(ANNA, Send("q", "another"))).event, Completed)
    await engine.close()


async def test_a_question_that_waits_when_the_server_stops_is_told(store: SqlStore, script: Script) -> None:
    script.gate.clear()
    engine = Engine(store, MemoryBus(), script)
    asking = asyncio.ensure_future(engine.ask(ANNA, Send("q", "s", "m1")))
    while not script.seen:
        await asyncio.sleep(0)
    await engine.close(0)
    with pytest.raises(ShuttingDown):
        await asking
    script.gate.set()
    later = Engine(store, MemoryBus(), script)
    await later.recover()
    assert isinstance((await later.ask(ANNA, Send("q", "s", "m1"))).event, Completed)
    assert len(await store.messages(ANNA, "s")) == 2
    await later.close()


async def test_a_message_taken_back_stops_its_run(engine: Engine, script: Script) -> None:
    script.gate.clear()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("my secret", "s"))
    await reader.next(Progress, after=-1)
    accepted = reader.seen[0].event
    assert isinstance(accepted, Accepted)
    with pytest.raises(NotFound):
        await engine.delete_message(Caller("ben"), Delete(accepted.message_id))
    await engine.delete_message(ANNA, Delete(accepted.message_id))
    assert isinstance(await reader.end(), Cancelled)
    assert await reader.next(Deleted) == Deleted(accepted.message_id, accepted.run_id)
    script.gate.set()
    assert isinstance((await engine.ask(ANNA, Send("next", "s"))).event, Completed)
    assert script.seen[-1].question.history == ()


async def test_typing_and_reading_are_told_to_those_who_follow(engine: Engine) -> None:
    await engine.ask(ANNA, Send("q", "s"))
    reader = Reader(engine)
    await reader.follower.resume(ANNA, Resume("s", 0))
    await engine.typing(ANNA, Type("s"))
    await engine.read(ANNA, Read("s", 2))
    assert [envelope.event for envelope in reader.seen[-2:]] == [Typing(), Seen(2)]
    for asked in (engine.typing(Caller("ben"), Type("s")), engine.read(Caller("ben"), Read("s", 1))):
        with pytest.raises(NotFound):
            await asked


async def test_a_run_waits_for_a_store_that_is_away(engine: Engine, script: Script) -> None:
    """Nothing is told before it is committed, and nothing is lost meanwhile."""
    away = asyncio.Event()
    commit = engine.store.finish

    async def finish(*arguments: object) -> Envelope | None:
        if not away.is_set():
            away.set()
            raise StorageUnavailable
        return await commit(*arguments)  # type: ignore[arg-type]

    engine.store.finish = finish  # type: ignore[method-assign]
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("q", "s"))
    assert isinstance(await reader.end(), Completed)
    assert away.is_set()
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == [1, 2]


async def test_a_reader_between_two_runs_misses_neither(engine: Engine, script: Script) -> None:
    """Events that are published while history is read come after it, whichever run they belong to."""
    await engine.ask(ANNA, Send("one", "s"))
    reader = Reader(engine)
    read = engine.store.events

    async def slowly(conversation_id: str, after: int, most: int | None = None) -> Sequence[Envelope]:
        found = await read(conversation_id, after, most)
        await engine.ask(ANNA, Send("two", "s"))
        script.gate.clear()
        script.pause_before = 2
        await engine.send(ANNA, Send("three", "s"))
        while len(script.seen) < 3 or "has" not in str((await engine.bus.live(conversation_id) or Live("")).text):
            await asyncio.sleep(0)
        return found

    engine.store.events = slowly  # type: ignore[method-assign]
    await reader.follower.resume(ANNA, Resume("s", 0))
    script.gate.set()
    last = await reader.until(lambda envelope: isinstance(envelope.event, Completed) and (envelope.seq or 0) == 6)
    assert isinstance(last, Completed)
    assert reader.text(last.run_id) == last.response == "It has 85 kW."
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == [1, 2, 3, 4, 5, 6]


async def test_an_accepted_message_is_answered_though_its_sender_left_at_once(engine: Engine, script: Script) -> None:
    watching, leaving = Reader(engine), Reader(engine)
    await watching.follower.send(ANNA, Send("one", "s"))
    await watching.end()
    for delay in range(12):
        sending = asyncio.ensure_future(leaving.follower.send(ANNA, Send(f"left {delay}", "s")))
        for _ in range(25 * delay):
            await asyncio.sleep(0)
        sending.cancel()
        leaving.follower.close()
        await asyncio.wait([sending])
        leaving = Reader(engine)
        sent = await engine.send(ANNA, Send("next", "s"))
        await watching.until(lambda envelope, run=sent.accepted.run_id: ends(envelope, run))  # type: ignore[misc]
    questions = [message for message in await engine.store.messages(ANNA, "s") if message.role == "customer"]
    assert len(script.seen) == len(questions)
    assert [envelope.seq for envelope in watching.seen if envelope.seq] == list(range(1, watching.head + 1))


def ends(envelope: Envelope, run_id: str) -> bool:
    return isinstance(envelope.event, Terminal) and envelope.event.run_id == run_id


async def test_a_long_history_comes_as_the_reader_has_room(engine: Engine, store: SqlStore) -> None:
    first = await engine.ask(ANNA, Send("q", "s"))
    conversation = first.conversation_id
    receipt = await store.accept(ANNA, Send("q2", "s"), lambda text, request: None)
    await store.begin(conversation)
    for _ in range(2 * PAGE):
        await store.append(conversation, receipt.accepted.run_id, Routed(receipt.accepted.run_id, ()))
    waited: list[int] = []

    async def room() -> None:
        waited.append(len([envelope for envelope in seen if envelope.seq]))

    seen: list[Envelope] = []
    follower = Follower(engine, seen.append, room)
    await follower.resume(ANNA, Resume("s", 0))
    assert [envelope.seq for envelope in seen if envelope.seq] == list(range(1, 2 * PAGE + 4))
    assert waited == list(range(2 * PAGE + 3)), "before each event of history"


class AtOnce(SqlStore):
    """A store whose transactions take no time on the loop, so that what follows can be placed at any step of it."""

    async def _run(self, pool: object, transaction: Callable[[], T]) -> T:  # type: ignore[override]
        return transaction()


@pytest.mark.parametrize("closing", [False, True])
async def test_cancel_and_close_at_every_step_of_the_loop(tmp_path: Path, script: Script, closing: bool) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'engine.db'}")
    migrate(database)
    store = AtOnce(database)

    async def stop(engine: Engine, session: str, steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        if closing:
            await engine.close(0)
        else:
            with contextlib.suppress(RunNotActive, NotFound):
                await engine.cancel(ANNA, Cancel(session_id=session))

    for steps in range(40):
        session = f"s{steps}"
        engine = Engine(store, MemoryBus(), script)
        async with asyncio.timeout(5):
            stopping = asyncio.ensure_future(stop(engine, session, steps))
            with contextlib.suppress(ShuttingDown):
                await engine.send(ANNA, Send("q", session))
            await stopping
            if not closing:
                assert isinstance((await engine.ask(ANNA, Send("next", session))).event, Completed)
                await engine.close(0)
        assert all((lost.status, lost.crashes) == ("waiting", 0) for lost in await store.unfinished())
    await store.close()


@pytest.mark.parametrize("again", [False, True])
async def test_an_end_that_is_committed_and_not_yet_published_is_told_once(
    engine: Engine, script: Script, again: bool
) -> None:
    """Whoever reads history between the two has the end from there; neither the text nor the end may follow it."""
    committed, publish = asyncio.Event(), asyncio.Event()
    finish = engine.store.finish

    async def late(*arguments: object) -> Envelope | None:
        envelope = await finish(*arguments)  # type: ignore[arg-type]
        committed.set()
        await publish.wait()
        return envelope

    engine.store.finish = late  # type: ignore[method-assign]
    first, second = Reader(engine), Reader(engine)
    await first.follower.send(ANNA, Send("q", "s", "m1"))
    await committed.wait()
    if again:
        await second.follower.send(ANNA, Send("q", "s", "m1"))
    else:
        await second.follower.resume(ANNA, Resume("s", 0))
    publish.set()
    await first.end()
    engine.store.finish = finish  # type: ignore[method-assign]
    await engine.ask(ANNA, Send("next", "s"))
    assert [type(e.event).__name__ for e in second.seen if e.seq and e.seq <= 2] == ["Accepted", "Completed"]
    assert [e.seq for e in second.seen if e.seq] == [1, 2, 3, 4]
    end = next(place for place, e in enumerate(second.seen) if isinstance(e.event, Completed))
    assert not any(isinstance(e.event, Token | Progress) for e in second.seen[:end])
    assert second.text(second.seen[-1].event.run_id) == "It has 85 kW."  # type: ignore[union-attr]


class LossyBus(MemoryBus):
    """Loses what is published while it is `down`, and says so when it is up again."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.lapsed: list[Callable[[], None]] = []

    async def publish(self, envelope: Envelope) -> None:
        if not self.down:
            await super().publish(envelope)

    async def subscribe(
        self, conversation_id: str, deliver: Callable[[Envelope], None], lapsed: Callable[[], None] | None = None
    ) -> Callable[[], None]:
        if lapsed is not None:
            self.lapsed.append(lapsed)
        return await super().subscribe(conversation_id, deliver, lapsed)

    def up(self) -> None:
        self.down = False
        for tell in self.lapsed:
            tell()


@pytest.mark.parametrize("lost", ["all", "middle", "end"])
async def test_what_a_bus_has_lost_comes_from_the_store(store: SqlStore, script: Script, lost: str) -> None:
    bus = LossyBus()
    engine = Engine(store, bus, script)
    reader = Reader(engine)
    script.pause_before = 2
    script.gate.clear()
    bus.down = lost == "all"
    await reader.follower.send(ANNA, Send("q", "s"))
    while not script.seen:
        await asyncio.sleep(0)
    if lost != "all":
        await reader.next(Token, after=-1)
    bus.down = True
    if lost == "middle":
        bus.up()
        script.gate.set()
    else:
        script.gate.set()
        while engine.running:
            await asyncio.sleep(0)
        bus.up()
    end = await reader.end()
    assert isinstance(end, Completed)
    assert end.response == "It has 85 kW."
    stored = [envelope.seq for envelope in await store.events(reader.seen[0].conversation_id, 0)]
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == stored, "each once, in order"
    await engine.send(ANNA, Send("again", "s"))
    await reader.next(Completed, after=len(stored))
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == list(range(1, 2 * len(stored) + 1))
    await engine.close()


@pytest.mark.parametrize("away", [0, 2])
async def test_what_nobody_published_comes_from_the_store_with_the_next_event(
    store: SqlStore, script: Script, away: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between a commit and its publication tells nobody, and no bus knows. The store may be away
    when it is looked for."""
    bus = LossyBus()
    engine = Engine(store, bus, script)
    reader = Reader(engine)
    script.pause_before = 2
    script.gate.clear()
    await reader.follower.send(ANNA, Send("q", "s"))
    await reader.next(Token, after=-1)
    bus.down = True
    script.gate.set()
    while engine.running:
        await asyncio.sleep(0)
    bus.down = False
    read, failures = store.events, iter(range(away))

    async def events(conversation_id: str, after: int, limit: int | None = None) -> Sequence[Envelope]:
        if next(failures, None) is not None:
            raise StorageUnavailable
        return await read(conversation_id, after, limit)

    monkeypatch.setattr(store, "events", events)
    monkeypatch.setattr("orchestrator.execution.follow.PAUSE_S", 0.0)
    await engine.send(ANNA, Send("again", "s"))
    async with asyncio.timeout(10):
        while sum(isinstance(envelope.event, Completed) for envelope in reader.seen) < 2:
            await asyncio.sleep(0)
    stored = [envelope.seq for envelope in await read(reader.seen[0].conversation_id, 0)]
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == stored, "each once, in order"
    second = reader.seen[-1].event
    assert isinstance(second, Completed)
    assert second.response.startswith(reader.text(second.run_id)), "nothing behind a hole; all of it where it was whole"
    await engine.close()
