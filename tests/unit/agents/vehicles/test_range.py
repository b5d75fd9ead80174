import pytest

from agents.language.codes import trouble_codes
from agents.vehicles.makes import make_named, other_make
from agents.vehicles.range import Vehicles, note, years

RANGE = """model,variant,years,powertrain,fuel,aliases
Wren,Wren 42,2025;2026,electric,electricity,
Wren,Wren 58,2025;2026,electric,electricity,wren long range
Heron,Heron 1.5T,2025;2026,petrol,petrol,heron turbo
Heron,Heron Hybrid,2026,hybrid,petrol,hybrid;heron hybrid
Plover,Plover,2025;2026,petrol,petrol,plover van
"""
VEHICLES = Vehicles.parse(RANGE)


def names(text: str) -> list[str]:
    return [vehicle.name for vehicle in VEHICLES.mentioned(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("range of the Wren 58?", ["Wren 58"]),
        ("WREN 42 and wren 58", ["Wren 42", "Wren 58"]),
        ("the Wrens", ["Wren 42", "Wren 58"]),
        ("my wern won't charge", ["Wren 42", "Wren 58"]),
        ("the herron hybird", ["Heron Hybrid"]),
        ("and the hybrid?", ["Heron Hybrid"]),
        ("a plovr", ["Plover"]),
        ("Heron 1.5T", ["Heron 1.5T"]),
    ],
)
def test_names_are_found_in_spite_of_case_and_one_slip(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text", ["when is it due", "my hero", "a wrench", "were there heroin", "glover lover over", ""]
)
def test_ordinary_words_name_no_vehicle(text: str) -> None:
    assert names(text) == []


def test_without_rows_nothing_is_mentioned() -> None:
    assert Vehicles(()).mentioned("Wren 58") == ()
    assert Vehicles(()).facts("I drive a Wren 58", {}) == {}
    assert Vehicles(()).candidates({"model": "Wren"}) == ()


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(ValueError, match="no column years, powertrain, aliases"):
        Vehicles.parse("model,variant\nWren,Wren 42")


def test_rows_that_cannot_be_read_are_named_with_all_that_is_wrong() -> None:
    rows = ("Wren,Wren 42,2025;2026,,", "Wren,,2027 onwards,,", "Skiff,Skiff 5,,,", "Skiff,Skiff 6")
    with pytest.raises(
        ValueError, match=r"^row 2: 'variant' is empty; row 2: 'years': '2027 onwards' is no year"
    ) as told:
        Vehicles.parse("\n".join(("model,variant,years,powertrain,aliases", *rows)))
    assert "row 3" not in str(told.value)
    assert "row 4" not in str(told.value)


def test_generic_replaces_every_name() -> None:
    assert VEHICLES.generic("Is the Wren 58 faster than a Heron?") == "Is the car faster than a car?"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("I drive a 2026 Wren 58", {"model": "Wren", "variant": "Wren 58", "year": "2026"}),
        ("my Heron squeals", {"model": "Heron"}),
        (
            "I have a Heron hybrid from 2026 and it squeals",
            {"model": "Heron", "variant": "Heron Hybrid", "year": "2026"},
        ),
        ("Wren 42", {"model": "Wren", "variant": "Wren 42"}),
        ("I sold my Wren 42 and now drive a Plover", {"model": "Plover", "variant": "Plover"}),
        ("What is the range of the Wren 42?", {}),
        ("my neighbour's Wren is loud", {}),
        ("I don't own a Wren", {}),
        ("I am looking at the Heron", {}),
    ],
)
def test_only_what_customers_say_they_drive_is_learned(text: str, facts: dict[str, str]) -> None:
    assert VEHICLES.facts(text, {}) == facts


def test_another_model_drops_what_was_known_of_the_old_one() -> None:
    known = {"model": "Wren", "variant": "Wren 58", "year": "2026", "dealer": "York"}
    assert VEHICLES.facts("Sorry, I drive a Heron", known) == {"model": "Heron", "dealer": "York"}
    assert VEHICLES.facts("it is a 2025 model", known) == {**known, "year": "2025"}
    assert VEHICLES.facts("what about 2025?", known) == known
    assert known["year"] == "2026"


def test_candidates_are_what_the_facts_leave_possible() -> None:
    assert [v.name for v in VEHICLES.candidates({"model": "Heron"})] == ["Heron 1.5T", "Heron Hybrid"]
    assert [v.name for v in VEHICLES.candidates({"model": "Heron", "year": "2025"})] == ["Heron 1.5T"]
    assert VEHICLES.candidates({"year": "1999"}) == ()
    assert VEHICLES.candidates({}) == VEHICLES.rows


def test_other_signs() -> None:
    assert trouble_codes("p0420, then P0420 and U0100-11, not PO420") == ("P0420", "U0100-11")
    assert other_make("my old toyota")
    assert not other_make("the seat is a smart mini thing")
    assert make_named("The Ford Focus leaks") == "Ford Focus"
    assert years("from 2025 or 2026, 3000 km") == ("2025", "2026")
    assert note({"model": "Wren", "variant": "Wren 58", "year": "2026"}, VEHICLES) == "Wren 58, 2026"
    assert note({"year": "2026"}, VEHICLES) == ""


def test_the_makers_name_reads_as_a_car() -> None:
    made = Vehicles.parse("model,variant,years,powertrain,fuel,aliases,make\nWren,Wren 58,,,,,Skelby;Skelby Motors\n")
    assert made.generic("Is my Skelby Wren 58 a skelby?") == "Is my car a car?"
    assert made.generic("the nearest Skelby Motors dealer in Skelbyville") == "the nearest car dealer in Skelbyville"
