"""A person takes over, over a real store and bus: what was said and waits somewhere never comes late."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.transport.outbox import Outbox
from orchestrator.audit.act import Act
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, HandOver, Send
from orchestrator.errors import StorageUnavailable
from orchestrator.event.ownership import Member
from orchestrator.events import Accepted, Cancelled, Completed, Envelope, Owner, Progress, StaffMessage, Terminal, Token
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower
from orchestrator.execution.runs import Budgets
from orchestrator.staff.feed import Change, ConversationChanged, ConversationRemoved, Feed, WatchedBus
from orchestrator.store import Handed
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_staff import SqlStaffStore
from rag.database import open_database
from tests.databases import migrate
from tests.unit.orchestrator.reader import Reader
from tests.unit.orchestrator.test_engine import Script

ANNA, ADA = Caller("anna"), Member("ada", "Ada")


class House:
    """An engine that speaks a script, with the staff's store."""

    def __init__(self, store: SqlStore) -> None:
        self.script = Script()
        self.store = store
        self.staff = SqlStaffStore(store.transactions)
        self.feed = Feed(self.staff.lines)
        self.bus = WatchedBus(MemoryBus(), self.feed)
        self.engine = Engine(store, self.bus, self.script, Budgets(run_s=5, drain_s=1), changed=self.feed.changed)

    async def take(self, conversation_id: str) -> Handed:
        act = Act(ADA, "take", conversation_id)
        return await self.engine.change_owner(conversation_id, lambda said: self.staff.take(act, said, force=False))

    async def asked(self) -> tuple[Reader, str]:
        """A reader of an answer that has said two of its words."""
        self.script.gate.clear()
        self.script.pause_before = 2
        reader = Reader(self.engine)
        await reader.follower.send(ANNA, Send("How strong?", "s"))
        while reader.text() != "It has ":
            await asyncio.sleep(0.001)
        return reader, reader.seen[0].conversation_id


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    migrate(database)
    store = SqlStore(database)
    made = House(store)
    yield made
    await made.engine.close()
    await made.feed.close()
    await store.close()


async def test_the_run_ends_before_anything_of_staff_and_says_nothing_more(house: House) -> None:
    reader, conversation = await house.asked()
    await house.take(conversation)
    house.script.gate.set()
    await asyncio.sleep(0.05)
    kinds = [type(envelope.event) for envelope in reader.seen]
    assert kinds == [Accepted, Progress, Token, Token, Cancelled, Owner]
    assert reader.seen[-2].event.partial_response == "It has "  # type: ignore[union-attr]
    assert house.script.closed == 1
    assert house.engine.running == 0
    assert [envelope.seq for envelope in await house.store.events(conversation, 0)] == [1, 2, 3]


async def test_the_run_stands_still_while_the_take_over_is_committed(house: House) -> None:
    reader, conversation = await house.asked()
    act = Act(ADA, "take", conversation)

    async def slowly(said: dict[str, str]) -> Handed:
        house.script.gate.set()
        await asyncio.sleep(0.05)
        return await house.staff.take(act, said, force=False)

    await house.engine.change_owner(conversation, slowly)
    assert reader.text() == "It has "
    assert reader.seen[-2].event.partial_response == "It has "  # type: ignore[union-attr]


async def test_what_waits_for_a_slow_reader_is_dropped_and_what_is_durable_is_not(house: House) -> None:
    outbox = Outbox()
    slow = Follower(house.engine, outbox.put)
    reader, conversation = await house.asked()
    await slow.join(conversation, "s", 0)
    await house.take(conversation)
    left = []
    while (item := outbox.take()) is not None:
        assert isinstance(item, Envelope)
        left.append(type(item.event).__name__)
    assert left == ["Resumed", "Accepted", "Cancelled", "Owner"]
    slow.close()
    assert reader.text() == "It has "


async def test_who_joins_after_the_take_over_hears_nothing_of_the_bot(house: House) -> None:
    _, conversation = await house.asked()
    await house.take(conversation)
    late = Reader(house.engine)
    await late.follower.join(conversation, "s", 0)
    assert late.text() == ""
    assert isinstance(late.seen[-1].event, Owner)


async def test_a_take_over_that_fails_loses_nothing(house: House) -> None:
    reader, conversation = await house.asked()

    async def fail(said: dict[str, str]) -> Handed:
        assert list(said.values()) == ["It has "]
        raise StorageUnavailable

    with pytest.raises(StorageUnavailable):
        await house.engine.change_owner(conversation, fail)
    house.script.gate.set()
    end = await reader.end()
    assert isinstance(end, Completed)
    assert end.response == reader.text() == "It has 85 kW."
    live = await house.bus.live(conversation)
    assert live is None


async def test_a_take_over_while_the_run_ends_comes_behind_its_end(house: House) -> None:
    reader, conversation = await house.asked()
    house.script.gate.set()
    await house.take(conversation)
    ends = [envelope.event for envelope in reader.seen if isinstance(envelope.event, Terminal)]
    assert len(ends) == 1
    assert isinstance(reader.seen[-1].event, Owner)


async def test_every_moment_of_an_answer(house: House) -> None:
    """The order is always the same, and the text never longer than what the end of the run says."""
    for moment in range(40):
        session = f"s-{moment}"
        reader = Reader(house.engine)
        await reader.follower.send(ANNA, Send("How strong?", session))
        for _ in range(moment):
            await asyncio.sleep(0)
        conversation = reader.seen[0].conversation_id
        await house.take(conversation)
        await asyncio.sleep(0.005)
        kinds = [type(envelope.event) for envelope in reader.seen]
        owner = kinds.index(Owner)
        assert not any(kind in (Token, Progress, Completed, Cancelled) for kind in kinds[owner:])
        end = reader.seen[owner - 1].event
        said = end.partial_response if isinstance(end, Cancelled) else end.response  # type: ignore[union-attr]
        assert said.startswith(reader.text())


async def test_a_message_to_a_person_starts_no_run_and_the_next_tenure_speaks(house: House) -> None:
    reader, conversation = await house.asked()
    await house.take(conversation)
    told = await house.engine.ask(ANNA, Send("Hello Ada", "s"))
    assert isinstance(told.event, Completed)
    assert "Ada" in told.event.response
    replied = await house.staff.reply(Act(ADA, "reply", conversation), "Hello Anna", None)
    assert isinstance(replied.envelope.event, StaffMessage)
    await house.staff.give_back(Act(ADA, "return", conversation), anybodys=False)
    house.script.gate.set()
    end = await house.engine.ask(ANNA, Send("And now?", "s"))
    assert isinstance(end.event, Completed)
    assert [turn.text for turn in house.script.seen[-1].question.history][-2:] == ["Hello Ada", "Hello Anna"]
    assert reader.text().endswith("It has 85 kW.")


async def test_the_feed_tells_of_what_is_new_changed_and_gone(house: House) -> None:
    told: asyncio.Queue[Change] = asyncio.Queue()
    stop = house.feed.subscribe(told.put_nowait)
    async with asyncio.timeout(10):
        await house.engine.hand_over(ANNA, HandOver("s"))
        change = await told.get()
        assert isinstance(change, ConversationChanged)
        assert (change.conversation.state, change.conversation.place) == ("waiting", 1)
        await house.engine.delete(ANNA, "s")
        while isinstance(change, ConversationChanged):
            change = await told.get()
        assert isinstance(change, ConversationRemoved)
        stop()
        others: asyncio.Queue[Change] = asyncio.Queue()
        house.feed.subscribe(others.put_nowait)
        await house.engine.hand_over(ANNA, HandOver("t"))
        await others.get()
    assert told.empty()
