import pytest

from agents.conversation.model_years import dated, in_full
from agents.types import Question, Turn
from agents.vehicles.range import Vehicles

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Wren,Wren 42,2025;2026,electric,electricity,
Heron,Heron 1.5T,2025;2026,petrol,petrol,
Heron,Heron Hybrid,2025;2026,hybrid,petrol,hybrid
"""
)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("range of the 26 wren 42", "range of the 2026 wren 42"),
        ("petrol heron 25 or 26, whats the diff", "petrol heron 2025 or 2026, whats the diff"),
        ("and 2025 not 26 sorry", "and 2025 not 2026 sorry"),
        ("the 26 one", "the 2026 one"),
        ("heron '25, tyre size?", "heron '2025, tyre size?"),
        ("25 plate... i mean the hybrid", "2025 plate... i mean the hybrid"),
        ("heron hybrid auto 26", "heron hybrid auto 2026"),
    ],
)
def test_a_year_of_two_digits_is_said_in_full(text: str, full: str) -> None:
    assert in_full(text, VEHICLES) == full


@pytest.mark.parametrize(
    "text",
    [
        "two ebikes 25kg each on the heron",
        "wren 25 km from home",
        "heron on 26 march please",
        "heron, march 26",
        "26",
        "heron 26 000 km",
        "a 26-inch wheel for the heron",
        "heron 26.5",
        "the 42 one",
        "what do 26 of them cost",
    ],
)
def test_other_figures_stay(text: str) -> None:
    assert in_full(text, VEHICLES) == text


def test_alone_it_is_a_year_where_years_were_spoken_of() -> None:
    def asked(before: str) -> str:
        history = (Turn("customer", before), Turn("assistant", "415 km [1].", "specs"))
        return dated(Question("and 26?", history), VEHICLES).text

    assert asked("range of the wren in 2025") == "and 2026?"
    assert asked("range of the 25 wren") == "and 2026?"
    assert asked("range of the wren") == "and 26?"


def test_a_short_message_may_end_with_one() -> None:
    history = (Turn("customer", "how deep may the 26 heron go"), Turn("assistant", "700 mm.", "specs"))
    assert dated(Question("and my older one, 25", history), VEHICLES).text == "and my older one, 2025"
    assert dated(Question("and 3 of those, 25", history), VEHICLES).text == "and 3 of those, 25"


def test_what_the_assistant_said_stays() -> None:
    history = (Turn("assistant", "The 26 Wren goes farther."),)
    assert dated(Question("hello", history), VEHICLES).history == history
