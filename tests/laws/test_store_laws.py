"""What every conversation store promises, on each that there is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.migrate import migrate
from orchestrator.commands import Caller, Feedback, Send
from orchestrator.errors import IdempotencyConflict, NotFound, RunBusy
from orchestrator.events import Cancelled, Completed, Failed, Routed, Timing, UsageFigures
from orchestrator.store import MAX_WAITING, Store
from orchestrator.stores.database import open_database
from orchestrator.stores.sql import SqlStore

ANNA, BEN = Caller("anna"), Caller("ben")


def sqlite(folder: Path) -> Engine:
    return open_database(f"sqlite:///{folder / 'store.db'}")


STORES: dict[str, Callable[[Path], Engine]] = {"sqlite": sqlite}


@pytest.fixture(params=STORES.values(), ids=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    database = request.param(tmp_path)
    migrate(database)
    opened = SqlStore(database)
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


async def asked(
    store: Store, text: str = "How strong is it?", session: str = "s", caller: Caller = ANNA
) -> tuple[str, str]:
    receipt = await store.accept(caller, Send(text, session))
    return receipt.envelope.conversation_id, receipt.accepted.run_id


async def test_an_accepted_message_is_kept_with_its_event(store: Store) -> None:
    receipt = await store.accept(ANNA, Send("How strong is it?", "s", "m1"))
    assert receipt.envelope.seq == 1
    assert await store.events(receipt.envelope.conversation_id, 0) == [receipt.envelope]
    [message] = await store.messages(ANNA, "s")
    assert (message.role, message.text, message.seq) == ("customer", "How strong is it?", 1)


async def test_seq_is_gap_free_and_per_conversation(store: Store) -> None:
    conversation, run = await asked(store)
    await asked(store, session="other")
    await store.begin(conversation)
    for _ in range(5):
        await store.append(conversation, run, Routed(run, ()))
    await store.finish(conversation, completed(run))
    assert [envelope.seq for envelope in await store.events(conversation, 0)] == list(range(1, 8))
    assert [envelope.seq for envelope in await store.events(conversation, 5)] == [6, 7]
    assert await store.head(conversation) == 7


async def test_the_same_id_is_the_same_message(store: Store) -> None:
    first = await store.accept(ANNA, Send("Hello", "s", "m1"))
    again = await store.accept(ANNA, Send("Hello", "s", "m1"))
    assert again.duplicate
    assert again.accepted == first.accepted
    with pytest.raises(IdempotencyConflict):
        await store.accept(ANNA, Send("Other", "s", "m1"))
    other_session = await store.accept(ANNA, Send("Other", "t", "m1"))
    assert not other_session.duplicate


async def test_racing_sends_of_one_id_make_one_run(store: Store) -> None:
    receipts = await asyncio.gather(*(store.accept(ANNA, Send("Hello", "s", "m1")) for _ in range(20)))
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
    assert sum(envelope is not None for envelope in ends) == 1
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
    await store.finish(conversation, completed(run), {"model": "Wren"})
    await asked(store, "and now?")
    start = await store.begin(conversation)
    assert start is not None
    assert start.facts == {"model": "Wren"}


async def test_a_lost_run_is_found_and_begun_again(store: Store) -> None:
    conversation, run = await asked(store)
    await store.begin(conversation)
    assert list(await store.unfinished()) == [(conversation, run, "running", 1)]
    await store.requeue(run)
    start = await store.begin(conversation)
    assert start is not None
    assert (start.run_id, start.attempt) == (run, 2)


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
    theirs = await store.accept(BEN, Send("Mine", "s"))
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
    again, _ = await asked(store)
    assert again != conversation
    assert await store.head(again) == 1


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
