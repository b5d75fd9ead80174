"""Units that a question says in words, of columns whose names only have their signs, or none."""

from typing import Any

import pytest

from agents.analyst.reading.candidates import Reading
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Profile
from agents.analyst.reading.plan import Field, Source
from agents.analyst.reading.unit_names import is_in, is_of_another, named_unit
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import certain, read

LETS = Source("lets", "stays")
COLUMNS = (
    Column("Property", "text", "VARCHAR"), Column("Nts", "integer", "INTEGER"), Column("Total (£)", "number", "DOUBLE"),
    Column("guestRating", "integer", "INTEGER"), Column("Logs (USD/kg)", "number", "DOUBLE"),
)  # fmt: skip
PROFILES = {"Nts": Profile(14, 0, 1, 28), "Total (£)": Profile(190, 0, 90, 4000),
            "guestRating": Profile(5, 40, 1, 5), "Logs (USD/kg)": Profile(80, 0, 0.1, 2)}  # fmt: skip
LEXICON = Lexicon(
    Schema("lets", "", (Table("lets", "stays", COLUMNS, (), (), 200),)),
    {(LETS, "Property"): ("Tide House", "The Old Forge", "Kittiwake")},
    {(LETS, name): profile for name, profile in PROFILES.items()},
)


def plan(text: str) -> Any:
    reading = read(text, lexicon=LEXICON)
    assert isinstance(reading, Reading), reading
    return reading.plan


def figures(text: str) -> list[tuple[str, str]]:
    return [(item.aggregate, item.field.column) for item in plan(text).measures]


@pytest.mark.parametrize("text", ["what do the stays at Kittiwake add up to in pounds", "total in pounds"])
def test_money_said_in_words_is_that_of_the_sign(text: str) -> None:
    assert figures(text) == [("sum", "Total (£)")]
    assert certain(read(text, lexicon=LEXICON))


def test_what_stands_behind_per_is_the_unit_of_the_only_rate() -> None:
    assert figures("average logs per kilo") == [("average", "Logs (USD/kg)")]


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("how many stays of a week or longer are there", (">=", 7)),
        ("how many stays of over 2 weeks are there", (">", 14)),
        ("how many stays of at least 3 days are there", (">=", 3)),
    ],
)
def test_weeks_are_as_many_days_of_a_column_of_nights(text: str, least: tuple[str, int]) -> None:
    (condition,) = plan(text).conditions
    assert (condition.field.column, condition.operator, *condition.values) == ("Nts", *least)


def test_a_figure_is_not_compared_in_what_it_is_not_measured_in() -> None:
    assert not certain(read("how many stays have a total over 2 weeks", lexicon=LEXICON))


def test_how_many_on_average_is_said_of_what_follows() -> None:
    assert figures("how many nights do the stays last on average") == [("average", "Nts")]


def test_what_was_never_got_is_missing() -> None:
    (condition,) = plan("how many stays never got a guest rating").conditions
    assert (condition.field.column, condition.operator) == ("guestRating", "is null")


def test_only_what_was_measured_is_the_whole_of_a_share() -> None:
    said = plan("of the stays where the guest rating was recorded, what percent were over 3")
    assert [(item.field.column, item.operator) for item in said.conditions] == [("guestRating", "is not null")]
    assert [(item.field.column, item.operator) for item in said.part] == [("guestRating", ">")]


def test_what_a_columns_name_says_of_its_unit() -> None:
    total, nights = Field("Total (£)", "number"), Field("Nts", "integer")
    assert is_in(total, "pounds")
    assert is_of_another(total, "weeks")
    assert not is_of_another(nights, "weeks")
    unit = named_unit(Field("Catch (kg)", "number"))
    assert unit is not None
    assert unit.measure == "mass"


def test_how_strong_a_correlation_is_is_its_figure() -> None:
    assert certain(read("is there a correlation between nts and total? how strong", lexicon=LEXICON))
