"""Messages replaced and taken back while the engine is answering."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Delete, Resume, Send
from orchestrator.errors import BadRequest, NotFound
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Cancelled,
    Completed,
    Deleted,
    RunRestarted,
    Superseded,
    Terminal,
    Token,
)
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate
from tests.unit.orchestrator.reader import Reader
from tests.unit.orchestrator.test_engine import Script

ANNA = Caller("anna")


class Kept:
    """A saver that remembers what it was asked to forget."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.wiped = 0

    async def settle(self) -> None: ...

    async def forget(self, run_id: str) -> None:
        self.forgotten.append(run_id)

    async def keep_only(self, run_ids: object) -> None: ...

    async def wipe(self) -> None:
        self.wiped += 1


@pytest.fixture
def answering() -> Script:
    return Script()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def engine(tmp_path: Path, answering: Script, kept: Kept) -> AsyncIterator[Engine]:
    database = open_database(f"sqlite:///{tmp_path / 'engine.db'}")
    migrate(database)
    running = Engine(SqlStore(database), MemoryBus(), answering, Budgets(run_s=5, drain_s=1), kept)
    yield running
    await running.close()
    await running.store.close()


async def streaming(engine: Engine, script: Script, text: str) -> tuple[Reader, Accepted]:
    """A reader of a conversation whose run has said two words and waits."""
    reader = Reader(engine)
    script.pause_before = 2
    script.gate.clear()
    await reader.follower.send(ANNA, Send(text, "s"))
    accepted = await reader.next(Accepted)
    assert isinstance(accepted, Accepted)
    await reader.until(lambda envelope: isinstance(envelope.event, Token) and envelope.event.offset == 3)
    return reader, accepted


def kinds(reader: Reader) -> list[type[AnyEvent]]:
    return [type(envelope.event) for envelope in reader.seen if envelope.seq]


async def test_a_message_that_is_being_answered_is_replaced(engine: Engine, answering: Script) -> None:
    reader, first = await streaming(engine, answering, "one")
    receipt = await engine.send(ANNA, Send("two", "s", replaces=first.message_id))
    answering.gate.set()
    last = await reader.until(lambda envelope: isinstance(envelope.event, Completed))
    assert isinstance(last, Completed)
    assert last.run_id == receipt.accepted.run_id
    assert kinds(reader) == [Accepted, Cancelled, Superseded, Accepted, Completed]
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == [1, 2, 3, 4, 5]
    ended = next(place for place, one in enumerate(reader.seen) if isinstance(one.event, Cancelled))
    assert not any(getattr(one.event, "run_id", None) == first.run_id and not one.seq for one in reader.seen[ended:])
    assert answering.seen[-1].question.history == ()
    late = Reader(engine)
    await late.follower.resume(ANNA, Resume("s", 1))
    assert kinds(late) == [Cancelled, Superseded, Accepted, Completed]


async def test_everything_that_waits_behind_goes_with_it(engine: Engine, answering: Script) -> None:
    reader, first = await streaming(engine, answering, "one")
    for text in ("two", "three"):
        await engine.send(ANNA, Send(text, "s"))
    await engine.send(ANNA, Send("instead", "s", "m1", replaces=first.message_id))
    answering.gate.set()
    await reader.next(Completed)
    assert [run.question.text for run in answering.seen] == ["one", "instead"]
    assert kinds(reader) == [Accepted] * 3 + [Cancelled] * 3 + [Superseded, Accepted, Completed]
    again = await engine.send(ANNA, Send("instead", "s", "m1", replaces=first.message_id))
    assert again.duplicate
    assert [message.text for message in await engine.store.messages(ANNA, "s")] == ["instead", "It has 85 kW."]


async def test_a_run_before_the_replaced_message_is_left_alone(engine: Engine, answering: Script) -> None:
    reader, first = await streaming(engine, answering, "one")
    second = await engine.send(ANNA, Send("two", "s"))
    await engine.send(ANNA, Send("instead", "s", replaces=second.accepted.message_id))
    answering.gate.set()
    done = await reader.until(lambda envelope: isinstance(envelope.event, Completed) and (envelope.seq or 0) > 6)
    assert isinstance(done, Completed)
    assert [run.question.text for run in answering.seen] == ["one", "instead"]
    ends = [one.event for one in reader.seen if isinstance(one.event, Terminal) and one.event.run_id == first.run_id]
    assert [type(end) for end in ends] == [Completed]


async def test_racing_replacements_of_one_message(engine: Engine, answering: Script) -> None:
    reader, first = await streaming(engine, answering, "one")
    replies = await asyncio.gather(
        *(engine.send(ANNA, Send(f"{n}", "s", replaces=first.message_id)) for n in range(5)), return_exceptions=True
    )
    assert sorted(type(reply).__name__ for reply in replies) == ["BadRequest"] * 4 + ["Receipt"]
    answering.gate.set()
    await reader.next(Completed)
    assert kinds(reader) == [Accepted, Cancelled, Superseded, Accepted, Completed]


async def test_replacing_and_deleting_at_once(engine: Engine, answering: Script, kept: Kept) -> None:
    for attempt in range(6):
        answering.pause_before = 9
        done = await engine.ask(ANNA, Send("one", f"s{attempt}"))
        [message, _] = await engine.store.messages(ANNA, f"s{attempt}")
        delete = engine.delete_message(ANNA, Delete(message.message_id))
        replace = engine.send(ANNA, Send("two", f"s{attempt}", replaces=message.message_id))
        both = (delete, replace) if attempt % 2 else (replace, delete)
        results = await asyncio.gather(*both, return_exceptions=True)
        refused = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(error, BadRequest) for error in refused)
        assert len(refused) <= 1
        events = await engine.store.events(done.conversation_id, 0)
        assert not any(isinstance(one.event, Accepted) and one.event.message == "one" for one in events)
        assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert kept.wiped == 6


async def test_a_run_that_may_have_read_a_deleted_message_begins_again(engine: Engine, answering: Script) -> None:
    await engine.ask(ANNA, Send("my secret", "s"))
    [secret, _] = await engine.store.messages(ANNA, "s")
    reader, accepted = await streaming(engine, answering, "two")
    assert [turn.text for turn in answering.seen[-1].question.history] == ["my secret", "It has 85 kW."]
    await engine.delete_message(ANNA, Delete(secret.message_id))
    answering.gate.set()
    done = await reader.next(Completed)
    assert isinstance(done, Completed)
    assert kinds(reader) == [Accepted, RunRestarted, Deleted, Completed]
    assert done.run_id == accepted.run_id
    assert [turn.text for turn in answering.seen[-1].question.history] == ["It has 85 kW."]


async def test_a_deleted_message_that_was_deleted_before_disturbs_nobody(engine: Engine, answering: Script) -> None:
    await engine.ask(ANNA, Send("my secret", "s"))
    [secret, _] = await engine.store.messages(ANNA, "s")
    await engine.delete_message(ANNA, Delete(secret.message_id))
    reader, _ = await streaming(engine, answering, "two")
    await engine.delete_message(ANNA, Delete(secret.message_id))
    answering.gate.set()
    await reader.next(Completed)
    assert kinds(reader) == [Accepted, Completed]


async def test_nobody_replaces_what_is_not_theirs(engine: Engine, answering: Script) -> None:
    reader, first = await streaming(engine, answering, "one")
    for caller, session in ((Caller("ben"), "s"), (ANNA, "t"), (ANNA, None)):
        with pytest.raises(NotFound):
            await engine.send(caller, Send("two", session, replaces=first.message_id))
    answering.gate.set()
    await reader.next(Completed)
    assert kinds(reader) == [Accepted, Completed]
