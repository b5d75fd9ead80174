"""The forms that a question about a table can take: each is read as the plan that it asks for, in many words."""

import pytest

from agents.analyst.reading.candidates import Reading
from tests.unit.agents.analyst.reading.certain import certain, read
from tests.unit.agents.analyst.reading.harbour import LEXICON, told, why_not


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("how many landings were there?", "number of landings"),
        ("how many different boats landed cod", "number of different boat where species is cod"),
        ("what did we land in total in 2023, in kg", ""),
        ("total catch of the Marigold in 2023", "total catch kg where boat is Marigold and landed on: 2023"),
        ("average price per kg by species", "average price kg for each species"),
        ("average catch and number of landings by boat", "average catch kg, number of landings for each boat"),
        ("how expensive is cod", "average price kg where species is cod"),
        ("most expensive landing per boat", "highest price kg for each boat"),
        ("average price per kilo by species", "average price kg for each species"),
        ("in which month is the catch biggest on average", "average catch kg for each season; the highest 1"),
        ("how many landings had ice at least twice", "number of landings where ice is at least 2"),
        ("what share of the landings was inspected", "the share of landings whose inspected is yes"),
        (
            "what percentage of the haddock landings was inspected",
            "the share of landings whose inspected is yes where species is haddock",
        ),
        ("standard deviation of the catch", "standard deviation of catch kg"),
        ("is there a correlation between catch and price per kg", "correlation between catch kg and price kg"),
        ("which boat landed the most cod", "number of landings for each boat where species is cod; the highest 1"),
        ("which species is the most common", "number of landings for each species; the highest 1"),
        ("top 3 landings by catch", "the landings themselves; the highest 3 by catch kg"),
        ("average catch by boat, highest first", "average catch kg for each boat"),
        ("how many landings have no ice recorded", "number of landings where ice is missing"),
        ("landings that were not inspected", "number of landings where inspected is no"),
        ("how many landings of unknown grade", "number of landings where grade is U"),
        ("how many landings were not sold", "number of landings where sold on is missing"),
        (
            "how many landings after March 2022 and before March 2023",
            "number of landings where landed on: 1 April 2022 to 28 February 2023",
        ),
        ("number of landings per month in 2022", "number of landings for each month where landed on: 2022"),
        ("how many landings with a crew of 4", "number of landings where crew is 4"),
        ("how many landings over 500 kg", "number of landings where catch kg is over 500"),
        ("how many Spanish landings", "number of landings where flag is ESP"),
        ("which boats had more than 20 landings", "number of landings for each boat where only groups with over 20"),
        (
            "how much higher was the average catch in 2023 than in 2022",
            "average catch kg: by how much it changes from 2022 to 2023",
        ),
        ("list the boats", "number of landings for each boat"),
        ("how many days between landing and sale on average", "average days from landed on to sold on"),
    ],
)
def test_forms(text: str, plan: str) -> None:
    if plan:
        assert told(text) == plan


@pytest.mark.parametrize(
    "text",
    [
        "what was the average salinity",
        "how many lobsters did we land",
        "which harbour master was on duty",
        "how much diesel did the boats burn",
        "how many landings in Portugal",
        "average catch per decade",
        "which boat was the noisiest",
        "which owner's boats landed the most",
        "top 0 boats",
    ],
)
def test_what_the_table_does_not_hold(text: str) -> None:
    assert why_not(text).reason


@pytest.mark.parametrize(
    "text",
    [
        "what was our best month",  # by how many, or by how much
        "the gap in catch between Marigold and Blue Gull",  # in all, or on average
        "share of inspected cod landings in grade A",  # which of them the whole meets
        "how much cod did the nice crew land",  # who is nice
    ],
)
def test_what_can_be_meant_in_two_ways_is_never_certain(text: str) -> None:
    assert not certain(read(text, lexicon=LEXICON))


def test_words_without_a_trace_are_told() -> None:
    reading = read("how many landings of cod did the lads haul yesterday morning", lexicon=LEXICON)
    assert not isinstance(reading, Reading) or reading.unused


def test_an_order_of_groups() -> None:
    for text, descending in (
        ("average catch by boat, highest first", True),
        ("average catch by boat, lowest first", False),
    ):
        reading = read(text, lexicon=LEXICON)
        assert isinstance(reading, Reading)
        assert (reading.plan.descending, reading.plan.limit) == (descending, None)
