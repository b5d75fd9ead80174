"""What every conversation store promises, on each that there is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, select
from sqlalchemy.event import listen

from agents.types import Summarised, Turn, Wishes
from orchestrator.commands import Answer, Caller, Feedback, Read, Send
from orchestrator.errors import (
    BadRequest,
    IdempotencyConflict,
    NotFound,
    RunBusy,
    RunNotActive,
    StorageUnavailable,
)
from orchestrator.events import (
    Accepted,
    Cancelled,
    CitedSpan,
    Completed,
    Deleted,
    Failed,
    InputRequired,
    Option,
    Routed,
    RunRestarted,
    SourcePassage,
    Sources,
    Superseded,
    Timing,
    UnsupportedSpan,
    UsageFigures,
)
from orchestrator.run import Effect, Memory, Reply
from orchestrator.store import (
    MAX_WAITING,
    NOTHING_LEARNED,
    Lease,
    Marks,
    ReadReply,
    Receipt,
    RunStart,
    Store,
    Unfinished,
    UsedPassage,
)
from orchestrator.stores.sql import SqlStore
from orchestrator.tables import metadata
from rag.database import open_database
from tests.databases import DATABASES, migrate

ANNA, BEN = Caller("anna"), Caller("ben")


def sqlite(folder: Path) -> Engine:
    return open_database(f"sqlite:///{folder / 'store.db'}")


def answer_to(run_id: str) -> str:
    return f"to {run_id}"[:36]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with DATABASES[request.param](tmp_path) as url:
        yield url


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    database = open_database(url)
    migrate(database)
    opened = SqlStore(database)
    yield opened
    await opened.close()


@pytest.fixture
async def beside(store: Store, url: str) -> AsyncIterator[Store]:
    """The same store, as another process has it."""
    opened = SqlStore(open_database(url))
    yield opened
    await opened.close()


def completed(run_id: str, response: str = "It has 85 kW.", message_id: str = "answer-1") -> Completed:
    return Completed(
        run_id=run_id,
        session_id="s",
        message_id=message_id,
        response=response,
        agent="specs",
        agents=(),
        confidence=0.9,
        sources=(),
        citations=(),
        usage=UsageFigures(),
        timing=Timing(1, 2),
        answerer="offline",
    )


def no_answer(text: str, request: InputRequired) -> Any:
    """Reads every free text as a new question."""
    return None


def says_yes(text: str, request: InputRequired) -> Any:
    return True if text == "yes" else None


async def send(store: Store, command: Send, caller: Caller = ANNA, read: ReadReply = no_answer) -> Receipt:
    return await store.accept(caller, command, read)


def asks(run_id: str, request_id: str = "r1", expires_at: str = "2099-01-01T00:00:00.000Z") -> InputRequired:
    options = (Option(True, "Yes"), Option("later", "Later"))
    return InputRequired(run_id, "s", request_id, "confirm", "Sure?", options, {"slot": 1}, expires_at, "So far. ")


async def parked(store: Store, **fields: str) -> tuple[str, str]:
    """A conversation whose only run waits for `r1`."""
    conversation, run = await asked(store)
    await store.begin(conversation)
    await store.park(conversation, asks(run, **fields), "left behind", Memory({"model": "Wren"}))
    return conversation, run


async def talked(
    store: Store, text: str, memory: Memory | Callable[[RunStart], Memory] = NOTHING_LEARNED, **fields: Any
) -> tuple[str, RunStart]:
    """A message that was answered, and how its run began; the message's id. `memory` is what its run leaves."""
    receipt = await send(store, Send(text, "s", **fields))
    conversation, run = receipt.envelope.conversation_id, receipt.accepted.run_id
    start = await store.begin(conversation)
    assert start is not None
    assert start.run_id == run
    left = memory if isinstance(memory, Memory) else memory(start)
    await store.finish(conversation, completed(run, f"About {text}", answer_to(run)), left)
    return receipt.accepted.message_id, start


async def began(store: Store, text: str = "what now?") -> RunStart:
    """How the next run begins."""
    conversation, _ = await asked(store, text)
    start = await store.begin(conversation)
    assert start is not None
    return start


async def asked(
    store: Store, text: str = "How strong is it?", session: str = "s", caller: Caller = ANNA
) -> tuple[str, str]:
    receipt = await send(store, Send(text, session), caller)
    return receipt.envelope.conversation_id, receipt.accepted.run_id


async def test_an_accepted_message_is_kept_with_its_event(store: Store) -> None:
    receipt = await send(store, Send("How strong is it?", "s", "m1"))
    assert receipt.envelope.seq == 1
    assert await store.events(receipt.envelope.conversation_id, 0) == [receipt.envelope]
    [message] = await store.messages(ANNA, "s")
    assert (message.role, message.text, message.seq) == ("customer", "How strong is it?", 1)


async def test_a_conversation_can_be_opened_before_anything_is_said_in_it(store: Store) -> None:
    opened_before = await store.open(ANNA, "s")
    assert await store.conversation(ANNA, "s") == await store.open(ANNA, "s") == opened_before
    assert (await store.marks(opened_before), await store.current_run(opened_before)) == (Marks(0), None)
    assert (await send(store, Send("How strong is it?", "s"))).envelope.conversation_id == opened_before
    assert await store.open(BEN, "s") != opened_before
    [session] = await store.sessions(ANNA)
    assert (session.session_id, session.messages) == ("s", 1)


