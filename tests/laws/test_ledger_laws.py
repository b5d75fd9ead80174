"""What every ledger promises, on each that there is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from orchestrator.accounting.ledger import By, Entry, Ledger, Spent, Total
from orchestrator.commands import Caller, Send
from orchestrator.errors import StorageUnavailable
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_ledger import SqlLedger
from rag.database import open_database
from tests.databases import DATABASES, migrate

DAY, NEXT = "2026-03-01", "2026-03-02"
ANSWER = Entry(
    "run-1", "talk-1", "anna", DAY, "answer", "specs", "test:one",
    calls=1, input_tokens=100, cached_tokens=40, output_tokens=10, cost_micros=35,
    milliseconds=900.0, begun=1, first_token_ms=300.0,
)  # fmt: skip
CLASSIFY = Entry(
    "run-1", "talk-1", "anna", DAY, "classify", "", "test:one",
    calls=1, failures=1, estimated=1, input_tokens=50, cost_micros=13, milliseconds=100.0,
)  # fmt: skip
TOOL = Entry(
    "run-1", "talk-1", "anna", DAY, "tool", "specs", "look_up", calls=3, failures=1, cost_micros=0, milliseconds=30.0
)
UNPRICED = replace(ANSWER, run_id="run-2", owner="ben", name="test:new", agent="maintenance", cost_micros=None)


@pytest.fixture(params=DATABASES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlStore]:
    with DATABASES[request.param](tmp_path) as url:
        database = open_database(url)
        migrate(database)
        opened = SqlStore(database)
        yield opened
        await opened.close()


@pytest.fixture
def ledger(store: SqlStore) -> Ledger:
    return SqlLedger(store.transactions)


async def by(ledger: Ledger, by: By, since: str = DAY) -> dict[str, Total]:
    return {total.key: total for total in await ledger.totals(since, by)}


async def test_an_empty_ledger(ledger: Ledger) -> None:
    await ledger.add([])
    assert await ledger.of_day("anna", DAY) == await ledger.of_run("run-1") == Spent()
    assert list(await ledger.totals(DAY, "day")) == []


async def test_a_day_and_a_run_add_up(ledger: Ledger) -> None:
    await ledger.add([ANSWER, CLASSIFY, TOOL])
    await ledger.add([UNPRICED, replace(ANSWER, run_id="run-3", day=NEXT)])
    assert await ledger.of_day("anna", DAY) == await ledger.of_run("run-1") == Spent(150, 40, 10, 48, 0)
    assert await ledger.of_day("anna", NEXT) == Spent(100, 40, 10, 35, 0)
    assert await ledger.of_day("ben", DAY) == Spent(100, 40, 10, 0, 110)
    assert await ledger.of_day("ben", NEXT) == await ledger.of_day("", DAY) == Spent()


async def test_what_is_alike_adds_up_within_a_run(ledger: Ledger) -> None:
    await ledger.add([ANSWER, TOOL])
    await ledger.add([ANSWER, replace(ANSWER, cost_micros=None, begun=0, first_token_ms=0.0), TOOL])
    total = (await by(ledger, "model"))["test:one"]
    assert (total.runs, total.calls, total.begun, total.first_token_ms) == (1, 3, 2, 600.0)
    assert total.spent == Spent(300, 120, 30, 0, 330), "a cost that is known in part is not known"
    assert (await by(ledger, "tool"))["look_up"].tool_calls == 6


async def test_a_run_over_midnight_stands_on_both_days(ledger: Ledger) -> None:
    await ledger.add([ANSWER])
    await ledger.add([replace(ANSWER, day=NEXT)])
    assert (await ledger.of_run("run-1")).tokens == 220
    assert (await ledger.of_day("anna", DAY)).tokens == (await ledger.of_day("anna", NEXT)).tokens == 110


async def test_totals(ledger: Ledger) -> None:
    await ledger.add([ANSWER, CLASSIFY, TOOL, UNPRICED, replace(UNPRICED, run_id="run-3", day=NEXT)])
    model = Total("test:one", 1, Spent(150, 40, 10, 48, 0), 2, 0, 1, 1, 1000.0, 0.0, 1, 300.0)
    assert (await by(ledger, "model"))["test:one"] == model
    assert [total.key for total in await ledger.totals(DAY, "model")] == ["test:new", "test:one"]
    assert [total.key for total in await ledger.totals(DAY, "day")] == [NEXT, DAY]
    assert [total.key for total in await ledger.totals(NEXT, "day")] == [NEXT]
    users = await by(ledger, "user")
    assert (users["anna"].spent.tokens, users["ben"].spent.unpriced, users["ben"].runs) == (160, 220, 2)
    agents = await by(ledger, "agent")
    assert set(agents) == {"", "specs", "maintenance"}
    assert (agents["specs"].calls, agents["specs"].tool_calls, agents["specs"].failures) == (1, 3, 1)
    assert (agents["specs"].milliseconds, agents["specs"].tool_milliseconds) == (900.0, 30.0)
    assert set(await by(ledger, "purpose")) == {"answer", "classify"}
    tools = await by(ledger, "tool")
    assert [*tools] == ["look_up"]
    assert (tools["look_up"].calls, tools["look_up"].spent) == (0, Spent())


async def test_all_entries_or_none(ledger: Ledger) -> None:
    broken = replace(TOOL, calls=None)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError):
        await ledger.add([ANSWER, broken])
    assert await ledger.of_run("run-1") == Spent()


async def test_at_once(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.add([replace(ANSWER, run_id=f"run-{number % 5}")]) for number in range(50)))
    assert (await ledger.of_day("anna", DAY)).tokens == 50 * 110
    assert (await ledger.of_run("run-3")).tokens == 10 * 110


async def test_a_cancelled_caller_leaves_the_accounts_to_be_written(ledger: Ledger) -> None:
    writing = asyncio.create_task(ledger.add([ANSWER]))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await ledger.add([])
    assert (await ledger.of_run("run-1")).tokens == 110


async def test_accounts_outlive_their_conversation(ledger: Ledger, store: SqlStore) -> None:
    anna = Caller("anna")
    receipt = await store.accept(anna, Send("How strong is it?", "s"), lambda text, request: None)
    run = receipt.accepted.run_id
    await ledger.add([replace(ANSWER, run_id=run)])
    await store.delete(anna, "s")
    assert (await ledger.of_run(run)).tokens == 110


async def test_a_database_that_is_gone(ledger: Ledger, store: SqlStore) -> None:
    with store.transactions.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger")
    for asking in (ledger.add([ANSWER]), ledger.of_day("anna", DAY), ledger.of_run("r"), ledger.totals(DAY, "day")):
        with pytest.raises(StorageUnavailable):
            await asking


async def test_owners_and_names_are_data(ledger: Ledger) -> None:
    hostile = "x'; DROP TABLE ledger; -- \U0001f697" + "y" * 200
    await ledger.add([replace(ANSWER, owner=hostile, name=hostile, agent="")])
    assert (await ledger.of_day(hostile, DAY)).tokens == 110
    assert set(await by(ledger, "user")) == set(await by(ledger, "model")) == {hostile}
