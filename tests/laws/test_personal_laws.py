"""What the store of what is held of persons promises, on each database that there is."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, inspect, text

from agents.appointment_store import Owner as Holder
from agents.appointments.sql_store import SqlAppointmentStore
from api.access.auth import Identity
from api.access.revoked import Revoked
from orchestrator.accounting.ledger import Entry
from orchestrator.audit.act import CUSTOMER, Act
from orchestrator.commands import Caller, Feedback, Send
from orchestrator.event.ownership import Member
from orchestrator.events import InputRequired, Option
from orchestrator.privacy.person import export
from orchestrator.privacy.store import Periods
from orchestrator.run import Handing
from orchestrator.stores import staff_webhooks
from orchestrator.stores.personal import HOLDINGS, NOBODYS
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit
from orchestrator.stores.sql_ledger import SqlLedger
from orchestrator.stores.sql_personal import SqlPersonalStore
from orchestrator.stores.sql_revocations import SqlRevocations
from orchestrator.stores.sql_staff import SqlStaffStore
from rag.database import open_database
from tests.databases import DATABASES, migrate
from tests.laws.test_store_laws import completed

ADA = Member("ada", "Ada")
NOW = datetime.now(UTC)
FOREVER = Periods()


@dataclass
class House:
    """All stores over one database."""

    url: str
    store: SqlStore
    audit: SqlAudit
    staff: SqlStaffStore
    personal: SqlPersonalStore
    appointments: SqlAppointmentStore
    ledger: SqlLedger
    revocations: SqlRevocations

    async def furnish(self, user: str) -> dict[str, str]:
        """Everything that can be held of a user, with the user's name in every text."""
        caller = Caller(user, name=f"name-{user}", email=f"{user}@example.com")
        receipt = await self.store.accept(caller, Send(f"I am {user} (über)", f"s-{user}", "c-1"), lambda *_: None)
        conversation, run = receipt.envelope.conversation_id, str(receipt.accepted.run_id)
        await self.store.begin(conversation)
        await self.store.finish(conversation, replace(completed(run), message_id=f"answer-{user}"))
        answer = (await self.store.messages(caller, f"s-{user}"))[-1].message_id
        await self.store.feedback(caller, Feedback(answer, "down", f"{user} is cross"))
        await self.store.describe(caller, f"s-{user}", {"of": user})
        await self.staff.freeze(Act(ADA, "case", conversation), answer, f"say hello to {user}", None)
        handing = Handing("request", lambda place, email: f"{email} waits", f"{user} wants a person")
        await self.store.hand_over(conversation, handing)
        await self.staff.take(Act(ADA, "take", conversation, address="192.0.2.1"), {}, force=False)
        await self.staff.reply(Act(ADA, "reply", conversation), f"Hello {user}", None)
        await self.staff.note(Act(ADA, "note", conversation), f"{user} is a friend")
        await self.staff.tag(Act(ADA, "tag", conversation, {"tags": 1}), [f"of-{user}"])
        parked = await self.store.accept(caller, Send(f"Book for {user}", f"p-{user}"), lambda *_: None)
        about, waiting = parked.envelope.conversation_id, str(parked.accepted.run_id)
        await self.store.begin(about)
        option = Option(True, "Yes")
        asks = InputRequired(waiting, f"p-{user}", "q" + user, "confirm", f"{user}?", (option,), {}, "2099-01-01", "So")
        await self.store.park(about, asks, f"left by {user}")
        holder = Holder(user, about, waiting)
        held = await self.appointments.hold(
            holder, "north", NOW + timedelta(days=3), 5, work=f"brakes of {user}", vehicle="Wren", now=NOW, seconds=60
        )
        await self.appointments.commit(holder, held.id, NOW)
        await self.ledger.add([entry(run, user, conversation), entry(waiting, user, about)])
        await self.revocations.add("user", user, "boss")
        await self.store.transactions.write(staff_webhooks.collect)
        return {"conversation": conversation, "run": run, "waiting": waiting, "answer": answer}

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of all tables."""

        def work(connection: Connection) -> dict[str, list[dict[str, Any]]]:
            names = inspect(connection).get_table_names()
            return {
                name: [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {name}"))]
                for name in names
            }

        return await self.store.transactions.read(work)


def entry(run: str, user: str, conversation: str) -> Entry:
    return Entry(
        run_id=run, day="2026-11-25", kind="answer", agent="specs", name="model", owner=user,
        conversation_id=conversation, calls=1, failures=0, estimated=0, input_tokens=7, cached_tokens=0,
        output_tokens=3, cost_micros=5, milliseconds=1.0, begun=1, first_token_ms=1.0,
    )  # fmt: skip


@pytest.fixture(params=DATABASES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    with DATABASES[request.param](tmp_path) as url:
        database = open_database(url)
        migrate(database)
        store = SqlStore(database)
        audit = SqlAudit(store.transactions)
        appointments, revocations = SqlAppointmentStore(database), SqlRevocations(database, 3600)
        staff, personal = SqlStaffStore(store.transactions, audit), SqlPersonalStore(store, audit)
        ledger = SqlLedger(store.transactions)
        yield House(url, store, audit, staff, personal, appointments, ledger, revocations)
        await appointments.close()
        revocations.close()
        await store.close()


async def test_every_table_is_known_to_hold_something_of_persons_or_not(house: House) -> None:
    """A migration that brings a table says here whose its rows are."""

    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    there = await house.store.transactions.read(names)
    known = set(HOLDINGS) | {name for name in NOBODYS if name in there}
    assert there == known
    assert not set(HOLDINGS) & set(NOBODYS)
    for holding in HOLDINGS.values():
        assert holding.hidden | holding.plain <= set(holding.table.columns.keys()), holding.table.name


async def exported(house: House, user: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(b"".join([piece async for piece in export(house.personal, user)]))
    return told


async def test_an_export_has_something_of_every_table_and_nothing_of_others(house: House) -> None:
    await house.furnish("anna")
    await house.furnish("ben")
    told = await exported(house, "anna")
    assert (told["user_id"], told["format"]) == ("anna", 1)
    empty = [table for table, rows in told["held"].items() if not rows]
    assert empty == ["citations"]  # the answer had no passages
    assert set(told["held"]) == set(HOLDINGS)
    text = json.dumps(told, ensure_ascii=False)
    assert "ben" not in text
    assert "I am anna (über)" in text
    assert "ada" not in json.dumps([told["held"]["private_notes"], told["held"]["audit_log"]])
    [one] = [row for row in told["held"]["conversations"] if row["session_id"] == "s-anna"]
    assert one["metadata"] == {"of": "anna"}
    assert {row["kind"] for row in told["held"]["events"]} >= {"accepted", "completed", "owner"}
    assert [row["text"] for row in told["held"]["private_notes"]] == ["anna is a friend"]


async def test_an_export_in_many_pages_has_each_row_once(house: House) -> None:
    for n in range(230):
        await house.store.open(Caller("anna"), f"s{n}")
    told = (await exported(house, "anna"))["held"]["conversations"]
    assert len(told) == len({row["id"] for row in told}) == 230


@pytest.mark.parametrize("user", ["nobody", "%", "ann", "Anna", "'; --", "\U0001f600" * 60], ids=range(6))
async def test_of_whom_nothing_is_held_nothing_is_told_or_erased(house: House, user: str) -> None:
    await house.furnish("anna")
    before = await house.everything()
    assert not any((await exported(house, user))["held"].values())
    erased = await house.personal.erase(Act(CUSTOMER, "erase_me", subject=user))
    assert not any(erased.rows.values())
    after = await house.everything()
    assert {name for name in before if before[name] != after[name]} <= {
        "audit_log", "audit_chain", "message_words_data", "message_words_idx", "message_words_config",
    }  # fmt: skip


async def test_nothing_stays_but_what_the_ledger_and_the_log_keep(house: House) -> None:
    ids = await house.furnish("anna")
    await house.furnish("ben")
    before = await house.everything()
    assert "anna" in str(before)
    erased = await house.personal.erase(Act(CUSTOMER, "erase_me", subject="anna"))
    assert set(erased.run_ids) == {ids["run"], ids["waiting"]}
    assert ids["conversation"] in erased.conversation_ids
    assert {name: number for name, number in erased.rows.items() if number} == {
        "messages": 5, "conversations": 2, "appointments": 1, "ledger": 2,
    }  # fmt: skip
    after = await house.everything()
    assert "anna" not in str(after).lower()
    staying = {
        name
        for name, rows in after.items()
        if any(value and value in str(rows) for value in (*ids.values(), *erased.conversation_ids))
    }
    assert staying == {"audit_log"}  # what the staff did, in conversations that are no more
    spent = [row for row in after["ledger"] if row["owner"] == "erased"]
    assert [(row["input_tokens"], row["cost_micros"], row["conversation_id"]) for row in spent] == [(7, 5, "")] * 2
    assert len({row["run_id"] for row in spent}) == 2
    # Of another nothing is missing.
    for name, rows in before.items():
        if name not in {"ledger", "audit_chain"} and not name.startswith("message_words"):
            theirs = [row for row in rows if "ben" in str(row)]
            assert all(row in after[name] for row in theirs), name
    assert (await house.audit.verify())[1] == ()


async def test_erasing_again_changes_nothing(house: House) -> None:
    await house.furnish("anna")
    await house.personal.erase(Act(CUSTOMER, "erase_me", subject="anna"))
    again = await house.personal.erase(Act(CUSTOMER, "erase_me", subject="anna"))
    assert not any(again.rows.values())
    assert again.conversation_ids == again.run_ids == ()


async def test_two_who_erase_the_same_at_once_both_succeed(house: House) -> None:
    for n in range(30):
        await house.store.accept(Caller("anna"), Send("hello", f"s{n}"), lambda *_: None)
    act = Act(CUSTOMER, "erase_me", subject="anna")
    erased = await asyncio.gather(*(house.personal.erase(act) for _ in range(4)))
    assert sum(one.rows.get("conversations", 0) for one in erased) == 30
    assert "anna" not in str(await house.everything())


async def test_a_revoked_token_of_an_erased_user_is_still_refused(house: House) -> None:
    await house.revocations.add("user", "anna", "boss")
    await house.personal.erase(Act(CUSTOMER, "erase", subject="anna"))
    revoked = Revoked(await house.revocations.read())
    assert revoked.covers(Identity("anna", "", "", "customer", 2**31, "t", 1))
    assert not revoked.covers(Identity("ben", "", "", "customer", 2**31, "t", 1))


async def test_letters_of_a_conversation_go_with_it(house: House) -> None:
    await house.furnish("anna")
    for session in ("s-anna", "p-anna"):
        await house.store.delete(Caller("anna"), session)
    assert (await house.everything())["webhook_deliveries"] == []


async def test_others_learn_who_was_erased_by_a_digest(house: House) -> None:
    assert (await house.personal.erased_since(None)).subjects == {}
    upto = (await house.personal.erased_since(None)).upto
    erased = await house.personal.erase(Act(CUSTOMER, "erase_me", subject="anna"))
    found = await house.personal.erased_since(upto)
    digest = await house.personal.digest()
    assert found.subjects == {erased.audit_id: digest("anna")}
    assert (await house.personal.erased_since(found.upto)).subjects == {}


async def test_what_a_run_leaves_in_the_ledger_after_all_is_swept(house: House) -> None:
    ids = await house.furnish("anna")
    await house.furnish("ben")
    await house.store.delete(Caller("ben"), "s-ben")
    await house.personal.erase(Act(CUSTOMER, "erase_me", subject="anna"))
    await house.ledger.add([entry("late", "anna", ids["conversation"])])
    digest = await house.personal.digest()
    await house.personal.sweep({digest("anna")})
    owners = [row["owner"] for row in (await house.everything())["ledger"]]
    assert sorted(owners) == ["ben", "ben", "erased", "erased", "erased"]


async def test_what_is_kept_for_ever_does_not_expire(house: House) -> None:
    await house.furnish("anna")
    before = await house.everything()
    await house.personal.expire(FOREVER)
    assert await house.everything() == before


async def age(house: House, days: int) -> None:
    """Let everything have happened so many days ago."""
    then = NOW - timedelta(days=days)
    stamp = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for statement in (
        f"UPDATE conversations SET updated_at = '{stamp}'",
        f"UPDATE appointments SET starts_at = '{stamp}'",
        f"UPDATE ledger SET day = '{stamp[:10]}'",
        f"UPDATE webhook_deliveries SET created_at = '{stamp}', state = 'delivered'",
    ):
        await house.store.transactions.write(lambda connection, words=statement: connection.execute(text(words)))


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("conversations", {"conversations": 1, "messages": 3}),
        ("appointments", {"appointments": 1}),
        ("ledger", {"ledger": 2}),
        ("deliveries", {"webhook_deliveries": 2}),
    ],
)
async def test_each_kind_expires_by_its_own_period(house: House, kind: str, gone: dict[str, int]) -> None:
    await house.furnish("anna")
    await age(house, 10)
    period = {kind: 11}
    assert not any((await house.personal.expire(Periods(**period))).rows.values())
    erased = await house.personal.expire(Periods(**{kind: 9}))
    assert {name: number for name, number in erased.rows.items() if number} == gone  # the parked run keeps the other
    assert not any((await house.personal.expire(Periods(**{kind: 9}))).rows.values())
    [entry] = (await house.audit.listed(1))[0]
    assert (entry.operation, entry.detail) == ("expire", {"rows": gone})
