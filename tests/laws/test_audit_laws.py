"""What the audit log promises, on each database that there is."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.audit.act import CUSTOMER, SERVER, Act
from orchestrator.audit.chain import Head
from orchestrator.commands import Caller, Send
from orchestrator.errors import StorageUnavailable
from orchestrator.event.ownership import Member
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit, Wanted
from orchestrator.stores.sql_staff import SqlStaffStore
from rag.database import Transactions, open_database
from tests.databases import DATABASES, migrate

ADA = Member("ada", "Ada")


class House:
    """A database, its conversations and its log."""

    def __init__(self, url: str) -> None:
        database = open_database(url)
        migrate(database)
        self.url = url
        self.store = SqlStore(database)
        self.audit = SqlAudit(self.store.transactions)

    def execute(self, *statements: str) -> None:
        """Do what only somebody at the database's own console can."""
        sqlite = self.store.transactions.engine.dialect.name == "sqlite"
        with self.store.transactions.engine.begin() as connection:
            for act in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER audit_log_kept_{act}{'' if sqlite else ' ON audit_log'}"))
            for statement in statements:
                connection.execute(text(statement))

    async def broken(self) -> list[int]:
        return [one.number for one in (await self.audit.verify())[1]]


@pytest.fixture(params=DATABASES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    with DATABASES[request.param](tmp_path) as url:
        opened = House(url)
        yield opened
        await opened.store.close()


async def test_a_fresh_log_holds(house: House) -> None:
    head, broken = await house.audit.verify()
    assert (head.number, list(broken)) == (0, [])


async def test_who_did_what_to_whom_from_where(house: House) -> None:
    receipt = await house.store.accept(Caller("anna"), Send("hi", "s"), lambda said, request: None)
    conversation = receipt.envelope.conversation_id
    staff = SqlStaffStore(house.store.transactions, house.audit)
    await staff.note(Act(ADA, "note", conversation, address="192.0.2.7"), "canary")
    await house.audit.add(Act(CUSTOMER, "export_me", subject="anna"))
    await house.audit.add(Act(SERVER, "started", detail={"env": "production"}, address="x" * 300))
    entries, following = await house.audit.listed(9)
    assert following is None
    assert [(one.operation, one.staff.id, one.staff.name) for one in entries] == [
        ("started", "", "server"), ("export_me", "", "customer"), ("note", "ada", "Ada"),
    ]  # fmt: skip
    assert (entries[2].address, len(entries[0].address)) == ("192.0.2.7", 64)
    assert entries[1].subject == entries[2].subject != entries[0].subject == ""
    assert "anna" not in str(entries)
    assert "canary" not in str(entries)
    about, _ = await house.audit.listed(9, None, Wanted(user_id="anna"))
    assert [one.operation for one in about] == ["export_me", "note"]
    assert [one.audit_id for one in (await house.audit.listed(9, None, Wanted(operation="started")))[0]] == [3]
    assert (await house.audit.listed(9, None, Wanted(until=entries[2].at)))[0] == []
    assert len((await house.audit.listed(9, None, Wanted(since=entries[2].at)))[0]) == 3
    assert await house.broken() == []


async def test_users_are_digested_with_the_key_of_the_settings(house: House) -> None:
    await house.audit.add(Act(CUSTOMER, "export_me", subject="anna"))
    keyed = SqlAudit(house.store.transactions, "a key that is kept elsewhere")
    await keyed.add(Act(CUSTOMER, "export_me", subject="anna"))
    first, second = reversed((await keyed.listed(9))[0])
    assert first.subject != second.subject
    assert [one.audit_id for one in (await keyed.listed(9, None, Wanted(user_id="anna")))[0]] == [2]


async def test_what_is_rolled_back_leaves_no_gap(house: House) -> None:
    def fails(connection: object) -> None:
        house.audit.keep(connection, Act(ADA, "note"))  # type: ignore[arg-type]
        raise StorageUnavailable

    await house.audit.add(Act(ADA, "note"))
    with pytest.raises(StorageUnavailable):
        await house.store.transactions.write(fails)
    await house.audit.add(Act(ADA, "note"))
    head, broken = await house.audit.verify()
    assert (head.number, list(broken)) == (2, [])


TAMPERED = {
    "changed": (["UPDATE audit_log SET operation = 'open' WHERE id = 3"], [3]),
    "renamed": (["UPDATE audit_log SET staff_id = 'ben' WHERE id = 1"], [1]),
    "removed": (["DELETE FROM audit_log WHERE id = 4"], [4]),
    "beheaded": (["DELETE FROM audit_log WHERE id < 3"], [1]),
    "cut off": (["DELETE FROM audit_log WHERE id > 4"], [5]),
    "emptied": (["DELETE FROM audit_log"], [1]),
    "swapped": (
        [
            "UPDATE audit_log SET id = 99 WHERE id = 2",
            "UPDATE audit_log SET id = 2 WHERE id = 5",
            "UPDATE audit_log SET id = 5 WHERE id = 99",
        ],
        [2, 3, 5, 6],
    ),
    "renumbered after a removal": (
        ["DELETE FROM audit_log WHERE id = 6", "UPDATE audit_chain SET number = 5"],
        [5],
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_tampering_is_found_where_it_is(house: House, how: str) -> None:
    for n in range(6):
        await house.audit.add(Act(ADA, "note", f"c-{n}"))
    statements, places = TAMPERED[how]
    house.execute(*statements)
    assert await house.broken() == places


async def test_a_noted_head_finds_what_is_whole_and_not_what_it_was(house: House) -> None:
    await house.audit.add(Act(ADA, "note"))
    head, _ = await house.audit.verify()
    await house.audit.add(Act(ADA, "open"))
    assert not (await house.audit.verify(head))[1]
    assert [one.number for one in (await house.audit.verify(Head(1, "f" * 64)))[1]] == [1]
    assert [one.number for one in (await house.audit.verify(Head(7, "f" * 64)))[1]] == [3]


def _adds(url: str, name: str, times: int) -> None:
    async def add() -> None:
        transactions = Transactions(open_database(url), StorageUnavailable)
        audit = SqlAudit(transactions)
        for n in range(0, times, 5):
            await asyncio.gather(*(audit.add(Act(Member(name, name), "note", f"{n}-{m}")) for m in range(5)))
        transactions.close()
        transactions.engine.dispose()

    asyncio.run(add())


async def test_two_processes_keep_one_chain(house: House) -> None:
    times = 30
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_adds, args=(house.url, name, times)) for name in ("one", "two")]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join, 60)
    assert [process.exitcode for process in processes] == [0, 0]
    head, broken = await house.audit.verify()
    assert (head.number, list(broken)) == (2 * times, [])
    entries, _ = await house.audit.listed(2 * times)
    assert {one.staff.id for one in entries} == {"one", "two"}
