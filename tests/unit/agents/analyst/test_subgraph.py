"""The analyst's graph on a small shop: what it tells on its way, and how it ends where there is nothing to tell."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agents.analyst.subgraph import build
from agents.context import Resources
from agents.dataset import OPERATOR, DatasetUnavailable, QueryFailed, Rows, Schema
from agents.specialist import Asker, Job
from agents.specialists.analyst import SPECIALIST
from agents.types import Coded, Delta, Question, Staged, StandaloneQuestion, Thought, Turn
from agents.vehicles.range import Vehicles
from tests.integration.analyst_running import Analyst
from tests.unit.agents.analyst.reading.shop import SCHEMA, Shop


def analyst(datasets: Any = None, **more: Any) -> Analyst:
    return Analyst(datasets or Shop(), now=lambda: datetime(2026, 12, 31, tzinfo=UTC), **more)


async def test_the_stages_in_their_order() -> None:
    analysed = await analyst().ask("total amount by country")
    stages = ["data_loader", "code_generator", "executor", "verifier", "analyst"]
    assert [one.stage for one in analysed.all(Staged)] == stages
    assert [one.aspect for one in analysed.all(Thought)] == ["plan", "approach"]
    assert analysed.computed is not None
    assert analysed.code() == analysed.computed.code
    assert analysed.computed.figure is not None
    assert len(analysed.all(Coded)) > 3
    assert analysed.checked is not None
    assert analysed.checked.valid
    assert analysed.text.startswith("## Key findings\n")
    assert "confidence" in analysed.text


async def test_one_figure_has_no_figure() -> None:
    analysed = await analyst().ask("How many orders are there?")
    assert analysed.computed is not None
    assert analysed.computed.figure is None
    assert "**Number of orders: 80**" in analysed.text


async def test_an_empty_result_says_how_far_the_data_reaches() -> None:
    analysed = await analyst().ask("open orders by country in 2019")
    assert analysed.computed is not None
    assert analysed.computed.total == 0
    assert "No orders fit" in analysed.text
    assert "from 2025-01-10 to" in analysed.text


async def test_what_is_not_understood_is_said_with_what_would_work() -> None:
    analysed = await analyst().ask("How happy are the orders?")
    assert analysed.computed is None
    assert analysed.done.answered.declined
    assert "happy" in analysed.text
    examples = [line[2:] for line in analysed.text.splitlines() if line.startswith("- How many")]
    assert examples
    for example in examples:
        assert (await analyst().ask(example)).computed is not None


async def test_an_unknown_dataset_is_answered_with_those_there_are() -> None:
    analysed = await analyst().ask("How many orders are there?", dataset="nothing *here*")
    assert analysed.done.answered.declined
    assert "**shop**" in analysed.text
    assert "nothing \\*here\\*" in analysed.text


class Gone(Shop):
    """Cannot be read: not even its schema, or only its rows."""

    def __init__(self, *, schema: bool) -> None:
        super().__init__()
        self._gone = schema

    async def schema(self, name: str) -> Schema:
        return await super().schema(name) if not self._gone else self._away()

    async def query(self, name: str, sql: str) -> Rows:
        return await super().query(name, sql) if "SUM" not in sql.upper() else self._away()

    def _away(self) -> Any:
        raise DatasetUnavailable("/srv/private/shop.csv: No such file. (user 'reader', host db.internal:5432)")


@pytest.mark.parametrize("schema", [True, False])
async def test_why_data_cannot_be_read_is_not_for_everybody(schema: bool) -> None:
    analysed = await analyst(Gone(schema=schema)).ask("total amount by country", dataset="shop")
    assert analysed.done.answered.declined
    assert "The dataset shop cannot be read now: ask again later." in analysed.text
    assert not any("/srv" in str(one) or "reader" in str(one) for one in analysed.outputs)


async def test_without_datasets() -> None:
    analysed = await Analyst(None).ask("How many orders are there?")
    assert analysed.done.answered.declined
    assert "pitcrew datasets add" in analysed.text


async def test_a_conversation_goes_on_by_note_and_by_history() -> None:
    by_note = await analyst().converse("total amount of open orders", "and by country?")
    told = (Turn("customer", "total amount of open orders"), Turn("assistant", "..."))
    by_history = await analyst().ask("and by country?", history=told)
    assert by_note.computed is not None
    assert by_history.computed is not None
    assert by_note.computed.rows == by_history.computed.rows
    assert len(by_note.computed.rows) == 2


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE orders; --",
        "orders of \"x\"; ATTACH '/tmp/a.db'; --",
        "how many orders of O'Dea; DROP",
        "orders\x00 by\x00 country",
        "SELECT * FROM read_csv('/etc/passwd')",
        "orders " * 5000,
        "((((" * 2000,
        "💥" * 500,
    ],
)
async def test_hostile_text_never_becomes_code(text: str) -> None:
    shop = Shop()
    analysed = await analyst(shop).ask(text)
    assert analysed.done
    assert all(sql.startswith("SELECT") for sql in shop.queries)
    assert not any(word in sql for sql in shop.queries for word in ("ATTACH", "/etc", "DROP TABLE", "\x00"))


class Breaking(Shop):
    """A shop whose queries with this text fail so often."""

    def __init__(self, text: str, times: int) -> None:
        super().__init__()
        self._text, self._times = text, times

    async def query(self, name: str, sql: str) -> Rows:
        if self._text in sql and self._times:
            self._times -= 1
            raise QueryFailed("It took longer than 5 s.", limit=True)
        return await super().query(name, sql)


async def test_a_query_that_fails_once_is_tried_again() -> None:
    analysed = await analyst(Breaking("GROUP BY 1", 1)).ask("total amount by country")
    assert [one.aspect for one in analysed.all(Thought)] == ["plan", "approach", "cause"]
    assert analysed.checked is not None
    assert (analysed.checked.valid, analysed.checked.attempts) == (True, 2)


async def test_a_query_that_keeps_failing_ends_in_words() -> None:
    analysed = await analyst(Breaking("GROUP BY 1", 9)).ask("total amount by country")
    assert analysed.computed is None
    assert analysed.done.answered.declined
    assert "longer than 5 s" in analysed.text


async def test_a_result_that_nobody_could_check_is_not_verified() -> None:
    analysed = await analyst(Breaking("counts", 99)).ask("total amount by country")
    assert analysed.checked is not None
    assert not analysed.checked.valid
    assert "**no: take these figures with care**" in analysed.text


class Slow(Shop):
    """A shop whose queries never end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.stopped = asyncio.Event(), False

    async def schema(self, name: str) -> Schema:
        return SCHEMA

    async def values(self, *args: Any, **more: Any) -> tuple[str, ...]:
        return ("Norway", "Chile")

    async def query(self, name: str, sql: str) -> Rows:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped = True
        raise AssertionError