async def test_seq_is_gap_free_and_per_conversation(store: Store) -> None:
    conversation, run = await asked(store)
    await asked(store, session="other")
    await store.begin(conversation)
    for _ in range(5):
        await store.append(conversation, run, Routed(run, ()))
    await store.finish(conversation, completed(run))
    assert [envelope.seq for envelope in await store.events(conversation, 0)] == list(range(1, 8))
    assert [envelope.seq for envelope in await store.events(conversation, 5)] == [6, 7]
    assert (await store.marks(conversation)).head == 7


async def test_the_same_id_is_the_same_message(store: Store) -> None:
    first = await send(store, Send("Hello", "s", "m1"))
    again = await send(store, Send("Hello", "s", "m1"))
    assert again.duplicate
    assert again.accepted == first.accepted
    with pytest.raises(IdempotencyConflict):
        await send(store, Send("Other", "s", "m1"))
    other_session = await send(store, Send("Other", "t", "m1"))
    assert not other_session.duplicate


async def test_racing_sends_of_one_id_make_one_run(store: Store) -> None:
    receipts = await asyncio.gather(*(send(store, Send("Hello", "s", "m1")) for _ in range(20)))
    assert len({receipt.accepted.run_id for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert len(await store.messages(ANNA, "s")) == 1


async def test_one_run_at_a_time_then_the_next_in_order(store: Store) -> None:
    conversation, first = await asked(store, "one")
    _, second = await asked(store, "two")
    started = await asyncio.gather(*(store.begin(conversation) for _ in range(10)))
    assert [start.run_id for start in started if start] == [first]
    await store.finish(conversation, completed(first))
    start = await store.begin(conversation)
    assert start is not None
    assert (start.run_id, start.message, start.attempt) == (second, "two", 1)
    assert [turn.text for turn in start.history] == ["one", "It has 85 kW."]


async def test_only_so_many_wait(store: Store) -> None:
    conversation, _ = await asked(store)
    await store.begin(conversation)
    for n in range(MAX_WAITING):
        await asked(store, f"waiting {n}")
    with pytest.raises(RunBusy):
        await asked(store, "one too many")


async def test_a_run_ends_once(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    ends = await asyncio.gather(
        store.finish(conversation, completed(run)),
        store.finish(conversation, Cancelled(run, "It ha")),
        store.finish(conversation, Failed(run, "INTERNAL", "sorry", "ref")),
    )
    assert sorted(map(len, ends)) == [0, 0, 1]
    assert await store.append(conversation, run, Routed(run, ())) is None
    assert len(await store.events(conversation, 0)) == 2


async def test_what_was_said_before_a_cancel_is_kept(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    await store.finish(conversation, Cancelled(run, "It has 8"))
    assert [message.text for message in await store.messages(ANNA, "s")] == ["How strong is it?", "It has 8"]


async def test_facts_live_with_the_conversation(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    await store.finish(conversation, completed(run), Memory({"model": "Wren"}))
    await asked(store, "and now?")
    start = await store.begin(conversation)
    assert start is not None
    assert start.facts == {"model": "Wren"}


async def test_a_lost_run_is_found_and_begun_again(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    assert list(await store.unfinished()) == [Unfinished(conversation, run, "running", 1, 0, False, ())]
    restarted = await store.requeue(run, crashed=True)
    assert restarted is not None
    assert restarted.event == RunRestarted(run, 2)
    assert await store.requeue(run, crashed=True) is None, "it does not run"
    assert list(await store.unfinished()) == [Unfinished(conversation, run, "waiting", 2, 1, False, ())]
    start = await store.begin(conversation)
    assert start is not None
    assert (start.run_id, start.attempt) == (run, 2)
    await store.requeue(run, crashed=False)
    assert [lost.crashes for lost in await store.unfinished()] == [1], "handed on is not crashed"


async def test_a_lease_tells_that_a_process_has_the_run(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation, Lease("here", 60.0))
    assert [run.leased for run in await store.unfinished()] == [True]
    assert await store.renew(Lease("elsewhere", 60.0)) == frozenset()
    assert await store.renew(Lease("here", 0.0)) == {run}
    assert [run.leased for run in await store.unfinished()] == [False], "it is over"
    assert await store.renew(Lease("here", 60.0)) == {run}, "nobody has taken it meanwhile"
    await store.finish(conversation, completed(run))
    assert await store.renew(Lease("here", 60.0)) == frozenset()


async def test_what_an_earlier_attempt_says_is_not_committed(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation, Lease("frozen", 0.0))
    assert await store.requeue(run, crashed=True, attempt=2) is None, "it is not there yet"
    assert await store.requeue(run, crashed=True, attempt=1) is not None

    async def says(attempt: int) -> list[object]:
        return [
            await store.append(conversation, run, Routed(run, ()), attempt),
            await store.record(run, [Effect("the booking")], attempt),
            await store.park(conversation, asks(run), "", attempt=attempt),
            await store.finish(conversation, completed(run), attempt=attempt),
        ]

    before = list(await store.events(conversation, 0))
    assert await says(1) == [None, False, None, ()], "it waits for another process"
    start = await store.begin(conversation, Lease("here", 60.0))
    assert start is not None
    assert start.attempt == 2
    assert await says(1) == [None, False, None, ()]
    assert list(await store.events(conversation, 0)) == before
    assert await store.renew(Lease("frozen", 60.0)) == frozenset()
    assert await store.append(conversation, run, Routed(run, ()), 2) is not None
    assert await store.record(run, [Effect("the booking")], 2) is True
    assert await store.finish(conversation, completed(run), attempt=2) != ()


async def test_two_processes_race_and_one_wins(store: Store, beside: Store) -> None:
    for n in range(5):
        name, both = f"s{n}", (store, beside)
        receipts = await asyncio.gather(*(send(one, Send("Hello", name, "m1")) for one in both))
        assert len({receipt.accepted.run_id for receipt in receipts}) == 1
        assert sum(not receipt.duplicate for receipt in receipts) == 1
        conversation, run = receipts[0].envelope.conversation_id, receipts[0].accepted.turn_id
        starts = await asyncio.gather(*(one.begin(conversation, Lease("one", 0.0)) for one in both * 3))
        assert sum(start is not None for start in starts) == 1
        restarted = await asyncio.gather(*(one.requeue(run, crashed=True, attempt=1) for one in both * 3))
        assert sum(envelope is not None for envelope in restarted) == 1
        await store.begin(conversation)
        end = completed(run, message_id=answer_to(run))
        ends = await asyncio.gather(*(one.finish(conversation, end) for one in both * 3))
        assert sum(bool(committed) for committed in ends) == 1
        assert [envelope.seq for envelope in await store.events(conversation, 0)] == [1, 2, 3]


async def test_what_several_processes_say_at_once_has_one_order(store: Store, beside: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    said = [one.append(conversation, run, Routed(run, ())) for one in [store, beside] * 20]
    envelopes = await asyncio.gather(*said)
    assert sorted(envelope.seq for envelope in envelopes if envelope and envelope.seq) == list(range(2, 42))
    assert [envelope.seq for envelope in await beside.events(conversation, 0)] == list(range(1, 42))


async def test_another_user_finds_nothing(store: Store) -> None:
    conversation, run = await asked(store)
    await store.finish(conversation, completed(run))
    for request in (
        store.messages(BEN, "s"),
        store.delete(BEN, "s"),
        store.conversation(BEN, "s"),
        store.run_owner(BEN, run),
        store.feedback(BEN, Feedback("answer-1", "up")),
    ):
        with pytest.raises(NotFound):
            await request
    assert await store.sessions(BEN) == []
    theirs = await send(store, Send("Mine", "s"), BEN)
    assert theirs.envelope.conversation_id != conversation


async def test_sessions_latest_first(store: Store) -> None:
    await asked(store, "first question", "one")
    await asyncio.sleep(0.005)
    await asked(store, "second question", "two")
    found = await store.sessions(ANNA)
    assert [(session.session_id, session.title, session.messages) for session in found] == [
        ("two", "second question", 1),
        ("one", "first question", 1),
    ]


async def test_delete_leaves_nothing(store: Store) -> None:
    conversation, run = await asked(store)
    await store.finish(conversation, completed(run))
    await store.feedback(ANNA, Feedback("answer-1", "down", "wrong"))
    await store.delete(ANNA, "s")
    assert await store.events(conversation, 0) == []
    with pytest.raises(NotFound):
        await store.messages(ANNA, "s")
    with pytest.raises(NotFound):
        await store.marks(conversation)
    again, _ = await asked(store)
    assert again != conversation
    assert (await store.marks(again)).head == 1


async def test_how_many_events_deleted_conversations_had_is_known_of_the_next_of_their_name(store: Store) -> None:
    """A place of a client is then known to be in one of them, or not to be."""
    first, run = await asked(store)
    await store.finish(first, completed(run))
    assert await store.marks(first) == Marks(2)
    await store.delete(ANNA, "s")
    second, _ = await asked(store)
    assert second != first
    assert await store.marks(second) == Marks(1, earlier=2)
    await store.delete(ANNA, "s")
    await store.open(ANNA, "s")
    await store.delete(ANNA, "s")  # nothing had happened in it
    third = await store.open(ANNA, "s")
    assert await store.marks(third) == Marks(0, earlier=3)
    for caller, session in ((ANNA, "other"), (BEN, "s"), (Caller("ann"), "as")):
        assert await store.marks(await store.open(caller, session)) == Marks(0)
    with pytest.raises(NotFound):
        await store.delete(BEN, "never")


async def test_nobody_can_read_from_the_store_what_was_deleted(store: Store) -> None:
    owner, session = Caller("a-name-like-no-other"), "a session like no other"
    _, _ = await asked(store, "A text like no other?", session, caller=owner)
    await store.delete(owner, session)
    assert isinstance(store, SqlStore)
    everything = await store.transactions.read(
        lambda connection: [
            str(row) for table in metadata.sorted_tables for row in connection.execute(select(table)).all()
        ]
    )
    assert any("1" in row for row in everything)
    assert not any("like-no-other" in row or "like no other" in row for row in everything)


async def test_feedback_is_for_answers_and_the_last_one_counts(store: Store) -> None:
    conversation, run = await asked(store)
    await store.finish(conversation, completed(run))
    await store.feedback(ANNA, Feedback("answer-1", "up"))
    await store.feedback(ANNA, Feedback("answer-1", "down", "wrong year"))
    [question, _] = await store.messages(ANNA, "s")
    with pytest.raises(NotFound):
        await store.feedback(ANNA, Feedback(question.message_id, "up"))


async def test_parallel_conversations_do_not_mix(store: Store) -> None:
    async def one(n: int) -> list[int | None]:
        conversation, run = await asked(store, f"question {n}", f"s{n}", Caller(f"user-{n}"))
        await store.begin(conversation)
        for _ in range(3):
            await store.append(conversation, run, Routed(run, ()))
        await store.finish(conversation, completed(run, f"answer {n}", f"a{n}"))
        return [envelope.seq for envelope in await store.events(conversation, 0)]

    assert await asyncio.gather(*(one(n) for n in range(25))) == [[1, 2, 3, 4, 5]] * 25


async def test_a_parked_run_gives_the_conversation_free(store: Store) -> None:
    conversation, run = await parked(store)
    assert list(await store.unfinished()) == [
        Unfinished(conversation, run, "parked", 1, 0, False, (), "r1", "2099-01-01T00:00:00.000Z")
    ]
    assert await store.begin(conversation) is None
    assert await store.current_run(conversation) == run
    assert [message.text for message in await store.messages(ANNA, "s")] == ["How strong is it?", "Sure?"]
    for n in range(MAX_WAITING + 1):
        await send(store, Send("yes" if not n else f"more {n}", "s"), read=says_yes)
    with pytest.raises(RunBusy):
        await asked(store, "one too many")


async def test_an_answer_lets_the_run_go_on_where_it_was(store: Store) -> None:
    conversation, run = await parked(store)
    receipt = await store.answer(ANNA, Answer("r1", "later"))
    assert (receipt.accepted.run_id, receipt.accepted.message, receipt.duplicate) == (run, "Later", False)
    start = await store.begin(conversation)
    assert start is not None
    assert (start.run_id, start.attempt, start.reply) == (run, 1, Reply("later", "left behind", "So far. "))
    assert start.facts == {"model": "Wren"}
    assert (await store.answer(ANNA, Answer("r1", "later"))).accepted == receipt.accepted
    with pytest.raises(IdempotencyConflict):
        await store.answer(ANNA, Answer("r1", True))
    await store.finish(conversation, completed(run))
    assert (await store.answer(ANNA, Answer("r1", "later"))).duplicate


@pytest.mark.parametrize("value", [1, "True", "Later", 0, "", {"option": 1}])
async def test_a_value_that_is_not_offered_is_refused(store: Store, value: object) -> None:
    conversation, _ = await parked(store)
    with pytest.raises(BadRequest):
        await store.answer(ANNA, Answer("r1", value))
    assert await store.begin(conversation) is None


@pytest.mark.parametrize(("value", "said"), [(False, "No, thank you"), ({"change": "at noon"}, "at noon")])
async def test_refusing_and_changing_are_always_offered(store: Store, value: object, said: str) -> None:
    conversation, _ = await parked(store)
    assert (await store.answer(ANNA, Answer("r1", value))).accepted.message == said
    start = await store.begin(conversation)
    assert start is not None
    assert start.reply == Reply(value, "left behind", "So far. ")


async def test_racing_answers_make_one(store: Store) -> None:
    await parked(store)
    values = [True, "later"] * 10
    outcomes = await asyncio.gather(
        *(store.answer(ANNA, Answer("r1", value)) for value in values), return_exceptions=True
    )
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(receipts) == 10
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert all(isinstance(outcome, Receipt | IdempotencyConflict) for outcome in outcomes)


async def test_free_text_is_the_answer_or_the_end_of_the_parked_run(store: Store) -> None:
    conversation, run = await parked(store)
    receipt = await send(store, Send("yes", "s", "m7"), read=says_yes)
    assert receipt.accepted.run_id == run
    assert (await send(store, Send("yes", "s", "m7"), read=says_yes)).accepted == receipt.accepted
    start = await store.begin(conversation)
    assert start is not None
    assert start.reply == Reply(True, "left behind", "So far. ")
    await store.park(conversation, asks(run, "r2"), "later")
    receipt = await send(store, Send("What does it cost?", "s"), read=says_yes)
    assert receipt.accepted.run_id != run
    assert [envelope.event for envelope in receipt.before] == [Cancelled(run, "So far. ")]
    assert receipt.before[0].seq == (receipt.envelope.seq or 0) - 1
    with pytest.raises(RunNotActive):
        await store.answer(ANNA, Answer("r2", True))


async def test_an_expired_request_takes_no_answer(store: Store) -> None:
    conversation, run = await parked(store, expires_at="2020-01-01T00:00:00.000Z")
    with pytest.raises(RunNotActive):
        await store.answer(ANNA, Answer("r1", True))
    receipt = await send(store, Send("yes", "s"), read=says_yes)
    assert receipt.accepted.run_id != run
    assert [envelope.event for envelope in receipt.before] == [Cancelled(run, "So far. ")]
    assert await store.drop(conversation, "r1") is None


async def test_only_what_waits_is_dropped_or_called_off(store: Store) -> None:
    conversation, run = await parked(store)
    assert await store.drop(conversation, "r0") is None
    await store.answer(ANNA, Answer("r1", True))
    assert await store.drop(conversation, "r1") is None
    await store.begin(conversation)
    assert await store.call_off(conversation, run) is None
    await store.park(conversation, asks(run, "r2"), "left")
    ended = await store.call_off(conversation, run)
    assert ended is not None
    assert ended.event == Cancelled(run, "So far. ")
    _, waiting = await asked(store)
    ended = await store.call_off(conversation, waiting)
    assert ended is not None
    assert ended.event == Cancelled(waiting, "")
    assert list(await store.unfinished()) == []


async def test_effects_are_kept_with_the_run(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    effects = (Effect("booked", done=True), Effect("mailed", repeatable=True))
    await store.record(run, effects)
    assert [lost.effects for lost in await store.unfinished()] == [effects]
    await store.park(conversation, asks(run), "left")
    ended = await store.drop(conversation, "r1")
    assert ended is not None
    assert ended.event == Cancelled(run, "So far. ", ("booked", "mailed (outcome unknown)"))


async def test_a_message_taken_back_is_gone_and_its_place_stays(store: Store) -> None:
    first = await send(store, Send("my secret", "s", "m1"))
    conversation = first.envelope.conversation_id
    await store.finish(conversation, completed(first.accepted.run_id))
    for caller, message_id in ((BEN, first.accepted.message_id), (ANNA, "answer-1"), (ANNA, "unknown")):
        with pytest.raises(NotFound):
            await store.blank(caller, message_id)
    [gone] = await store.blank(ANNA, first.accepted.message_id)
    assert gone.event == Deleted(first.accepted.message_id, first.accepted.run_id)
    assert list(await store.blank(ANNA, first.accepted.message_id)) == []
    events = await store.events(conversation, 0)
    assert [envelope.seq for envelope in events] == [1, 2, 3]
    assert isinstance(events[0].event, Accepted)
    assert events[0].event.message == ""
    assert [message.text for message in await store.messages(ANNA, "s")] == ["", "It has 85 kW."]
    assert (await send(store, Send("my secret", "s", "m1"))).duplicate
    await asked(store, "next")
    start = await store.begin(conversation)
    assert start is not None
    assert [turn.text for turn in start.history] == ["It has 85 kW."]
    assert [session.title for session in await store.sessions(ANNA)] == ["next"]


def shown(run: str, *passages: tuple[str, int]) -> Sources:
    """Sources of these documents in these versions; passage n stands at 100 n to 100 n + 50."""
    return Sources(
        run,
        tuple(
            SourcePassage(f"c{n}", "T", document, "", 100 * n, 100 * n + 50, "text", 0.9, version=version)
            for n, (document, version) in enumerate(passages, start=1)
        ),
    )


def citing(run: str, *numbers: int, document: str = "a.md") -> Completed:
    """An answer that cites these passages, by ten characters each."""
    spans = tuple(CitedSpan(n, f"c{n}", document, "T", 100 * n + 5, 100 * n + 15) for n in numbers)
    return replace(completed(run, message_id=answer_to(run)), citations=spans)


async def answered(store: Store, text: str, session: str, *passages: tuple[str, int], cites: int = 1) -> str:
    conversation, run = await asked(store, text, session)
    await store.begin(conversation)
    await store.append(conversation, run, shown(run, *passages))
    await store.finish(conversation, citing(run, cites))
    return run


async def test_an_answer_remembers_the_passages_that_it_used(store: Store) -> None:
    run = await answered(store, "How strong?", "s", ("a.md", 3), ("b.md", 1), ("a.md", 3))
    [found] = store.answers_citing({"a.md"})
    assert (found.run_id, found.question) == (run, "How strong?")
    assert found.passages == (
        UsedPassage("a.md", 3, "c1", 1, 105, 115, True),
        UsedPassage("a.md", 3, "c3", 3, 300, 350, False),
    )
    assert list(store.answers_citing({"b.md"})) == []
    assert list(store.answers_citing(())) == []


async def test_answers_come_in_the_order_of_their_questions_however_many_documents(store: Store) -> None:
    texts = [f"Question {n}" for n in range(6)]
    for n, text in enumerate(texts):
        await answered(store, text, f"s{n}", (f"d{n % 3}.md", 1))
        await asyncio.sleep(0.002)
    many = [f"other{n}.md" for n in range(1200)]
    found = list(store.answers_citing(["d0.md", *many[:600], "d1.md", *many[600:], "d2.md"]))
    assert [one.question for one in found] == texts
    assert [one.question for one in store.answers_citing(["d1.md"])] == texts[1::3]


async def test_only_the_last_attempt_of_a_run_counts(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    await store.append(conversation, run, shown(run, ("old.md", 1)))
    await store.requeue(run, crashed=True)
    await store.begin(conversation)
    await store.append(conversation, run, shown(run, ("a.md", 2)))
    await store.finish(conversation, citing(run, 1))
    assert list(store.answers_citing({"old.md"})) == []
    assert [one.passages[0].version for one in store.answers_citing({"a.md"})] == [2]


async def test_citations_go_with_the_question_and_with_the_conversation(store: Store) -> None:
    receipt = await send(store, Send("my secret", "s", "m1"))
    run, conversation = receipt.accepted.run_id, receipt.envelope.conversation_id
    await store.begin(conversation)
    await store.append(conversation, run, shown(run, ("a.md", 1)))
    await store.finish(conversation, citing(run, 1))
    await answered(store, "another", "t", ("a.md", 1))
    await store.blank(ANNA, receipt.accepted.message_id)
    assert [one.question for one in store.answers_citing({"a.md"})] == ["another"]
    await store.delete(ANNA, "t")
    assert list(store.answers_citing({"a.md"})) == []


async def test_an_answer_is_read_back_with_the_event_that_said_it(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    said = replace(citing(run, 1), unsupported=(UnsupportedSpan(0, 2, "It"),))
    await store.finish(conversation, said)
    question, answer = await store.messages(ANNA, "s")
    assert (question.answer, answer.answer) == (None, said)


async def test_a_run_is_flagged_where_something_is_unsupported(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    migrate(database)
    store = SqlStore(database)
    runs = []
    for unsupported in ((), (UnsupportedSpan(0, 2, "It"),)):
        conversation, run = await asked(store, session=f"s{len(runs)}")
        await store.begin(conversation)
        event = replace(completed(run, message_id=run), unsupported=unsupported)
        await store.finish(conversation, event)
        runs.append(run)
    with database.connect() as connection:
        flagged = connection.exec_driver_sql("SELECT id FROM runs WHERE flagged").scalars().all()
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT id FROM runs WHERE flagged ORDER BY finished_at DESC"
        ).all()
    assert flagged == runs[1:]
    assert "ix_runs_flagged" in str(plan)
    await store.close()


async def test_reading_marks_never_go_back_or_ahead(store: Store) -> None:
    conversation, _ = await asked(store)
    assert await store.seen(ANNA, Read("s", 1)) == conversation
    assert (await store.marks(conversation)).read == 1
    assert await store.seen(ANNA, Read("s", 99)) == conversation
    assert await store.marks(conversation) == Marks(1, 1)
    with pytest.raises(NotFound):
        await store.seen(BEN, Read("s", 1))


async def test_what_was_read_of_a_deleted_conversation_is_not_read_of_the_next(store: Store) -> None:
    first, _ = await asked(store)
    await store.seen(ANNA, Read("s", 1, first))
    await store.delete(ANNA, "s")
    second, _ = await asked(store)
    with pytest.raises(NotFound):
        await store.seen(ANNA, Read("s", 1, first))
    assert (await store.marks(second)).read == 0
    assert await store.seen(ANNA, Read("s", 1, second)) == second
    assert (await store.marks(second)).read == 1


async def test_a_store_that_cannot_write_says_so_in_time_and_recovers(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    migrate(database)
    store = SqlStore(database)
    await asked(store)
    await store.probe()
    outside = sqlite(tmp_path)
    with outside.connect() as holding:
        holding.exec_driver_sql("SELECT 1")
        started = time.monotonic()
        outcomes = await asyncio.gather(*(asked(store, session=f"s{n}") for n in range(5)), return_exceptions=True)
        took = time.monotonic() - started
        assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 5
        assert took < 6.5
        assert (await store.marks(await store.conversation(ANNA, "s"))).head == 1, "reading goes on"
    await store.probe()
    await asked(store)
    await store.close()
    outside.dispose()


async def test_what_a_run_leaves_reaches_the_next(store: Store) -> None:
    note = {"step": 2, "checked": ["fuse"]}
    await talked(store, "one", Memory({"model": "Wren", "year": "2026"}, {"diagnosis": note, "plan": {"at": 1}}))
    _, start = await talked(store, "two", Memory({"model": "Wren"}, {"plan": None}, Summarised("They met.", 2)))
    assert (start.facts, start.notes) == ({"model": "Wren", "year": "2026"}, {"diagnosis": note, "plan": {"at": 1}})
    third = await began(store)
    assert (third.facts, third.notes, third.summary) == ({"model": "Wren"}, {"diagnosis": note}, "They met.")


async def test_a_note_that_is_too_large_is_dropped_and_facts_are_cut(store: Store) -> None:
    facts = {f"fact{n}": "x" * 10_000 for n in range(100)}
    notes: dict[str, Any] = {"large": {"text": "x" * 17_000}, "small": {"text": "x"}, "odd": {"what": object()}}
    await talked(store, "one", Memory(facts, notes))
    start = await began(store)
    assert (len(start.facts), {len(value) for value in start.facts.values()}) == (32, {200})
    assert start.notes == {"small": {"text": "x"}}


async def test_wishes_reach_their_run_and_no_other(store: Store) -> None:
    wishes = Wishes("specs", "query", "sales", False, True, 30.0, (Turn("customer", "Hi"), Turn("assistant", "Hello")))
    assert (await talked(store, "one", wishes=wishes))[1].wishes == wishes
    assert (await talked(store, "two"))[1].wishes == Wishes()


async def test_the_last_known_time_zone_counts(store: Store) -> None:
    assert (await talked(store, "one"))[1].zone == ""
    assert (await talked(store, "two", zone="Europe/Berlin"))[1].zone == "Europe/Berlin"
    assert (await talked(store, "three"))[1].zone == "Europe/Berlin"
    assert (await talked(store, "four", zone="Asia/Tokyo"))[1].zone == "Asia/Tokyo"


async def test_history_has_a_budget_and_the_rest_is_to_be_summed_up(store: Store) -> None:
    seen: set[str] = set()
    for n in range(30):
        _, start = await talked(store, f"{n} " + "x" * (4_000 if n % 7 == 3 else 300))
        assert sum(len(turn.text) for turn in start.history) <= 6_000
        assert min(2 * n, 2) <= len(start.history) <= 12
        seen |= {turn.text for turn in start.older}
    assert len(seen) == 24


def sums_up(start: RunStart) -> Memory:
    return Memory(start.facts, {}, Summarised("s" * 1_200, start.older_upto) if start.older else None)


async def test_what_is_summed_up_and_the_history_leave_no_gap(store: Store) -> None:
    said = [text for n in range(40) for text in (f"question {n}", f"About question {n}")]
    summed = 0
    for n in range(40):
        _, start = await talked(store, f"question {n}", sums_up)
        told = [turn.text for turn in start.history]
        assert told == said[2 * n - len(told) : 2 * n]
        assert 2 * n - len(told) <= summed
        assert [turn.text for turn in start.older] == said[summed : summed + len(start.older)]
        summed += len(start.older)
    assert summed > 60


async def test_a_turn_costs_the_same_however_long_the_conversation(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    migrate(database)
    store = SqlStore(database)
    statements: list[str] = []
    listen(database, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement))
    costs: list[int] = []
    sizes: list[int] = []
    await talked(store, "I drive a Wren", Memory({"model": "Wren"}))
    for n in range(200):
        statements.clear()
        _, start = await talked(store, f"question {n:03} " + "word " * 40, sums_up)
        costs.append(len(statements))
        sizes.append(sum(len(turn.text) for turn in (*start.history, *start.older)) + len(start.summary))
    assert start.facts == {"model": "Wren"}
    assert max(costs[150:]) <= max(costs[20:50])
    assert max(sizes[150:]) <= max(sizes[20:50])
    with database.connect() as connection:
        for statement in {one for one in statements if one.startswith("SELECT")}:
            values = ("?",) * statement.count("?")
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
                assert not step.detail.startswith("SCAN"), (statement, step.detail)
    await store.close()


async def replaced(store: Store, message_id: str, text: str = "instead", **fields: str) -> Receipt:
    return await send(store, Send(text, "s", replaces=message_id, **fields))


async def test_a_replaced_message_and_what_followed_become_a_branch_of_the_past(store: Store) -> None:
    first, _ = await talked(store, "one", Memory({"model": "Wren"}))
    second, _ = await talked(store, "two", Memory({"model": "Heron"}, {"plan": {"at": 1}}))
    third, _ = await talked(store, "three", Memory({"model": "Plover"}, {"plan": {"at": 2}}))
    receipt = await replaced(store, second, client_message_id="m1")
    conversation, by = receipt.envelope.conversation_id, receipt.accepted.message_id
    assert [envelope.event for envelope in receipt.before] == [
        Superseded(second, by, (await store.messages(ANNA, "s", superseded=True))[2].run_id)
    ]
    assert receipt.accepted.replaces == second
    assert [envelope.seq for envelope in await store.events(conversation, 0)] == list(range(1, 9))
    shown = await store.messages(ANNA, "s")
    assert [message.text for message in shown] == ["one", "About one", "instead"]
    branch = [message for message in await store.messages(ANNA, "s", superseded=True) if message.superseded_by]
    assert [message.text for message in branch] == ["two", "About two", "three", "About three"]
    assert {message.superseded_by for message in branch} == {by}
    [session] = await store.sessions(ANNA)
    assert (session.title, session.messages) == ("one", 3)
    start = await store.begin(conversation)
    assert start is not None
    assert (start.message, start.facts, start.notes) == ("instead", {"model": "Wren"}, {})
    assert [turn.text for turn in start.history] == ["one", "About one"]
    assert (await replaced(store, second, client_message_id="m1")).accepted == receipt.accepted
    assert await store.replaced(ANNA, Send("instead", "s", "m1", second)) is None
    for gone in (second, third):
        with pytest.raises(BadRequest):
            await replaced(store, gone)
    await replaced(store, by, "again")
    await replaced(store, first, "from the start")
    assert [message.text for message in await store.messages(ANNA, "s")] == ["from the start"]
    assert (await began_waiting(store, conversation)).facts == {}


async def began_waiting(store: Store, conversation: str) -> RunStart:
    start = await store.begin(conversation)
    assert start is not None
    return start


async def test_only_ones_own_messages_of_that_session_are_replaced(store: Store) -> None:
    first, _ = await talked(store, "one")
    await asked(store, "hers", "s", BEN)
    await asked(store, "elsewhere", "t")
    [bens] = await store.messages(BEN, "s")
    [elsewhere] = await store.messages(ANNA, "t")
    answer = (await store.messages(ANNA, "s"))[1].message_id
    for other in (bens.message_id, elsewhere.message_id, answer, "unknown", "x" * 5_000):
        with pytest.raises(NotFound):
            await replaced(store, other)
    with pytest.raises(NotFound):
        await send(store, Send("instead", "new", replaces=first))
    assert [session.session_id for session in await store.sessions(ANNA)] == ["t", "s"]
    await store.blank(ANNA, first)
    with pytest.raises(BadRequest):
        await replaced(store, first)


async def test_runs_of_the_branch_end_and_earlier_ones_go_on(store: Store) -> None:
    conversation, running = await asked(store, "one")
    await store.begin(conversation)
    second = await send(store, Send("two", "s"))
    third = await send(store, Send("three", "s"))
    receipt = await replaced(store, second.accepted.message_id)
    assert [envelope.event for envelope in receipt.before[:2]] == [
        Cancelled(second.accepted.run_id, ""),
        Cancelled(third.accepted.run_id, ""),
    ]
    await store.finish(conversation, completed(running))
    assert [message.text for message in await store.messages(ANNA, "s")] == ["one", "instead", "It has 85 kW."]
    assert (await began_waiting(store, conversation)).message == "instead"


async def test_a_parked_run_ends_with_the_message_that_it_is_about(store: Store) -> None:
    conversation, run = await parked(store)
    [message, _] = await store.messages(ANNA, "s")
    receipt = await send(store, Send("yes", "s", replaces=message.message_id), read=says_yes)
    assert [type(envelope.event) for envelope in receipt.before] == [Cancelled, Superseded]
    assert receipt.accepted.run_id != run
    assert [message.text for message in await store.messages(ANNA, "s")] == ["yes"]
    start = await began_waiting(store, conversation)
    assert (start.facts, start.history) == ({}, ())
    with pytest.raises(RunNotActive):
        await store.answer(ANNA, Answer("r1", True))


async def test_an_answer_can_be_replaced_and_what_came_before_it_stays(store: Store) -> None:
    conversation, run = await parked(store)
    answer = await store.answer(ANNA, Answer("r1", True))
    await store.begin(conversation)
    await store.finish(conversation, completed(run), Memory({"model": "Wren", "year": "2026"}))
    await replaced(store, answer.accepted.message_id, "no, later")
    start = await began_waiting(store, conversation)
    assert start.facts == {"model": "Wren"}
    assert [turn.text for turn in start.history] == ["How strong is it?", "Sure?"]


async def test_racing_replacements_make_one_branch(store: Store) -> None:
    first, _ = await talked(store, "one")
    replies = await asyncio.gather(*(replaced(store, first, f"{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(reply, Receipt) for reply in replies) == 1
    assert sum(isinstance(reply, BadRequest) for reply in replies) == 3
    assert len(await store.messages(ANNA, "s")) == 1


async def test_what_was_learned_from_a_message_goes_with_it(store: Store) -> None:
    first, _ = await talked(store, "one", Memory({"model": "Wren"}, {"plan": {"at": "one"}}))
    second, _ = await talked(store, "two", Memory({"model": "Wren", "town": "Here"}, {"diagnosis": {"said": "two"}}))
    third, _ = await talked(store, "three", Memory({"model": "Wren", "town": "Here", "year": "2026"}))
    await talked(store, "four", Memory(notes={"diagnosis": {"said": "two and four"}}, summary=Summarised("all", 6)))
    await store.blank(ANNA, second)
    start = await began(store)
    assert (start.facts, start.summary) == ({"model": "Wren", "year": "2026"}, "")
    assert start.notes == {"plan": {"at": "one"}}
    await replaced(store, third)
    start = await began_waiting(store, start.conversation_id)
    assert start.facts == {"model": "Wren"}
    await store.blank(ANNA, first)
    await store.finish(start.conversation_id, completed(start.run_id, message_id="last"))
    assert (await began(store)).facts == {}


async def test_taking_back_ends_what_waits_and_may_have_read_it(store: Store) -> None:
    first, _ = await talked(store, "my secret")
    conversation, run = await asked(store, "book it")
    await store.begin(conversation)
    await store.park(conversation, asks(run), "my secret as well")
    told = await store.blank(ANNA, first)
    assert [type(envelope.event) for envelope in told] == [Cancelled, Deleted]
    assert await store.unfinished() == []


async def test_a_taken_back_text_is_in_no_file(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    migrate(database)
    store = SqlStore(database)
    secret = "Quetzalcoatlus"
    for n in range(20):
        await talked(store, f"question {n}")
    message, _ = await talked(
        store, f"my name is {secret}", Memory({"name": secret}, {"plan": {"for": secret}}, Summarised(secret, 41))
    )
    await talked(store, "next", Memory({"name": secret}))
    conversation, run = await asked(store, "book")
    await store.begin(conversation)
    await store.park(conversation, asks(run), secret)
    await store.answer(ANNA, Answer("r1", {"change": f"for {secret} please"}))
    answer = (await store.messages(ANNA, "s"))[-1].message_id
    held = {path.name for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()}
    assert held
    await store.blank(ANNA, message)
    await store.blank(ANNA, answer)
    await store.close()
    assert {path.name for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()} == set()


async def test_what_a_client_notes_of_a_conversation_is_kept_with_it(store: Store) -> None:
    """Names are added and replaced, and a name without a value is dropped; only its owner can."""
    await store.open(ANNA, "s", {"graph_id": "specs", "tags": ["a", {"b": None}], "n": 1.5})
    await store.open(ANNA, "s", {"graph_id": "other"})
    [session] = await store.sessions(ANNA)
    assert session.metadata == {"graph_id": "specs", "tags": ["a", {"b": None}], "n": 1.5}
    await store.describe(ANNA, "s", {"graph_id": "pitcrew", "n": None, "é": "ü"})
    [session] = await store.sessions(ANNA)
    assert session.metadata == {"graph_id": "pitcrew", "tags": ["a", {"b": None}], "é": "ü"}
    await store.open(ANNA, "plain")
    assert {one.session_id: one.metadata for one in await store.sessions(ANNA)}["plain"] == {}
    with pytest.raises(NotFound):
        await store.describe(BEN, "s", {"x": 1})
    await store.delete(ANNA, "s")
    await store.open(ANNA, "s")
    assert all(one.metadata == {} for one in await store.sessions(ANNA))


async def test_a_conversation_is_known_by_what_was_said_in_it(store: Store) -> None:
    """To its owner, and as long as nothing more is said."""
    conversation_id = await store.open(ANNA, "s")
    assert await store.recall(ANNA, "x") is None
    await store.remember(ANNA, "s", "x")
    assert await store.recall(BEN, "x") is None
    assert await store.recall(ANNA, "y") is None
    assert await store.recall(ANNA, "x") == await store.recall(ANNA, "x") == "s"
    await store.remember(ANNA, "s", "y")
    assert await store.recall(ANNA, "x") is None
    await store.open(ANNA, "later")
    await store.remember(ANNA, "later", "y")
    assert await store.recall(ANNA, "y") in {"s", "later"}
    await store.remember(ANNA, "s", "z")
    receipt = await send(store, Send("More", "s"))
    assert await store.recall(ANNA, "z") is None
    await store.begin(conversation_id)
    await store.finish(conversation_id, completed(receipt.accepted.run_id))
    await store.remember(ANNA, "s", "w")
    await store.blank(ANNA, receipt.accepted.message_id)
    assert await store.recall(ANNA, "w") is None
    await store.delete(ANNA, "s")
    with pytest.raises(NotFound):
        await store.remember(ANNA, "s", "w")
