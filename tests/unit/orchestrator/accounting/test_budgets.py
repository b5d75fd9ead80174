"""A run with its accounts, over a real ledger, with scripted events in the graph's place."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agents.models.metering import meter, working_as
from agents.types import Question, Usage
from orchestrator.accounting.budgets import DAY_BUDGET, Allowance, MeteredRun
from orchestrator.accounting.ledger import Entry, Spent
from orchestrator.accounting.prices import parse_prices
from orchestrator.errors import StorageUnavailable
from orchestrator.events import AnyEvent, Completed, Reasoning, Timing, Token, UsageFigures
from orchestrator.run import Desk, Reply, RunInput
from orchestrator.stores.sql_ledger import SqlLedger
from rag.database import Transactions, open_database
from tests.databases import migrate

RUN = RunInput("run-1", "s", Question("How strong is it?"), "customer", "anna", "talk-1")
PRICES = parse_prices("test:one=1/0.1/10")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, NEXT = "2026-03-01", "2026-03-02"


def ask(tokens: int = 100, purpose: Any = "answer", name: str = "test:one") -> None:
    """What a metered model does to the meter."""
    call = meter().begin(purpose, name)
    call.end(Usage(tokens, tokens // 10, name, tokens // 2))
    call.took_ms = 5.0


def completed(**fields: Any) -> Completed:
    return Completed(
        "run-1", "s", "m", "Hi", "specs", (), 0.9, (), (), UsageFigures("test:one", 1, 1), Timing(1, 2), "x", **fields
    )


Steps = Callable[[], Awaitable[None]]


def scripted(work: Steps | None = None, *events: AnyEvent) -> Callable[[RunInput, Desk], AsyncGenerator[AnyEvent]]:
    """A run that works in a child task, as LangGraph's nodes do, and then says its events."""

    async def answer(run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        yield Token("run-1", "Hi", 0)
        if work is not None:
            await asyncio.create_task(work())  # type: ignore[arg-type]
        for event in events:
            yield event

    return answer


async def two_calls() -> None:
    ask(100, "classify")
    with working_as("specs"):
        ask(1000)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    database = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(database)
    transactions = Transactions(database, StorageUnavailable)
    yield SqlLedger(transactions)
    transactions.close()
    database.dispose()


async def events_of(run: MeteredRun, given: RunInput = RUN) -> list[AnyEvent]:
    return [event async for event in run(given, Desk())]


async def answered(run: MeteredRun, given: RunInput = RUN) -> Completed:
    last = (await events_of(run, given))[-1]
    assert isinstance(last, Completed)
    return last


async def test_the_answer_tells_what_its_run_took_and_the_books_agree(ledger: SqlLedger) -> None:
    used = Reasoning("run-1", "tool_use", "look_up()", 1, "now", 0, "specs", "look_up", {})
    result = Reasoning("run-1", "tool_result", "42", 1, "now", 0, "specs", "look_up", result=42, ok=False, ms=12.5)
    noticed: list[Entry] = []

    async def answer(run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        async for event in scripted(two_calls)(run, desk):
            yield event
        desk.meter.tool("specs", "look_up", 12.5, ok=False)
        for event in (used, result, completed()):  # what is shown of a call counts nothing
            yield event

    run = MeteredRun(answer, ledger, Allowance(), PRICES, noticed.extend)
    end = await answered(run)
    assert end.usage == UsageFigures("test:one", 1100, 110, 550, 550 + 55 + 1100)
    assert end.degraded is None
    assert await ledger.of_run("run-1") == Spent(1100, 550, 110, 1705, 0)
    assert [(entry.kind, entry.agent, entry.name, entry.calls, entry.failures) for entry in noticed] == [
        ("classify", "", "test:one", 1, 0),
        ("answer", "specs", "test:one", 1, 0),
        ("tool", "specs", "look_up", 1, 1),
    ]
    assert [entry.milliseconds for entry in noticed] == [5.0, 5.0, 12.5]


async def test_an_unknown_price_is_said(ledger: SqlLedger) -> None:
    end = await answered(MeteredRun(scripted(two_calls, completed()), ledger))
    assert (end.usage.cost_micros, end.usage.input_tokens) == (None, 1100)


async def test_a_run_that_asks_nobody_has_no_accounts(ledger: SqlLedger) -> None:
    end = await answered(MeteredRun(scripted(None, completed()), ledger, prices=PRICES))
    assert end.usage == UsageFigures("test:one", 0, 0, 0, 0)
    assert list(await ledger.totals("", "day")) == []


async def test_a_failed_run_is_on_the_books(ledger: SqlLedger) -> None:
    async def fails() -> None:
        ask()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await events_of(MeteredRun(scripted(fails), ledger))
    assert (await ledger.of_run("run-1")).tokens == 110


@pytest.mark.parametrize("again", [False, True], ids=["once", "and again while the accounts are written"])
async def test_a_cancelled_run_is_on_the_books(ledger: SqlLedger, again: bool) -> None:
    asked = asyncio.Event()

    async def hangs() -> None:
        ask()
        meter().begin("answer", "test:one").say(400)
        asked.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(events_of(MeteredRun(scripted(hangs), ledger)))
    await asked.wait()
    running.cancel()
    if again:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await ledger.add([])
    (total,) = await ledger.totals("", "day")
    assert (total.calls, total.failures, total.spent.output_tokens) == (2, 1, 110)


async def test_a_run_that_is_left_is_on_the_books(ledger: SqlLedger) -> None:
    async def asks() -> None:
        ask()

    async with aclosing(MeteredRun(scripted(asks, Token("run-1", "!", 2), completed()), ledger)(RUN, Desk())) as events:
        async for event in events:
            if isinstance(event, Token) and event.offset:
                break
    assert (await ledger.of_run("run-1")).tokens == 110


async def test_runs_at_once_are_told_apart(ledger: SqlLedger) -> None:
    async def run(number: int) -> Completed:
        async def asks() -> None:
            for _ in range(3):
                ask(number * 100)
                await asyncio.sleep(0)

        given = replace(RUN, run_id=f"run-{number}")
        return await answered(MeteredRun(scripted(asks, completed()), ledger), given)

    ends = await asyncio.gather(*(asyncio.create_task(run(number)) for number in range(1, 21)))
    assert [end.usage.input_tokens for end in ends] == [300 * number for number in range(1, 21)]
    assert (await ledger.of_run("run-7")).input_tokens == 2100


async def test_a_resumed_run_counts_from_where_it_was_parked(ledger: SqlLedger) -> None:
    seen: list[bool] = []

    async def asks() -> None:
        ask(1000)
        seen.append(meter().exhausted)

    run = MeteredRun(scripted(asks, completed()), ledger, Allowance(run_tokens=2000), PRICES)
    await answered(run)
    end = await answered(run, replace(RUN, reply=Reply(True, "")))
    assert (end.usage.input_tokens, end.usage.cost_micros) == (2000, 2 * (500 + 50 + 1000))
    assert (await ledger.of_run("run-1")).tokens == 2200
    assert seen == [False, True]


class Away(SqlLedger):
    """A ledger whose database cannot be reached."""

    async def add(self, entries: Sequence[Entry]) -> None:
        raise StorageUnavailable

    async def of_day(self, owner: str, day: str) -> Spent:
        raise StorageUnavailable


async def test_an_answer_is_not_lost_with_its_accounts(ledger: SqlLedger) -> None:
    run = MeteredRun(scripted(two_calls, completed()), Away(ledger._transactions), Allowance(day_tokens=1), PRICES)
    with capture_logs() as logged:
        end = await answered(run)
    assert end.usage.output_tokens == 110
    (lost,) = [line for line in logged if line["event"] == "accounts_not_written"]
    assert (lost["run_id"], lost["tokens"], lost["cost_micros"]) == ("run-1", 1210, 1705)


# --- a user's day ------------------------------------------------------------------------------------------------


def budgeted(ledger: SqlLedger, seen: list[str | None], **allowed: int) -> MeteredRun:
    """A run of 1,210 tokens for 1,705 millionths, if it may, that notes why it may not."""

    async def asks() -> None:
        seen.append(meter().take_notice() or None)
        if not meter().offline:
            await two_calls()

    return MeteredRun(scripted(asks, completed()), ledger, Allowance(**allowed), PRICES, now=lambda: NOON)


@pytest.mark.parametrize("allowed", [{"day_tokens": 2000}, {"day_micros": 2000}], ids=["tokens", "cost"])
async def test_a_day_that_is_used_up_ends_the_models_part(ledger: SqlLedger, allowed: dict[str, int]) -> None:
    seen: list[str | None] = []
    run = budgeted(ledger, seen, **allowed)
    ends = [await answered(run) for _ in range(3)]
    assert [end.degraded for end in ends] == [None, None, DAY_BUDGET]
    assert seen[:2] == [None, None]
    assert "00:00 UTC" in (seen[2] or "")
    assert (await ledger.of_day("anna", DAY)).tokens == 2420
    assert ends[2].usage == UsageFigures("test:one", 0, 0, 0, 0)
    other = await answered(run, replace(RUN, user_id="ben"))
    assert (other.degraded, other.usage.output_tokens) == (None, 110), "the others go on"


async def test_the_next_day_begins_anew(ledger: SqlLedger) -> None:
    seen: list[str | None] = []
    run = budgeted(ledger, seen, day_tokens=1)
    await answered(run)
    assert (await answered(run)).degraded == DAY_BUDGET
    tomorrow = replace(run, now=lambda: NOON + timedelta(hours=12))
    assert (await answered(tomorrow)).degraded is None
    assert (await ledger.of_day("anna", NEXT)).tokens == 1210


async def test_the_notice_is_in_the_customers_time(ledger: SqlLedger) -> None:
    seen: list[str | None] = []
    run = budgeted(ledger, seen, day_tokens=1)
    await answered(run)
    given = replace(RUN, question=Question("?", zone="America/New_York"))
    await answered(run, given)
    assert "19:00 (America/New_York)" in (seen[-1] or "")


async def test_a_degraded_search_is_not_hidden(ledger: SqlLedger) -> None:
    seen: list[str | None] = []
    await answered(budgeted(ledger, seen, day_tokens=1))
    run = replace(
        budgeted(ledger, seen, day_tokens=1), answer=scripted(None, completed(degraded="RETRIEVAL_UNAVAILABLE"))
    )
    assert (await answered(run)).degraded == "RETRIEVAL_UNAVAILABLE"


async def test_runs_of_a_user_at_once_may_go_over_by_what_is_under_way(ledger: SqlLedger) -> None:
    run = budgeted(ledger, [], day_tokens=2000)
    ends = await asyncio.gather(
        *(asyncio.create_task(answered(run, replace(RUN, run_id=f"r{number}"))) for number in range(4))
    )
    assert [end.degraded for end in ends] == [None] * 4
    assert (await answered(run, replace(RUN, run_id="r5"))).degraded == DAY_BUDGET


async def test_without_day_budgets_nothing_is_looked_up(ledger: SqlLedger) -> None:
    class Unread(SqlLedger):
        async def of_day(self, owner: str, day: str) -> Spent:
            raise AssertionError("looked up")

    run = MeteredRun(scripted(two_calls, completed()), Unread(ledger._transactions), Allowance(run_tokens=10))
    assert (await answered(run)).usage.input_tokens == 1100
