"""Wordings that are easily taken for something else: they are read right, or it is not certain, and said.

The figures of a misread question recount perfectly, so that no check behind the reading can find it out.
"""

from statistics import fmean, median
from typing import Any

import pytest

from agents.analyst.reading.candidates import Reading, read_question
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.plan import Source
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import NOW, certain, read
from tests.unit.agents.analyst.reading.shop import CUSTOMERS, ORDERS
from tests.unit.agents.analyst.reading.test_candidates import amounts, answer


def plan(text: str) -> Any:
    reading = read(text)
    assert isinstance(reading, Reading), reading
    return reading.plan


@pytest.mark.parametrize(
    "text",
    [
        # who does not do something is not found among what others do
        "which customers did not do open",
        # what comes is not in the data
        "how many orders will we have in December",
        "orders that we are going to have in 2026",
        "how many orders do you expect next month",
        # the number by which somebody is reached is no number of them
        "phone number of Ada",
        "email of Ada",
        "address of the customer Ada",
        # how old something is today is not how long it took
        "open orders that are older than 60 days",
        # one of two ends would be left out
        "which customer has the most and the fewest orders",
        "cheapest and most expensive order",
        # all of them, or each for itself
        "orders per line",
        # a negation before a time or a group is nothing's
        "orders not in 2025 that are open",
        "orders not by customer in Norway",
        # who did it is not what is told apart
        "how many orders were placed by customers",
        # two questions in one
        "orders of Norway in 2025 and Chile in 2026",
        # the customer in Norway is not every customer
        "open orders where the customer was placed",
        # nobody says what is to be done with the figure
        "select of order lines",
        "order lines in select",
        "orders by count",
        # a name that nothing is made of
        "how many orders name",
        # nothing is both
        "open orders that are not open",
        # fifty, or fifty thousand
        "orders over 50.000 euros",
        # how many of them each has
        "orders of the same customer",
        "customers with only one order",
        # two questions
        "how many orders are open and how many are closed",
        # words that say how something went
        "are the orders well up",
    ],
)
def test_what_could_be_misread_is_never_certain(text: str) -> None:
    assert not certain(read(text))


def test_a_figure_is_named_by_its_description_but_not_surely() -> None:
    columns = (
        Column("id", "integer", "INTEGER", False),
        Column("fee", "number", "DOUBLE", description="Charge for the parcel: the sum of its stamps."),
    )
    lexicon = Lexicon(Schema("post", "", (Table("post", "letters", columns, ("id",)),)), {})
    reading = read("average stamps", lexicon=lexicon)
    assert isinstance(reading, Reading)
    assert reading.plan.measures[0].field is not None
    assert reading.plan.measures[0].field.column == "fee"
    assert not certain(reading)


def test_without_what_rows_refer_to() -> None:
    (without,) = plan("orders without a customer").conditions
    assert (without.field.column, without.field.path, without.operator) == ("customer_id", (), "is null")
    (known,) = plan("how many orders have a known status").conditions
    assert (known.field.column, known.operator) == ("status", "is not null")


def test_a_value_belongs_to_the_column_before_it() -> None:
    (one,) = plan("orders where status is not open").conditions
    assert (one.field.column, one.operator, one.values) == ("status", "not in", ("open",))
    (other,) = plan("orders neither open nor closed").conditions
    assert (other.operator, set(other.values)) == ("not in", {"open", "closed"})


async def test_growth_is_of_what_is_named() -> None:
    before, after = (sum(one[2].year == year for one in ORDERS) for year in (2025, 2026))
    assert dict(await answer("did orders go up from 2025 to 2026")) == {"2025": before, "2026": after}
    assert await answer("by how much did orders grow from 2025 to 2026") == ((before, after, after - before),)
    ((*_, percent),) = await answer("by how many percent did orders grow from 2025 to 2026")
    assert percent == pytest.approx(100 * (after - before) / before)


async def test_times_that_are_told_apart_stand_in_their_order() -> None:
    rows = await answer("did we have more orders in July or August 2025")
    assert [row[0] for row in rows] == ["July 2025", "August 2025"]


@pytest.mark.parametrize(
    "text", ["customer with the highest average amount", "who is the customer with the highest average amount"]
)
async def test_the_thing_before_the_superlative_is_what_is_sought(text: str) -> None:
    means = {name: fmean(amounts(number)) for number, name, _ in CUSTOMERS}
    ((_, name, figure),) = await answer(text)
    assert (name, figure) == (max(means, key=lambda one: means[one]), pytest.approx(max(means.values())))


