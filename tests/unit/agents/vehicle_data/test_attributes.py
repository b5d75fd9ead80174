"""Attributes by the words of customers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.vehicle_data.attributes import Attribute, Attributes, canonical, name_words, primary, telling, words_of


def made(number: int, name: str, context: str = "", measures: str = "") -> Attribute:
    words = name_words(name)
    measured = frozenset(measures.split())
    return Attribute(number, name, frozenset(words), frozenset(words_of(context)), measured, head=words[-1])


BOOT = made(1, "Luggage seats up", measures="volume")
FOLDED = made(2, "Luggage seats folded", measures="volume")
KERB = made(3, "Kerb weight", measures="mass")
NOSE = made(4, "Nose weight", measures="mass")
FRONT = made(5, "Front normal", "Tyres and pressures", "pressure")
REAR = made(6, "Rear normal", "Tyres and pressures", "pressure")
LADEN = made(7, "Rear full load", "Tyres and pressures", "pressure")
WIDTH = made(8, "Width without mirrors", measures="length")
WITH = made(9, "Width with mirrors", measures="length")
BED = made(10, "Length at the floor", "Load bed", "length")
SEATS = made(11, "Heated front seats")
AC = made(12, "Maximum AC charging power", measures="power")
DC = made(13, "Maximum DC charging power", measures="power")
POWER = made(14, "Maximum power", measures="power")
BRAKED = made(15, "Braked trailer", measures="mass")
UNBRAKED = made(16, "Unbraked trailer", measures="mass")
ALL = Attributes.of(
    (BOOT, FOLDED, KERB, NOSE, FRONT, REAR, LADEN, WIDTH, WITH, BED, SEATS, AC, DC, POWER, BRAKED, UNBRAKED)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("boot volume", [BOOT]),
        ("how much luggage goes in with the seats folded", [FOLDED]),
        ("trunk", [BOOT]),
        ("how heavy is the car?", [KERB]),
        ("curb weight", [KERB]),
        ("tongue weight", [NOSE]),
        ("tyre pressure", [FRONT, REAR]),
        ("tire presure", [FRONT, REAR]),
        ("rear tyre pressure fully loaded", [LADEN]),
        ("how wide is it?", [WIDTH, WITH]),
        ("width including mirrors", [WITH]),
        ("how long is the load bed at the floor", [BED]),
        ("are the front seats heated", [SEATS]),
        ("charging power", [AC, DC]),
        ("AC charging power", [AC]),
        ("how powerful is it", [POWER]),
        ("what can it tow", [BRAKED, UNBRAKED]),
        ("caravan without brakes", [UNBRAKED]),
        ("Maximum power", [POWER]),
    ],
)
def test_everyday_words_find_the_attribute(text: str, expected: list[Attribute]) -> None:
    assert set(ALL.meant(text)) == set(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "the boot lid",
        "boot volume of the glove box",
        "how heavy is the battery",
        "how many seats",
        "tyre pressure sensor",
        "power steering",
        "weight of the trailer coupling",
        "width of the garage",
        "price of the heated seats",
        "load bed liner",
        "60 mph",
        "'; DROP TABLE facts; --",
    ],
)
def test_a_word_that_is_not_accounted_for_leaves_nothing(text: str) -> None:
    assert ALL.meant(text) == ()


def test_only_what_fits_is_looked_at() -> None:
    assert ALL.meant("tyre pressure", lambda one: one is REAR) == (REAR,)


def test_one_of_several_can_be_chosen() -> None:
    assert primary((BRAKED, UNBRAKED)) == (BRAKED,)
    assert primary((AC, DC)) == (AC, DC)


def test_an_exact_name_is_found_whatever_its_case() -> None:
    assert ALL.named("  KERB   weight") == (KERB,)
    assert ALL.named("weight") == ()


def test_the_closest_names_are_told() -> None:
    assert ALL.closest("kerbside weigth")[0] in {"Kerb weight", "Nose weight"}
    assert len(ALL.closest("x" * 10_000)) <= 5


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    ALL.meant(text)
    telling(text)


@given(st.text(max_size=200))
def test_one_wording_stays_one_wording(text: str) -> None:
    assert canonical(canonical(text)).split() == canonical(text).split()


def test_a_long_text_takes_no_long_time() -> None:
    text = "tyre pressure of the rear wheels fully loaded " * 200
    begun = time.perf_counter()
    ALL.meant(text)
    assert time.perf_counter() - begun < 2
