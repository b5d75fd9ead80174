"""Which messages ask for a conversion, and of what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.types import Turn
from agents.vehicle_data.conversions import conversion

LAST = "Wren 58 (2026): 2.6 bar front, 2.9 bar rear [1] [2]. The boot holds 305 litres, and 440 km are possible."


def history(text: str = LAST) -> tuple[Turn, ...]:
    return (Turn("assistant", "Earlier: 99 bar."), Turn("customer", "and 5 bar?"), Turn("assistant", text))


def read(said: str, last: str = LAST) -> tuple[list[float], str] | None:
    found = conversion(said, history(last))
    return found and ([one.value for one in found.given], found.into.label)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("how much is that in psi?", ([2.6, 2.9], "psi")),
        ("And in gallons?", ([305], "imperial gallons")),
        ("how many gallons is that", ([305], "imperial gallons")),
        ("what's that in us gallons please", ([305], "US gallons")),
        ("how far is that in miles?", ([440], "miles")),
        ("can you give me that in cubic feet", ([305], "cubic feet")),
        ("in miles", ([440], "miles")),
        ("How many psi is 2.4 bar?", ([2.4], "psi")),
        ("convert 45 mpg to l/100km", ([45], "l/100 km")),
        ("what is 20 °C in fahrenheit", ([20], "°F")),
        ("1,395 kg in pounds", ([1395], "lb")),
    ],
)
def test_a_conversion_is_read(said: str, expected: tuple[list[float], str]) -> None:
    assert read(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "",
        "how much is that?",
        "how much is that in euros?",
        "how much is that in litres?",  # they are litres already
        "what is the boot volume in gallons?",
        "how many litres of oil does it take?",
        "how many miles is the service interval",
        "is 2.4 bar in psi enough for my car?",
        "2.4 bar or 35 psi?",
        "in winter?",
        "2.4 bar in kg",
        "x" * 5000 + " in psi",
    ],
)
def test_anything_else_is_not(said: str) -> None:
    assert read(said) is None


def test_nothing_is_converted_without_an_answer_before() -> None:
    assert conversion("how much is that in psi?", ()) is None
    assert conversion("how much is that in psi?", (Turn("customer", "2.4 bar"),)) is None


def test_too_many_figures_are_none() -> None:
    assert read("in psi?", " ".join(f"{figure} bar" for figure in range(1, 7))) is None


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    conversion(text, history(text))
