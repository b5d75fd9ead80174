"""One turn for one request, over a real engine with a scripted run."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from api.transport import turns
from api.transport.departures import Leaving
from api.transport.turns import Turn
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Answer, Caller, Send
from orchestrator.errors import AuthExpired, IdempotencyConflict, ShuttingDown
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Cancelled,
    Completed,
    Envelope,
    InputRequired,
    Option,
    Timing,
    Token,
    UsageFigures,
)
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.run import Desk, RunInput
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate
from tests.unit.orchestrator.reader import Reader

ANNA = Caller("anna")
LATER = "2099-01-01T00:00:00.000Z"


class Script:
    """Says two words, with a gate before the second; asks first where the message is "book"."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        if run.question.text == "book" and run.reply is None:
            desk.parked = "here"
            options = (Option(True, "Yes"), Option(False, "No"))
            yield InputRequired(
                run.run_id, run.session_id, f"ask-{run.run_id}", "confirm", "Shall I?", options, {}, LATER
            )
            return
        yield Token(run.run_id, "It ", 0)
        await self.gate.wait()
        yield Token(run.run_id, "has.", 3)
        yield Completed(
            run.run_id, run.session_id, f"answer-{run.run_id}", "It has.", "specs", (), 0.9, (), (), UsageFigures(),
            Timing(1, 2), "offline",
        )  # fmt: skip


@pytest.fixture
def leaving() -> Leaving:
    return Leaving()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def engine(tmp_path: Path, script: Script) -> AsyncIterator[Engine]:
    database = open_database(f"sqlite:///{tmp_path / 'turns.db'}")
    migrate(database)
    store = SqlStore(database)
    running = Engine(store, MemoryBus(), script, Budgets(run_s=20, drain_s=0.1))
    yield running
    await running.close()
    await store.close()


async def all_of(turn: Turn) -> list[Envelope]:
    async with asyncio.timeout(10):
        return [envelope async for envelope in turn.events() if envelope is not None]


def text_of(envelopes: list[Envelope]) -> str:
    text = ""
    for envelope in envelopes:
        if isinstance(envelope.event, Token):
            text = text[: envelope.event.offset] + envelope.event.text
    return text


async def test_a_turn_is_its_run_and_nothing_else(engine: Engine, leaving: Leaving) -> None:
    first, second = Turn(engine, ANNA, leaving), Turn(engine, ANNA, leaving)
    accepted, other = await first.send(Send("a", "s")), await second.send(Send("b", "s"))
    for turn, run_id in ((first, accepted.run_id), (second, other.run_id)):
        told = await all_of(turn)
        assert {getattr(envelope.event, "run_id", None) for envelope in told} == {run_id}
        assert [type(envelope.event) for envelope in told] == [Accepted, Token, Token, Completed]
        assert turn.ended
        turn.close()


async def test_asked_again_while_it_is_answered_and_afterwards(
    engine: Engine, script: Script, leaving: Leaving
) -> None:
    script.gate.clear()
    first, again, later = Turn(engine, ANNA, leaving), Turn(engine, ANNA, leaving), Turn(engine, ANNA, leaving)
    accepted = await first.send(Send("a", "s", "m1"))
    while (await engine.bus.live(await engine.store.conversation(ANNA, "s"))) is None:
        await asyncio.sleep(0)
    assert (await again.send(Send("a", "s", "m1"))).run_id == accepted.run_id
    script.gate.set()
    for turn in (first, again):
        told = await all_of(turn)
        assert isinstance(told[-1].event, Completed)
        assert text_of(told) == "It has."
    await later.send(Send("a", "s", "m1"))
    assert isinstance((await all_of(later))[-1].event, Completed)
    with pytest.raises(IdempotencyConflict):
        await later.send(Send("other", "s", "m1"))
    for turn in (first, again, later):
        turn.close()


async def test_a_parked_run_ends_its_turn_and_goes_on_in_another(engine: Engine, leaving: Leaving) -> None:
    first = Turn(engine, ANNA, leaving)
    await first.send(Send("book", "s", "m1"))
    asked = (await all_of(first))[-1].event
    assert isinstance(asked, InputRequired)
    second, again, whole = Turn(engine, ANNA, leaving), Turn(engine, ANNA, leaving), Turn(engine, ANNA, leaving)
    await second.answer(Answer(asked.request_id, True))
    told = await all_of(second)
    assert [type(envelope.event) for envelope in told] == [Accepted, Token, Token, Completed]
    await again.answer(Answer(asked.request_id, True))
    assert isinstance((await all_of(again))[-1].event, Completed)
    await whole.send(Send("book", "s", "m1"))
    assert isinstance((await all_of(whole))[-1].event, InputRequired)
    for turn in (first, second, again, whole):
        turn.close()


async def test_who_leaves_stops_the_run(engine: Engine, script: Script, leaving: Leaving) -> None:
    script.gate.clear()
    reader, turn = Reader(engine), Turn(engine, ANNA, leaving)
    accepted = await turn.send(Send("a", "s"))
    await reader.follower.follow(await engine.store.conversation(ANNA, "s"))
    turn.close()
    end = await reader.end()
    assert isinstance(end, Cancelled)
    assert end.run_id == accepted.run_id
    turn.close()
    reader.follower.close()


async def test_who_comes_back_finds_the_answer(engine: Engine, script: Script, leaving: Leaving) -> None:
    script.gate.clear()
    turn = Turn(engine, ANNA, leaving, comes_back=True)
    await turn.send(Send("a", "s", "m1"))
    turn.close()
    assert len(leaving) == 0
    script.gate.set()
    again = Turn(engine, ANNA, leaving, comes_back=True)
    await again.send(Send("a", "s", "m1"))
    assert isinstance((await all_of(again))[-1].event, Completed)
    again.close()


async def test_it_ends_with_the_token_and_the_answer_goes_on(engine: Engine, script: Script, leaving: Leaving) -> None:
    script.gate.clear()
    reader, turn = Reader(engine), Turn(engine, ANNA, leaving, until=time.time() + 0.05)
    await turn.send(Send("a", "s"))
    await reader.follower.follow(await engine.store.conversation(ANNA, "s"))
    with pytest.raises(AuthExpired):
        await rest(turn.events())
    turn.close()
    assert len(leaving) == 0
    script.gate.set()
    assert isinstance(await reader.end(), Completed)
    reader.follower.close()


async def rest(told: AsyncIterator[Envelope | None]) -> None:
    async with asyncio.timeout(10):
        async for _ in told:
            continue


async def test_silence_and_the_end_of_the_server(
    engine: Engine, script: Script, monkeypatch: pytest.MonkeyPatch, leaving: Leaving
) -> None:
    monkeypatch.setattr(turns, "BEAT_S", 0.01)
    script.gate.clear()
    turn = Turn(engine, ANNA, leaving)
    await turn.send(Send("a", "s"))
    told = turn.events()
    async with asyncio.timeout(10):
        while await anext(told) is not None:
            continue
    closing = asyncio.ensure_future(engine.close(0))
    with pytest.raises(ShuttingDown):
        await rest(told)
    await closing
    turn.close()