async def test_a_cancel_stops_everything() -> None:
    slow = Slow()
    task = asyncio.create_task(analyst(slow).ask("total amount by country"))
    await slow.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.stopped


async def test_data_is_never_written_with_the_graphs_state() -> None:
    resources = Resources(Vehicles(), *(None,) * 4, Shop())  # type: ignore[arg-type]
    saver = InMemorySaver()
    graph = build(resources).compile(checkpointer=saver)
    asker = Asker(user_id="ada", role="staff", conversation_id="one", run_id="run")
    question = Question("orders by country", facts={}, notes={})
    job = Job(
        part=0, specialist="analyst", standalone=StandaloneQuestion("orders by country"), question=question, facts={},
        asker=asker, label="", urgent=False, path=[], findings={},
    )  # fmt: skip
    config: Any = {"configurable": {"thread_id": "one"}}
    said = [one async for one in graph.astream(job, config, stream_mode="custom") if isinstance(one, Delta)]
    assert said
    kept = [state.checkpoint async for state in saver.alist(config)]
    assert kept
    assert "Norway" not in repr(kept)


async def test_who_it_is_open_to_and_what_it_claims() -> None:
    assert SPECIALIST.audience == {"staff", "channel:analysis"}
    assert SPECIALIST.claims is not None
    resources = Resources(Vehicles(), *(None,) * 4, Shop())  # type: ignore[arg-type]
    nothing = Resources(Vehicles(), *(None,) * 4)  # type: ignore[arg-type]
    assert await SPECIALIST.claims("total amount by country", OPERATOR, resources)
    assert not await SPECIALIST.claims("How do I change a tyre?", OPERATOR, resources)
    assert not await SPECIALIST.claims("orders", OPERATOR, resources)
    assert not await SPECIALIST.claims("total amount by country", OPERATOR, nothing)
