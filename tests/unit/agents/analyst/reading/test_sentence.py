"""A question as a row of marks."""

from datetime import date

import pytest

from agents.analyst.reading.sentence import Mark, sentence
from tests.unit.agents.analyst.reading.certain import NOW
from tests.unit.agents.analyst.reading.shop import LEXICON


def marks(text: str) -> list[Mark]:
    return [mark for mark in sentence(text, LEXICON, NOW).marks if mark.cue != "idle" or mark.names]


def test_small_words_names_numbers_and_times() -> None:
    count, orders, over, number, euros, when = marks("How many orders over 1,500 euros in March 2025?")
    assert (count.cue, over.cue, number.number) == ("count", "over", 1500.0)
    assert orders.names[0].source.table == "orders"
    assert euros.strange
    assert when.span is not None
    assert (when.span.first, when.span.last) == (date(2025, 3, 1), date(2025, 3, 31))


@pytest.mark.parametrize(("text", "number"), [("50k", 50_000), ("2 million", 2e6), ("three", 3), ("1,000", 1000)])
def test_numbers(text: str, number: float) -> None:
    assert marks(f"orders over {text}")[-1].number == number


def test_adjectives_say_what_and_from_which_end() -> None:
    said = {mark.text: mark.said for mark in marks("heaviest cheaper oldest expensive")}
    assert [(found[0], found[1][0], found[2]) for found in said.values() if found] == [
        (1, "weight", "est"),
        (-1, "price", "er"),
        (1, "age", "est"),
        (1, "price", ""),
    ]


def test_a_negated_word_is_two() -> None:
    negation, status = marks("nonopen")
    assert negation.cue == "not"
    assert status.of("value")[0].value == "open"


def test_a_slip_is_put_right_and_said() -> None:
    read = sentence("orders in Norwayy", LEXICON, NOW)
    assert read.corrected == (("Norwayy", "norway"),)


def test_what_is_counted_is_a_table_before_a_column() -> None:
    assert marks("how many orders")[-1].names[0].kind == "table"


def test_small_words_are_no_values_but_capitals_are() -> None:
    assert not [name for mark in marks("it is no order") for name in mark.of("value")]