async def test_a_median_is_not_rounded_to_the_digits_of_its_column() -> None:
    assert (await answer("median amount"))[0][-1] == pytest.approx(median(amounts()), abs=1e-9)


async def test_adjectives_between_the_superlative_and_the_thing() -> None:
    ((number, *_),) = await answer("the oldest open order")
    assert number == min(one[0] for one in ORDERS if one[4] == "open")


def test_what_was_done_is_not_what_its_status_is_called() -> None:
    columns = (
        Column("id", "integer", "INTEGER", False),
        Column("status", "text", "VARCHAR", False),
        Column("shipped_on", "date", "DATE"),
    )
    values = {(Source("post", "letters"), "status"): ("shipped", "delivered", "lost")}
    lexicon = Lexicon(Schema("post", "", (Table("post", "letters", columns, ("id",)),)), values)
    for text, column, operator in (
        ("how many letters were shipped", "shipped_on", "is not null"),
        ("how many letters are not shipped", "shipped_on", "is null"),
        ("how many letters were lost", "status", "in"),
    ):
        reading = read_question(text, lexicon, "post", NOW)
        assert isinstance(reading, Reading)
        (one,) = reading.plan.conditions
        assert (one.field.column, one.operator) == (column, operator)


RIVER = Source("river", "samples")


def river(*people: str) -> Lexicon:
    """Of the samples from a river, with these who took them; without anybody where none are given."""
    texts = {"SiteName": ("Church Meadow", "Home Farm", "Sawmill"), **({"sampler": people} if people else {})}
    columns = (*(Column(name, "text", "VARCHAR") for name in texts), Column("pH", "number", "DOUBLE"))
    schema = Schema("river", "", (Table("river", "samples", columns, (), (), 300),))
    return Lexicon(schema, {(RIVER, name): values for name, values in texts.items()})


def test_who_is_a_person_and_no_place_that_has_a_name() -> None:
    people = river("J. Hartley", "Tom Okafor", "Priya N.", "volunteer group")
    reading = read("who took the most samples", lexicon=people)
    assert isinstance(reading, Reading)
    assert certain(reading)
    assert [field.column for group in reading.plan.groups for field in group.fields] == ["sampler"]


@pytest.mark.parametrize("people", [(), ("net", "bottle", "by hand")])
def test_who_is_not_certain_where_no_column_holds_persons(people: tuple[str, ...]) -> None:
    for text in ("who took the most samples", "who has the highest pH", "who has the highest average pH per site"):
        assert not certain(read(text, lexicon=river(*people))), text


SITES = Source("sites", "visits")


def sites() -> Lexicon:
    """Of visits to sites that have codes and names, some of which were cancelled."""
    columns = (
        Column("site_code", "text", "VARCHAR"), Column("SiteName", "text", "VARCHAR"),
        Column("Origin", "text", "VARCHAR"), Column("cancelled", "boolean", "BOOLEAN"),
        Column("weight", "number", "DOUBLE"),
    )  # fmt: skip
    values = {"site_code": ("AB1", "CD2"), "SiteName": ("Home Farm", "Sawmill"), "Origin": ("Kenya", "Peru", "Brazil")}
    schema = Schema("sites", "", (Table("sites", "visits", columns, (), (), 300),))
    return Lexicon(schema, {(SITES, name): texts for name, texts in values.items()})


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("how many visits are there? Leave the cancelled ones out.", (False,)),
        ("number of visits, leaving the cancelled ones out", (False,)),
        ("number of visits, cancelled or not", ()),
        ("number of cancelled visits", (True,)),
    ],
)
def test_what_is_left_out_does_not_count_and_or_not_leaves_out_nothing(text: str, flagged: tuple[bool, ...]) -> None:
    reading = read(text, lexicon=sites())
    assert isinstance(reading, Reading)
    assert tuple(value for item in reading.plan.conditions for value in item.values) == flagged
    assert certain(reading)


@pytest.mark.parametrize(
    ("text", "column"), [("visits per site", "SiteName"), ("visits by site code", "site_code"),
                         ("visits per country", "Origin")]
)  # fmt: skip
def test_things_go_by_their_names_and_countries_by_what_they_are(text: str, column: str) -> None:
    reading = read(text, lexicon=sites())
    assert isinstance(reading, Reading)
    assert [field.column for group in reading.plan.groups for field in group.fields] == [column]
    assert certain(reading)
