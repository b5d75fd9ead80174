"""Two processes that answer the runs of one store: each run is answered by one, or by the other where that stands
still."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest

from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Send
from orchestrator.events import (
    AnyEvent,
    Completed,
    Envelope,
    InputRequired,
    Option,
    Progress,
    RunRestarted,
    Terminal,
    Timing,
    Token,
    UsageFigures,
)
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.run import Desk, RunInput
from orchestrator.store import Lease
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate

ANNA = Caller("anna")
LEASE_S = 0.3


class Process:
    """One that answers with its own name, and publishes what it says on a bus of its own. While its `gate` is closed
    its answers stand still; while it is `frozen` it renews nothing."""

    def __init__(self, store: SqlStore, name: str) -> None:
        self.name = name
        self.gate = asyncio.Event()
        self.gate.set()
        self.frozen = False
        self.said: list[Envelope] = []
        self.began = asyncio.Event()
        self.engine = Engine(store, _Heard(self), self.answer, Budgets(run_s=5), lease=Lease(name, LEASE_S))

    async def answer(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        yield Progress(run.run_id, "starting", self.name)
        self.began.set()
        await self.gate.wait()
        yield Token(run.run_id, self.name, 0)
        yield Completed(
            run.run_id, run.session_id, f"of {run.run_id}"[:36], self.name, "specs", (), 0.9, (), (), UsageFigures(),
            Timing(1, 2), "offline",
        )  # fmt: skip


class _Heard(MemoryBus):
    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    async def publish(self, envelope: Envelope) -> None:
        self._process.said.append(envelope)
        await super().publish(envelope)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    database = open_database(f"sqlite:///{tmp_path / 'shared.db'}")
    migrate(database)
    opened = SqlStore(database)
    yield opened
    await opened.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


def ends(process: Process) -> list[str]:
    return [one.event.response for one in process.said if isinstance(one.event, Completed)]


async def test_a_run_that_is_renewed_stays_where_it_is(store: SqlStore) -> None:
    first, second = Process(store, "first"), Process(store, "second")
    await first.engine.recover()
    await second.engine.recover()
    first.gate.clear()
    await first.engine.send(ANNA, Send("q", "s"))
    await asyncio.sleep(3 * LEASE_S)
    assert not second.said
    first.gate.set()
    await until(lambda: ends(first))
    assert ends(first) == ["first"]
    await first.engine.close()
    await second.engine.close()


async def test_a_process_that_stood_still_says_nothing_more(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Process(store, "first"), Process(store, "second")
    first.gate.clear()
    receipt = await first.engine.send(ANNA, Send("q", "s"))
    await first.began.wait()  # it never recovers, so it never renews: as if it were frozen
    await asyncio.sleep(LEASE_S)
    await second.engine.recover()
    await until(lambda: ends(second))
    said = list(first.said)
    first.gate.set()
    await until(lambda: first.engine.running == 0)
    assert first.said == said
    events = [envelope.event for envelope in await store.events(receipt.envelope.conversation_id, 0)]
    assert [type(event) for event in events] == [type(receipt.accepted), RunRestarted, Completed]
    assert sum(isinstance(event, Terminal) for event in events) == 1
    assert ends(second) == ["second"]
    await first.engine.close()
    await second.engine.close()


async def test_a_process_learns_from_its_renewal_that_it_lost_a_run(store: SqlStore) -> None:
    first = Process(store, "first")
    first.gate.clear()
    await first.engine.recover()
    receipt = await first.engine.send(ANNA, Send("q", "s"))
    await first.began.wait()
    await store.requeue(receipt.accepted.turn_id, crashed=True, attempt=1)
    first.began.clear()
    await until(first.began.is_set)  # it gave the lost attempt up, and took the next one
    first.gate.set()
    await until(lambda: ends(first))
    assert len(ends(first)) == 1
    await first.engine.close()


async def test_a_request_that_a_dead_process_left_expires(store: SqlStore) -> None:
    receipt = await store.accept(ANNA, Send("q", "s"), lambda text, request: None)
    conversation, run = receipt.envelope.conversation_id, receipt.accepted.turn_id
    await store.begin(conversation, Lease("dead", 60.0))
    process = Process(store, "living")
    await process.engine.recover()
    asked = InputRequired(
        run, "s", "r1", "confirm", "Sure?", (Option(True, "Yes"),), {}, "2020-01-01T00:00:00.000Z", ""
    )
    await store.park(conversation, asked, "")
    await until(lambda: any(isinstance(one.event, Terminal) for one in process.said))
    await process.engine.close()
