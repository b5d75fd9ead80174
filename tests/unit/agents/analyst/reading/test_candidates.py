"""Questions read without a model: what they come to on data that is known by heart, and when they are not answered."""

from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analyst.plan_sql import query
from agents.analyst.reading.candidates import Reading, Unread, as_note, from_note, read_question
from agents.analyst.reading.lexicon import Lexicon
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import NOW, certain, read
from tests.unit.agents.analyst.reading.shop import CUSTOMERS, ORDERS, Shop


async def answer(*texts: str) -> tuple[tuple[Any, ...], ...]:
    reading = read(*texts)
    assert isinstance(reading, Reading), reading
    return (await Shop().query("shop", query(reading.plan))).rows


def amounts(*numbers: int) -> list[float]:
    """What orders of customers with these numbers cost, all of them without any."""
    return [float(one[3]) for one in ORDERS if not numbers or one[1] in numbers]


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("How many orders are there?", 80),
        ("number of open orders", sum(one[4] == "open" for one in ORDERS)),
        ("how many orders are not open", sum(one[4] != "open" for one in ORDERS)),
        ("orders in 2025", sum(one[2].year == 2025 for one in ORDERS)),
        ("how many orders were placed since March 2026", sum(one[2].isoformat() >= "2026-03" for one in ORDERS)),
        ("how many orders of Norway", sum(one[1] in (1, 2) for one in ORDERS)),
        ("total amount", sum(amounts())),
        ("What is the average amount of orders from Chile?", fmean(amounts(3, 4))),
        ("highest amount", 800.0),
        ("orders with an amount over 500 euros", sum(one > 500 for one in amounts())),
        ("how many orders between 100 and 200 euros", sum(100 <= one <= 200 for one in amounts())),
        ("how many different customers placed orders in 2026", len({one[1] for one in ORDERS if one[2].year == 2026})),
        ("What percentage of orders are closed?", 100 * sum(one[4] == "closed" for one in ORDERS) / 80),
        ("how many orders in Norwayy", 40),
        ("how many orders excluding Ada and Ben", sum(one[1] > 2 for one in ORDERS)),
        ("orders not open or closed", 0),
        (
            "orders from Norway over 450 euros in 2026",
            sum(o[1] < 3 and o[3] > 450 and o[2].year == 2026 for o in ORDERS),
        ),
    ],
)
async def test_one_figure(text: str, figure: float) -> None:
    rows = await answer(text)
    assert len(rows) == 1
    assert rows[0][-1] == pytest.approx(figure)


async def test_groups_of_another_table_multiply_nothing() -> None:
    rows = await answer("total amount by country")
    assert {row[0]: row[1] for row in rows} == {"Norway": sum(amounts(1, 2)), "Chile": sum(amounts(3, 4))}


async def test_the_first_of_a_list() -> None:
    assert [row[0] for row in await answer("Show top 3 orders")] == [80, 79, 78]
    assert [row[0] for row in await answer("the 2 cheapest orders")] == [1, 2]
    ((_, name, amount),) = await answer("which customer has the highest total amount")
    totals = {name: sum(amounts(number)) for number, name, _ in CUSTOMERS}
    assert (name, amount) == max(totals.items(), key=lambda one: one[1])


async def test_odd_names_are_quoted() -> None:
    rows = await answer("number of order lines by pro duct")
    assert {row[0]: row[1] for row in rows} == {"tea": 80, "mug": 160}


async def test_values_are_nothing_but_values() -> None:
    rows = await answer("orders of O'Dea; DROP")
    assert rows == ((sum(one[1] == 4 for one in ORDERS),),)


async def test_a_conversation() -> None:
    by_country = await answer("how many orders are open", "and by country?")
    assert sum(row[1] for row in by_country) == sum(one[4] == "open" for one in ORDERS)
    only = await answer("how many orders are open", "and by country?", "only 2025")
    assert sum(row[1] for row in only) == sum(one[4] == "open" and one[2].year == 2025 for one in ORDERS)
    trend = await answer("Show top 10 orders", "Now show me trends over time")
    assert sum(row[1] for row in trend) == 80
    other = await answer("total amount of orders in Norway", "what about Chile?")
    assert other == ((sum(amounts(3, 4)),),)


async def test_comparing() -> None:
    assert dict(await answer("compare Norway versus Chile by total amount")) == {
        "Norway": sum(amounts(1, 2)),
        "Chile": sum(amounts(3, 4)),
    }
    years = dict(await answer("orders in 2025 versus 2026"))
    assert years == {str(year): sum(one[2].year == year for one in ORDERS) for year in (2025, 2026)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "How happy are they?",
        "average number of orders per month",
        "predict the orders of 2027",
        "median velocity of orders",
        "open orders or over 100 euros",
        "orders in Norway or closed",
        "ratio of open to closed orders",
        "top 0 orders",
        "which orders are out of amount",
        "orders of 2025 versus the first quarter of 2025",
        "orders and customers that nobody knows",
        "'; DELETE FROM orders; --",
        "orders " * 200,
    ],
)
def test_what_is_not_understood_is_never_certain(text: str) -> None:
    assert not certain(read(text))


def test_tables_of_one_name_in_two_datasets_are_not_mixed_up() -> None:
    def table(dataset: str) -> Table:
        columns = (Column("id", "integer", "INTEGER"), Column("amount", "number", "DOUBLE"))
        return Table(dataset, "orders", columns, ("id",))

    lexicon = Lexicon(Schema("all", "", (table("north"), table("south"))), {})
    reading = read_question("total amount of orders", lexicon, "all", NOW)
    assert isinstance(reading, Unread)
    assert "north.orders or south.orders" in reading.reason


def test_what_was_taken_for_granted_is_said() -> None:
    reading = read("amount by country")
    assert isinstance(reading, Reading)
    assert any("added up" in one for one in reading.assumed)


def test_a_note_brings_the_plan_back() -> None:
    reading = read("total amount by country in 2025")
    assert isinstance(reading, Reading)
    assert from_note(as_note(reading)) == reading.plan
    for broken in (None, {}, {"plan": 1}, {"plan": {}}, [], "plan"):
        assert from_note(broken) is None


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    read(text)


_WORDS = [
    "orders",
    "amount",
    "by",
    "country",
    "top",
    "5",
    "over",
    "100",
    "euros",
    "Norway",
    "or",
    "not",
    "open",
    "2025",
]
_WORDS += ["average", "most", "which", "customer", "share", "of", "compare", "versus", "per", "month", "between", "and"]


@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_any_words(words: list[str]) -> None:
    """Whatever is read can be queried, and gives the same figures both ways."""
    reading = read(" ".join(words))
    if isinstance(reading, Reading):
        assert query(reading.plan).startswith("SELECT")
