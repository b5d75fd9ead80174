import pytest

from agents.vehicles.applicability import Fitment
from agents.vehicles.range import Vehicles
from tests.unit.agents.manual import VEHICLES

FITMENT = Fitment(VEHICLES)
TEAL_60 = frozenset({("Teal 60", 2025), ("Teal 60", 2026)})
TEAL = TEAL_60 | {("Teal 40", 2025), ("Teal 40", 2026)}
ROOK = frozenset({("Rook Diesel", 2025), ("Rook Diesel", 2026)})
OVENS = Fitment(
    Vehicles.parse(
        """model,variant,years,powertrain,aliases
Ember,Ember 60,2026,electric,
Ember,Ember 60 Pyro,2026,electric,
Drop,Drop,2026,electric,
Drop,Drop Duo,2026,electric,
"""
    )
)


@pytest.mark.parametrize(
    ("question", "facts", "cars"),
    [
        ("How long is it?", {}, TEAL | ROOK),
        ("How long is the Teal 60?", {}, TEAL_60),
        ("How long is the 2026 Teal 60?", {}, {("Teal 60", 2026)}),
        ("How long is it?", {"model": "Teal", "year": "2026"}, {("Teal 40", 2026), ("Teal 60", 2026)}),
        ("How long is the Rook?", {"model": "Teal"}, ROOK),
        ("And for 2025?", {"model": "Rook"}, {("Rook Diesel", 2025)}),
    ],
)
def test_the_cars_asked_about(question: str, facts: dict[str, str], cars: set[tuple[str, int]]) -> None:
    assert FITMENT.candidates(question, facts) == cars


@pytest.mark.parametrize(
    ("text", "cars"),
    [
        ("The Teal 60 has more.", TEAL_60),
        ("It has 80 kW.", TEAL),
        ("It is lighter than the Rook.", TEAL),
        ("This is why its price stays so well below that of the Rook.", TEAL),
        ("The Rook has 130 kW.", ROOK),
        ("Prices hold until 31 December 2026.", TEAL),
    ],
)
def test_a_sentence_below_a_heading_about_the_teal(text: str, cars: frozenset[tuple[str, int]]) -> None:
    assert FITMENT.narrowed(text, TEAL) == cars


@pytest.mark.parametrize(
    ("label", "cars"),
    [
        ("Teal 60, 2026", {("Teal 60", 2026)}),
        ("2025 and 2026", TEAL | ROOK),
        ("Rook", ROOK),
        ("all", TEAL | ROOK),
        ("40", None),
        ("with heat pump", None),
        ("", None),
    ],
)
def test_a_label_is_nothing_but_cars(label: str, cars: set[tuple[str, int]] | None) -> None:
    assert FITMENT.labelled(label, FITMENT.everything) == cars


def test_a_number_is_a_variant_in_a_column_for_it() -> None:
    assert FITMENT.labelled("40", FITMENT.everything, "Variant") == TEAL - TEAL_60


def test_names() -> None:
    assert FITMENT.name(TEAL) == "Teal"
    assert FITMENT.name(frozenset({("Teal 60", 2026)}) | ROOK) == "Teal 60 (2026), Rook"
    assert FITMENT.name(frozenset({("Teal 40", 2026), ("Teal 60", 2026)})) == "Teal (2026)"
    assert FITMENT.name(FITMENT.everything) == "All models"


def test_without_a_known_range_every_text_is_about_the_same_car() -> None:
    nothing = Fitment(Vehicles())
    assert (
        nothing.narrowed("The pump runs.", nothing.everything) == nothing.candidates("Does it run?", {}) != frozenset()
    )
    assert nothing.models(nothing.everything) == ()


def test_a_question_without_its_names() -> None:
    assert "60" not in FITMENT.question("Power of the 2026 Teal 60?")
    assert "2026" not in FITMENT.question("Power of the 2026 Teal 60?")


@pytest.mark.parametrize(
    ("label", "variants"),
    [
        ("Ember 60", {"Ember 60"}),
        ("Ember 60, 2026", {"Ember 60"}),
        ("Ember 60 Pyro", {"Ember 60 Pyro"}),
        ("Ember 60; Ember 60 Pyro", {"Ember 60", "Ember 60 Pyro"}),
        ("Ember 60 and Pyro", {"Ember 60", "Ember 60 Pyro"}),
        ("Ember", {"Ember 60", "Ember 60 Pyro"}),
        ("Drop", {"Drop", "Drop Duo"}),
        ("Drop Duo", {"Drop Duo"}),
    ],
)
def test_a_variant_whose_name_begins_that_of_another_is_told_from_it(label: str, variants: set[str]) -> None:
    assert {variant for variant, _ in OVENS.labelled(label, OVENS.everything) or ()} == variants


def test_a_variant_that_is_called_as_its_model_is_meant_in_the_column_of_variants() -> None:
    assert OVENS.labelled("Drop", OVENS.everything, "Variant") == {("Drop", 2026)}
