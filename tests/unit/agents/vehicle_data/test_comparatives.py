"""Words of comparison and of conditions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vehicle_data.comparatives import brief, compared, condition, having, without


@pytest.mark.parametrize(
    ("text", "word", "about", "order"),
    [
        ("which car is heavier", "heavier", "kerb weight", "highest"),
        ("the most economical one", "most economical", "consumption", "lowest"),
        ("which has more torque", "more", "", "highest"),
        ("the least powerful", "the least", "", "lowest"),
        ("your QUICKEST model", "quickest", "acceleration", "lowest"),
    ],
)
def test_the_longest_word_of_comparison_counts(text: str, word: str, about: str, order: str) -> None:
    found = compared(text)
    assert found is not None
    assert (found.word, found.about, found.order) == (word, about, order)


def test_no_comparison_is_none() -> None:
    assert compared("how heavy is it") is None
    assert compared("the moreover") is None


def test_what_is_compared_is_left() -> None:
    word = compared("which car has more torque than the other")
    assert word is not None
    assert "torque" in without("which car has more torque than the other", word)
    assert "than" not in without("which car has more torque than the other", word)


def test_a_brief_one_says_nothing_else() -> None:
    word = compared("and the smallest?")
    assert word is not None
    assert brief("and the smallest?", word)
    assert not brief("and the smallest boot?", word)


@pytest.mark.parametrize(
    ("text", "stated", "operator"),
    [
        ("cars with a range over 400 km", "400 km", ">"),
        ("cars under 4 metres long", "4 metres", "<"),
        ("at least 500 litres of space", "500 litres", ">="),
        ("no more than 1.5 t", "1.5 t", "<="),
        ("lighter than 1.5 tonnes", "1.5 tonnes", "<"),
        ("longer than 4 m", "4 m", ">"),
        ("which can tow 2 tonnes", "2 tonnes", ">="),
        ("which go into a garage 2 m high", "2 m", "<="),
        ("which have 18-inch wheels", "18-inch", "="),
    ],
)
def test_a_condition_is_read(text: str, stated: str, operator: str) -> None:
    found, rest = condition(text, stated)
    assert found == operator
    assert stated not in rest


def test_what_must_be_there_is_left() -> None:
    assert having("which of your models have a heat pump").split() == ["which", "models", "heat", "pump"]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    word = compared(text)
    if word is not None:
        without(text, word)
        brief(text, word)
    condition(text, text[:5])
