"""Kinds of questions that outside authors asked: read right, and never certain where two things can be meant."""

import pytest

from tests.unit.agents.analyst.reading.certain import certain, read
from tests.unit.agents.analyst.reading.gala import LEXICON, told


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("average 100 m time", "average time s where dist m is 100"),  # a number with the unit of a column
        ("average entry of six-lane swims", "average entry gbp where lanes is 6"),
        ("median time of the butterfly swims", "median time s where stroke is Butterfly"),  # a category, and no name
        ("who swam the fastest medley", "the gala swims themselves where stroke is Medley; the lowest 1 by time s"),
        ("how many swims don't say how long they took", "number of gala swims where time s is missing"),
        ("how many swims cost more than 10 pounds", "number of gala swims where entry gbp is over 10"),
        (
            "how many medley swims in 2023 or later",
            "number of gala swims where stroke is Medley and swum on: since 1 January 2023",
        ),
        (
            "how many swims in pools opened between 1950 and 1960 were swum on before June 2023",
            "number of gala swims where yr opened is at least 1950 and yr opened is at most 1960 "
            "and swum on: until 31 May 2023",
        ),
        ("correlation between the year a pool opened and the time", "correlation between yr opened and time s"),
        (
            "which swim has the oldest pool by the year it opened",
            "the gala swims themselves; the lowest 1 by yr opened",
        ),
        ("total daily visitors by club", "total daily visitors for each club"),
        ("top 2 strokes by number of judges", "total no of judges for each stroke; the highest 2"),
        ("top 2 strokes by number of swims", "number of gala swims for each stroke; the highest 2"),
        ("how many swims were Finals", "number of gala swims where final is Yes"),
    ],
)
def test_kinds(text: str, plan: str) -> None:
    assert told(text) == plan


@pytest.mark.parametrize(
    "text",
    [
        "correlation coefficient between entry and time",
        "average entry, in pounds",
        "average entry price by club",
        "average time in seconds to the nearest second",
        "which club turns up most often in the list",
        "corr between entry and time",
    ],
)
def test_words_that_only_frame_leave_nothing_open(text: str) -> None:
    assert certain(read(text, lexicon=LEXICON)), told(text)


@pytest.mark.parametrize(
    "text",
    [
        "average time over 100 m",  # of that distance, or longer
        "how many swims over 100 m",
        "how many swims from March 2024",  # of that month, or since then
        "swims at the Butterfly Medley",  # one name, or two values
        "which club has the most judges per swim",
        "which club has the fastest swimmers",  # one of them, or all together
        "who is the best swimmer",
        "how many splendid swims are there in the Otter Club",
        "which coach trained the most swimmers",
    ],
)
def test_what_can_be_meant_in_two_ways_is_never_certain(text: str) -> None:
    assert not certain(read(text, lexicon=LEXICON)), told(text)
