"""Nothing of a question is passed over, and a figure that hangs on how it is read is not certain."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analyst.accounting import unaccounted
from agents.analyst.alternatives import checked
from agents.analyst.interpretation import Reading, Unread, read_question
from agents.analyst.items import itemised
from agents.analyst.lexicon import Lexicon
from agents.analyst.plan import Plan, Source
from agents.analyst.plan_sql import query
from agents.analyst.result_checks import DOUBTED, Verdict
from agents.analyst.vocabulary import vocabulary
from agents.dataset import Column, Rows, Schema, Table
from tests.unit.agents.analyst.shop import LEXICON, SCHEMA
from tests.unit.agents.analyst.test_interpretation import NOW, read


def left_out(text: str, plan: Plan) -> tuple[str, ...]:
    return unaccounted(itemised(text, LEXICON, NOW).items, plan, LEXICON)


def plan(text: str) -> Plan:
    reading = read(text)
    assert isinstance(reading, Reading), reading
    return reading.plan


@pytest.mark.parametrize(
    ("asked", "answered", "missing"),
    [
        ("how many orders are not open", "how many orders", "not"),
        ("number of orders in Norway", "number of orders", "Norway"),
        ("orders in 2025", "number of orders", "in 2025"),
        ("orders over 100 euros", "number of orders", "100"),
        ("orders by country", "number of orders", "by"),
        ("average amount of orders", "number of orders", "average"),
        ("share of open orders", "number of open orders", "share of"),
        ("which customer has the most orders", "number of orders by customer", "most"),
        ("number of orders per month", "number of orders by country", "month"),
        ("orders in Norway or Chile", "orders in Norway", "or"),
        ("orders with order lines", "number of orders", "order lines"),
    ],
)
def test_what_a_plan_has_nothing_of_is_found(asked: str, answered: str, missing: str) -> None:
    """The plan of the shorter question is no answer to the longer one."""
    assert missing in left_out(asked, plan(answered))
    assert not left_out(answered, plan(answered))


BEYOND = [(what, " ".join(words)) for words, what in vocabulary().beyond.items()]


@pytest.mark.parametrize(("what", "cue"), BEYOND, ids=[cue for _, cue in BEYOND])
def test_what_nothing_works_out_is_never_passed_over(what: str, cue: str) -> None:
    for text in (f"{cue} orders", f"how many orders {cue} are there", f"orders by country {cue}"):
        reading = read(text)
        assert isinstance(reading, Unread), (text, reading)
        assert what in reading.reason or reading.unknown


@pytest.mark.parametrize("words", ["running total of orders by month", "cumulative number of orders"])
def test_it_is_said_what_is_not_worked_out(words: str) -> None:
    reading = read(words)
    assert isinstance(reading, Unread)
    assert "running totals" in reading.reason


@pytest.mark.parametrize(
    "text",
    ["how many orders are still made", "how many people are there", "how many orders are used", "people in 2025"],
)
def test_a_word_that_only_joins_means_something_by_itself(text: str) -> None:
    assert isinstance(read(text), Unread)


@pytest.mark.parametrize("text", ["orders made in Norway", "orders that customers from Norway did make"])
def test_a_word_that_joins_names_carries_nothing(text: str) -> None:
    assert isinstance(read(text), Reading)


SALES = Schema(
    "till",
    "",
    (
        Table(
            "till",
            "sales",
            (
                Column("id", "integer", "INTEGER", False),
                Column("product", "text", "VARCHAR", False),
                Column("quantity", "integer", "INTEGER", False),
                Column("shipping_cost", "number", "DOUBLE"),
                Column("packing_cost", "number", "DOUBLE"),
            ),
            ("id",),
            (),
            3,
        ),
    ),
)
TILL = Lexicon(SALES, {(Source("till", "sales"), "product"): ("rolls", "tarts")})


async def verdict(text: str, tarts: int = 7) -> Verdict:
    """Of a question about three sales: two of rolls, 1 and 4 of them, and one of so many tarts."""
    reading = read_question(text, TILL, "till", NOW)
    assert isinstance(reading, Reading), reading
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA till; CREATE TABLE till.sales AS SELECT * FROM (VALUES "
                           f"(1, 'rolls', 1, 2.0, 3.0), (2, 'rolls', 4, 1.0, 2.0), (3, 'tarts', {tarts}, 1.0, 5.0))"
                           "AS t(id, product, quantity, shipping_cost, packing_cost)")  # fmt: skip

        async def ask(sql: str) -> Rows:
            cursor = connection.execute(sql)
            names = tuple(one[0] for one in cursor.description or ())
            rows = tuple(cursor.fetchall())
            return Rows(names, tuple("other" for _ in names), rows, len(rows), 0.1)

        return await checked(reading, await ask(query(reading.plan)), ask)


async def test_what_can_be_read_in_one_way_only_is_valid() -> None:
    found = await verdict("how many sales are there")
    assert found.valid
    assert not [one for one in found.checks if one.kind == "reading"]


async def test_one_reading_of_two_is_not_valid_and_the_other_is_told() -> None:
    found = await verdict("how many rolls")
    assert not found.valid
    assert found.confidence <= DOUBTED
    assert [one.text for one in found.checks if not one.agreed] == ["If quantity is added up, it is Total quantity: 5."]


async def test_two_readings_that_come_to_the_same_are_valid() -> None:
    found = await verdict("how many tarts", tarts=1)
    assert found.valid
    assert any(one.kind == "reading" and one.agreed for one in found.checks)
    assert not (await verdict("how many tarts", tarts=2)).valid


def test_per_thing_may_ask_for_how_much_comes_to_one() -> None:
    few = read("orders per customer")
    assert isinstance(few, Reading)
    assert not few.doubts  # four customers are read through
    customers = Table("shop", "customers", SCHEMA.tables[0].columns, ("id",), (), 400)
    crowd = Lexicon(Schema("shop", "", (customers, *SCHEMA.tables[1:])), {})
    many = read_question("orders per customer", crowd, "shop", NOW)
    assert isinstance(many, Reading)
    assert any("comes to one" in doubt for doubt in many.doubts)


_WORDS = ["orders", "amount", "by", "country", "top", "5", "not", "or", "Norway", "open", "2025", "per", "month", ","]


@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_what_is_read_accounts_for_every_word(words: list[str]) -> None:
    text = " ".join(words)
    reading = read_question(text, LEXICON, "shop", NOW)
    if isinstance(reading, Reading):
        assert not left_out(text, reading.plan)
