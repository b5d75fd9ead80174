"""A person is erased while answers to them are under way, over the real store, engine and bus."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from orchestrator.audit.act import CUSTOMER, Act
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Send
from orchestrator.errors import NotFound
from orchestrator.events import Cancelled
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.privacy.person import Privacy
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit
from orchestrator.stores.sql_personal import SqlPersonalStore
from rag.database import open_database
from tests.databases import migrate
from tests.unit.orchestrator.reader import Reader
from tests.unit.orchestrator.test_engine import Script

ANNA, BEN = Caller("anna"), Caller("ben")
ERASE = Act(CUSTOMER, "erase_me", subject="anna")


class House:
    """An engine whose runs say nothing before they are let, and who was sent away."""

    def __init__(self, store: SqlStore) -> None:
        self.script = Script()
        self.script.gate.clear()
        self.store = store
        self.personal = SqlPersonalStore(store, SqlAudit(store.transactions))
        self.engine = Engine(store, MemoryBus(), self.script, Budgets(run_s=30, drain_s=0.1))
        self.away: list[Callable[[str], bool]] = []
        self.privacy = Privacy(self.engine, self.personal, self.away.append)

    def sent_away(self, user_id: str) -> bool:
        return any(erased(user_id) for erased in self.away)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = open_database(f"sqlite:///{tmp_path / 'privacy.db'}")
    migrate(database)
    store = SqlStore(database)
    opened = House(store)
    yield opened
    await opened.engine.close()
    await store.close()


async def test_runs_are_stopped_and_told_before_all_is_gone(house: House) -> None:
    reader = Reader(house.engine)
    for text in ("first", "second"):
        await reader.follower.send(ANNA, Send(text, "s"))
    await house.engine.send(BEN, Send("mine", "s"))
    while house.engine.running < 2:
        await asyncio.sleep(0)
    erased = await house.privacy.erase(ERASE)
    assert (erased.rows["conversations"], len(erased.run_ids)) == (1, 2)
    assert [type(one.event) for one in reader.seen].count(Cancelled) == 2
    with pytest.raises(NotFound):
        await house.store.conversation(ANNA, "s")
    assert [start.owner for start in house.engine.answering()] == ["ben"]
    assert (house.sent_away("anna"), house.sent_away("ben")) == (True, False)
    for conversation_id in erased.conversation_ids:
        assert await house.engine.bus.live(conversation_id) is None


async def test_what_another_process_erases_stops_here_too(house: House) -> None:
    await house.privacy.look()
    for caller in (ANNA, BEN):
        await house.engine.send(caller, Send("hello", "s"))
    while house.engine.running < 2:
        await asyncio.sleep(0)
    await house.personal.erase(ERASE)  # as a command does, beside the server
    assert house.engine.running == 2
    await house.privacy.look()
    assert [start.owner for start in house.engine.answering()] == ["ben"]
    assert (house.sent_away("anna"), house.sent_away("ben")) == (True, False)
    house.away.clear()
    await house.privacy.look()
    assert house.away == []


async def test_its_own_erasure_is_no_news(house: House) -> None:
    await house.privacy.look()
    await house.privacy.erase(ERASE)
    house.away.clear()
    await house.privacy.look()
    assert house.away == []


async def test_an_erasure_from_before_the_start_is_no_news(house: House) -> None:
    await house.personal.erase(ERASE)
    await house.privacy.look()
    assert house.away == []


async def test_it_is_done_to_its_end_though_whoever_asked_has_gone(house: House) -> None:
    await house.engine.send(ANNA, Send("hello", "s"))
    asking = asyncio.ensure_future(house.privacy.erase(ERASE))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(10):
        while await house.store.sessions(ANNA):
            await asyncio.sleep(0.01)
