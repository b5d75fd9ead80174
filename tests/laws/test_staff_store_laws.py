"""What every store of the staff promises, on each database that there is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.act import Act
from orchestrator.commands import Caller, Feedback, Send
from orchestrator.errors import BadRequest, Conflict, IdempotencyConflict, NotFound
from orchestrator.event.ownership import Member
from orchestrator.events import Cancelled, Envelope, InputRequired, Option, Owner, StaffMessage
from orchestrator.run import Handing
from orchestrator.staff.values import Filters
from orchestrator.store import Receipt
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_staff import SqlStaffStore
from orchestrator.stores.staff_listing import encode_cursor
from rag.database import open_database
from tests.databases import DATABASES, migrate
from tests.laws.test_store_laws import completed

ANNA = Caller("anna", name="Anna", email="anna@example.com")
ADA, BEN = Member("ada", "Ada"), Member("ben", "Ben")
REQUEST = Handing("request", lambda place, email: f"Number {place}; {email}")


@dataclass
class Stores:
    customers: SqlStore
    staff: SqlStaffStore

    async def say(self, words: str, session: str = "s", caller: Caller = ANNA) -> Receipt:
        return await self.customers.accept(caller, Send(words, session), lambda said, request: None)

    async def told(self, conversation_id: str) -> list[Envelope]:
        return list(await self.customers.events(conversation_id, 0))


def act(operation: str, conversation_id: str | None = None, member: Member = ADA) -> Act:
    return Act(member, operation, conversation_id)


@pytest.fixture(params=DATABASES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    with DATABASES[request.param](tmp_path) as url:
        database = open_database(url)
        migrate(database)
        customers = SqlStore(database)
        yield Stores(customers, SqlStaffStore(customers.transactions))
        await customers.close()


async def test_a_take_over_ends_every_run_before_anything_of_staff(stores: Stores) -> None:
    store = stores.customers
    parked = await stores.say("book it")
    conversation = parked.envelope.conversation_id
    await store.begin(conversation)
    asks = InputRequired(
        str(parked.accepted.run_id), "s", "q", "confirm", "Sure?", (Option(True, "Yes"),), {}, "2099-01-01", "So"
    )
    await store.park(conversation, asks, "left behind")
    running = await stores.say("what about it?")
    again = await store.begin(conversation)
    assert again is not None
    waiting = await stores.say("and that?")
    handed = await stores.staff.take(act("take", conversation), {again.run_id: "It ha"}, force=False)
    events = [envelope.event for envelope in handed.envelopes]
    ended = [event for event in events if isinstance(event, Cancelled)]
    assert isinstance(events[-1], Owner)
    assert len(ended) == len(events) - 1 == 2  # the parked one had ended with the message behind it
    assert {event.run_id: event.partial_response for event in ended} == {
        str(running.accepted.run_id): "It ha",
        str(waiting.accepted.run_id): "",
    }
    assert (events[-1].owner, events[-1].state, events[-1].staff.name) == ("staff", "staff", "Ada")  # type: ignore[union-attr]
    assert await store.unfinished() == []
    # Whatever the run commits from now on is refused.
    assert await store.append(conversation, again.run_id, asks) is None
    assert await store.finish(conversation, completed(again.run_id)) == ()
    assert await store.park(conversation, asks, "") is None
    assert await store.begin(conversation) is None
    seqs = [envelope.seq for envelope in await stores.told(conversation)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_run_of_an_earlier_owner_commits_nothing_even_where_it_was_forgotten(stores: Stores) -> None:
    """The epoch alone keeps it out."""
    receipt = await stores.say("hello")
    conversation, run = receipt.envelope.conversation_id, str(receipt.accepted.run_id)
    await stores.customers.begin(conversation)
    epoch = text("UPDATE conversations SET owner_epoch = owner_epoch + 1")
    await stores.customers.transactions.write(lambda connection: connection.execute(epoch))
    assert await stores.customers.finish(conversation, completed(run)) == ()
    assert len(await stores.told(conversation)) == 1


async def test_of_two_who_take_one_gets_it(stores: Stores) -> None:
    conversation = (await stores.say("hello")).envelope.conversation_id
    taken = await asyncio.gather(
        *(stores.staff.take(act("take", conversation, one), {}, force=False) for one in (ADA, BEN)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in taken) == ["Conflict", "Handed"]
    line = await stores.staff.line(conversation)
    loser = BEN if line.staff == ADA else ADA
    handed = await stores.staff.take(act("take", conversation, loser), {}, force=True)
    assert len(handed.envelopes) == 1
    assert (await stores.staff.line(conversation)).staff == loser
    assert (await stores.staff.take(act("take", conversation, loser), {}, force=False)).envelopes == ()


async def test_messages_to_a_person_have_no_run_and_the_bot_reads_them_later(stores: Stores) -> None:
    store = stores.customers
    conversation = (await stores.say("hello")).envelope.conversation_id
    await stores.staff.take(act("take", conversation), {}, force=False)
    receipt = await store.accept(ANNA, Send("hi Ada", "s", "m-1"), lambda said, request: None)
    assert receipt.accepted.run_id is None
    assert receipt.told is not None
    assert "Ada" in receipt.told.response
    again = await store.accept(ANNA, Send("hi Ada", "s", "m-1"), lambda said, request: None)
    assert (again.duplicate, again.accepted, again.told) == (True, receipt.accepted, receipt.told)
    reply = await stores.staff.reply(act("reply", conversation), "Hello Anna", "r-1")
    assert isinstance(reply.envelope.event, StaffMessage)
    assert (reply.message.role, reply.message.name, reply.message.run_id) == ("staff", "Ada", None)
    twice = await stores.staff.reply(act("reply", conversation), "Hello Anna", "r-1")
    assert (twice.duplicate, twice.envelope) == (True, reply.envelope)
    with pytest.raises(IdempotencyConflict):
        await stores.staff.reply(act("reply", conversation), "Something else", "r-1")
    await stores.staff.give_back(act("return", conversation), anybodys=False)
    await stores.say("and now?")
    start = await store.begin(conversation)
    assert start is not None
    assert [(turn.role, turn.text, turn.agent) for turn in start.history] == [
        ("customer", "hello", None),
        ("customer", "hi Ada", None),
        ("assistant", "Hello Anna", "staff"),
    ]


async def test_only_who_has_it_replies(stores: Stores) -> None:
    conversation = (await stores.say("hello")).envelope.conversation_id
    with pytest.raises(Conflict):
        await stores.staff.reply(act("reply", conversation), "Hello", None)
    await stores.staff.take(act("take", conversation), {}, force=False)
    with pytest.raises(Conflict):
        await stores.staff.reply(act("reply", conversation, BEN), "Hello", None)
    with pytest.raises(Conflict):
        await stores.staff.give_back(act("return", conversation, BEN), anybodys=False)
    await stores.staff.give_back(act("return", conversation, BEN), anybodys=True)
    with pytest.raises(Conflict):
        await stores.staff.reply(act("reply", conversation), "Hello", None)


async def test_the_queue(stores: Stores) -> None:
    conversations = []
    for session in ("one", "two", "three"):
        conversations.append((await stores.say("help", session)).envelope.conversation_id)
        handed = await stores.customers.hand_over(conversations[-1], REQUEST)
        [owner] = [envelope.event for envelope in handed.envelopes]
        assert isinstance(owner, Owner)
        assert (owner.owner, owner.state, owner.reason) == ("bot", "waiting", "request")
        assert owner.notice == f"Number {len(conversations)}; anna@example.com"
        await asyncio.sleep(0.002)
    assert (await stores.customers.hand_over(conversations[0], REQUEST)).envelopes == ()
    await stores.staff.take(act("take", conversations[0]), {}, force=False)
    page = await stores.staff.list(Filters(sort="waiting"), 10, None)
    assert [(line.conversation_id, line.place) for line in page.conversations] == [
        (conversations[1], 1),
        (conversations[2], 2),
    ]
    assert (await stores.customers.standing(conversations[2])).place == 2
    # While somebody waits the bot goes on.
    receipt = await stores.say("still there?", "two")
    assert receipt.accepted.run_id is not None
    assert await stores.customers.begin(conversations[1]) is not None


async def test_an_answer_and_its_hand_over_are_one_commit(stores: Stores) -> None:
    receipt = await stores.say("a person, please")
    conversation, run = receipt.envelope.conversation_id, str(receipt.accepted.run_id)
    await stores.customers.begin(conversation)
    envelopes = await stores.customers.finish(conversation, completed(run), handing=REQUEST)
    assert [type(envelope.event).__name__ for envelope in envelopes] == ["Completed", "Owner"]
    assert await stores.customers.finish(conversation, completed(run), handing=REQUEST) == ()
    assert (await stores.staff.line(conversation)).state == "waiting"


async def test_closing_and_opening_again(stores: Stores) -> None:
    conversation = (await stores.say("hello")).envelope.conversation_id
    handed = await stores.staff.close_conversation(act("close", conversation), {})
    assert [type(envelope.event).__name__ for envelope in handed.envelopes] == ["Cancelled", "Owner"]
    assert (await stores.staff.close_conversation(act("close", conversation), {})).envelopes == ()
    receipt = await stores.say("one more thing")
    assert [type(envelope.event).__name__ for envelope in receipt.before] == ["Owner"]
    assert receipt.accepted.run_id is not None
    assert (await stores.staff.line(conversation)).state == "bot"
    with pytest.raises(Conflict):
        await stores.staff.reopen(act("reopen", conversation))


async def test_what_is_unknown_is_not_found(stores: Stores) -> None:
    for attempt in (
        stores.staff.take(act("take", "nowhere"), {}, force=True),
        stores.staff.give_back(act("return", "nowhere"), anybodys=True),
        stores.staff.reply(act("reply", "nowhere"), "Hello", None),
        stores.staff.note(act("note", "nowhere"), "Hello"),
        stores.staff.tag(act("tag", "nowhere"), ["a"]),
        stores.staff.open(act("open", "nowhere"), 5),
        stores.staff.facts(act("customer", "nowhere")),
        stores.staff.explain(act("why", "nowhere"), "no-run"),
        stores.staff.line("nowhere"),
        stores.customers.standing("nowhere"),
        stores.customers.hand_over("nowhere", REQUEST),
    ):
        with pytest.raises(NotFound):
            await attempt
    entries, _ = await stores.staff.audit(50, None)
    assert entries == []  # what did not happen was no act


@pytest.mark.parametrize("values", [["a"], [1], ["a", "b"], [1, 2], [1, "a\x00", "b"], ["a", "b\x00"], [2**31]])
async def test_a_cursor_of_another_making_is_refused(stores: Stores, values: list[str | int]) -> None:
    """Whatever is in it: a database that knows types would fail at it."""
    cursor = encode_cursor(values)
    with pytest.raises(BadRequest):
        await stores.staff.list(Filters(sort="priority"), 2, cursor)
    if values[:1] != [1]:
        with pytest.raises(BadRequest):
            await stores.staff.audit(2, cursor)
    if values != ["a", "b"]:
        for listed in (stores.staff.ratings(None, 2, cursor), stores.staff.deliveries(2, cursor)):
            with pytest.raises(BadRequest):
                await listed


async def test_the_list_in_pages_and_by_filters(stores: Stores) -> None:
    for n in range(5):
        receipt = await stores.say(f"question {n} about 100% tow_bars", f"s{n}")
        if n % 2:
            await stores.staff.tag(act("tag", receipt.envelope.conversation_id), ["odd", "vip"])
            await stores.staff.prioritise(act("priority", receipt.envelope.conversation_id), "urgent")
    for sort in ("recent", "oldest", "priority"):
        seen, cursor, pages = [], None, 0
        while True:
            page = await stores.staff.list(Filters(sort=sort), 2, cursor)
            seen += [line.session_id for line in page.conversations]
            cursor, pages = page.next, pages + 1
            if cursor is None:
                break
        assert (sorted(seen), pages) == ([f"s{n}" for n in range(5)], 3)
        if sort == "priority":
            assert set(seen[:2]) == {"s1", "s3"}

    async def found(**filters: object) -> set[str]:
        page = await stores.staff.list(Filters(**filters), 50, None)  # type: ignore[arg-type]
        return {line.session_id for line in page.conversations}

    assert await found(tags=("odd", "vip")) == {"s1", "s3"}
    assert await found(tags=("odd", "other")) == set()
    assert await found(priorities=("urgent",)) == {"s1", "s3"}
    assert await found(text="QUESTION 3") == {"s3"}
    assert await found(text="100% tow_b") == {f"s{n}" for n in range(5)}
    assert await found(states=("waiting",)) == set()
    assert await found(assignee="ada") == set()
    assert len(await found(assignee="none")) == 5
    with pytest.raises(BadRequest):
        await stores.staff.list(Filters(), 2, "nonsense")


HOSTILE = (
    '"', "'", '" OR 1=1 --', "a* NEAR(b)", "roof AND", "roof:load", "-roof", "^roof", "(roof", "&|!<->", "\\", "%_",
    "*", "😀", "roof\u202e", "ﬁ", "x" * 5_000, "y " * 2_000,
)  # fmt: skip


async def test_a_search_finds_words_however_they_are_written(stores: Stores) -> None:
    said = {
        "plain": "Where may I mount a roof box, and what is its load?",
        "code": "It shows P0301 and P0420 since Monday",
        "umlaut": "Die ZÜNDUNG läuft unruhig",
        "russian": "Где находится ЗАПАСНОЕ колесо?",
        "address": "write to anna.b@example.com please",
    }
    told = {name: (await stores.say(text, name)).envelope.conversation_id for name, text in said.items()}
    taken_back = await stores.say("my secret is quetzalcoatl", "secret")
    await stores.customers.blank(ANNA, taken_back.accepted.message_id)
    await stores.say("roof rails", "gone")
    await stores.customers.delete(ANNA, "gone")

    async def found(text: str) -> set[str]:
        page = await stores.staff.list(Filters(text=text), 50, None)
        return {line.session_id for line in page.conversations}

    assert await found("roof") == await found("LOAD roof") == await found("roo loa") == {"plain"}
    assert await found("p030") == await found("P0301, P0420") == {"code"}
    assert await found("zündung") == {"umlaut"}
    assert await found("запасное") == {"russian"}
    assert await found("anna.b@example") == {"address"}
    assert await found("quetzalcoatl") == await found("rails") == await found("roof P0301") == set()
    assert await found("anna") == {*told, "secret"}, "so is the customer called"
    for wanted in HOSTILE:
        assert await found(wanted) <= {*told, "secret"}, wanted
    assert await found('roof"') == {"plain"}


async def test_what_a_line_tells(stores: Stores) -> None:
    receipt = await stores.say("first words")
    conversation, run = receipt.envelope.conversation_id, str(receipt.accepted.run_id)
    await stores.customers.begin(conversation)
    await stores.customers.finish(conversation, completed(run, "It has 85 kW.", "answer-9"))
    await stores.customers.feedback(ANNA, Feedback("answer-9", "down", "wrong"))
    line = await stores.staff.line(conversation)
    assert (line.title, line.messages, line.unread) == ("first words", 2, 1)
    assert (line.thumbs.up, line.thumbs.down) == (0, 1)
    assert line.preview is not None
    assert (line.preview.role, line.preview.text) == ("assistant", "It has 85 kW.")
    assert (line.customer.name, line.customer.email, line.customer.guest) == ("Anna", "anna@example.com", False)
    await stores.staff.seen(conversation, line.head_seq)
    await stores.staff.seen(conversation, 1)
    assert (await stores.staff.line(conversation)).unread == 0
    [rated], following = await stores.staff.ratings("down", 5, None)
    assert (rated.question, rated.answer, rated.reason, following) == ("first words", "It has 85 kW.", "wrong", None)
    opened = await stores.staff.open(act("open", conversation), 1)
    assert (opened.more, opened.messages[0].feedback is not None) == (True, True)
    counted = await stores.staff.counts("ada")
    assert (counted.bot, counted.waiting, counted.mine, counted.unread) == (1, 0, 0, 0)


async def test_every_act_stands_in_the_log_for_ever(stores: Stores) -> None:
    conversation = (await stores.say("hello")).envelope.conversation_id
    await stores.staff.take(act("take", conversation), {}, force=False)
    await stores.staff.note(act("note", conversation, BEN), "secret words")
    canned = await stores.staff.keep_canned(act("canned_keep"), None, "hi", "Hi", "Hello")
    with pytest.raises(Conflict):
        await stores.staff.keep_canned(act("canned_keep"), None, "hi", "Hi", "Another")
    await stores.staff.drop_canned(act("canned_drop"), canned.canned_id)
    entries, following = await stores.staff.audit(3, None)
    assert [entry.operation for entry in entries] == ["canned_drop", "canned_keep", "note"]
    rest, _ = await stores.staff.audit(3, following)
    assert [(entry.operation, entry.staff.id) for entry in rest] == [("take", "ada")]
    assert not any("secret" in str(entry) for entry in (*entries, *rest))
    only, _ = await stores.staff.audit(9, None, "ben", conversation)
    assert [entry.operation for entry in only] == ["note"]
    await stores.customers.delete(ANNA, "s")
    assert len((await stores.staff.audit(9, None))[0]) == 4
    for statement in ("DELETE FROM audit_log", "UPDATE audit_log SET operation = 'none'"):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            stores.customers.transactions.engine.begin() as connection,
        ):
            connection.execute(text(statement))
