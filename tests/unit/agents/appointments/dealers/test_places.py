"""Names of places in free text: rough spelling, what is nearer the mark, and a maker that is called like a town."""

import time

import pytest

from agents.appointments.dealers.places import Mention, Places

PLACES = Places(
    names=[("Aville", "A"), ("Aville Motors North", "A"), ("Beville", "B"), ("Grand Duke Street", "C"), ("Fox", "F")],
    near=[("Aville Heath", "B"), ("Millpond", "A"), ("Millpond", "B"), ("Beville", "C")],
    makes=["Fox", "Fox Motors"],
)


def named(text: str) -> str:
    return "".join(thing for mention in PLACES.mentions(text) for thing in mention.found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aville", "A"),
        ("AVILLE or Beville?", "AB"),
        ("Avile", "A"),
        ("Aville Heath", "B"),
        ("aville motors nort", "A"),
        ("near millpond", "AB"),
        ("grand duke stret", "C"),
        ("a grand idea, duke", ""),
        ("the village", ""),
        ("Beville", "B"),
        ("evil", ""),
    ],
)
def test_names_spelt_rightly_and_roughly(text: str, found: str) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fox", "F"),
        ("Fox please", "F"),
        ("the one in Fox", "F"),
        ("a service at the Fox dealer", "F"),
        ("my Fox needs a new clutch and brakes", ""),
        ("Fox Motors", ""),
        ("my Fox needs a new clutch in Aville", "A"),
        ("the Fox dealer in Beville", "B"),
    ],
)
def test_a_name_of_the_maker_is_a_place_where_it_must_be_one(text: str, found: str) -> None:
    assert named(text) == found


def test_a_mention_tells_where_it_is() -> None:
    text = "Perhaps (Beville)?"
    assert PLACES.mentions(text) == (Mention(9, 16, ("B",)),)
    assert text[9:16] == "Beville"


def test_no_places_are_named_where_there_are_none() -> None:
    assert Places[str]((), (), ()).mentions("Aville") == ()
    assert Places[str]((("", "A"), ("...", "B")), (), ("",)).mentions("Aville ... ") == ()


@pytest.mark.parametrize("text", ["", " ", "\0", "🚗" * 9000, "a" * 100_000, "\ud800 aville"])
def test_hostile_texts_are_read_too(text: str) -> None:
    assert named(text) in {"", "A"}


def test_a_long_text_is_read_in_a_moment() -> None:
    began = time.perf_counter()
    PLACES.mentions("avillo bevillo grand duko " * 4000)
    assert time.perf_counter() - began < 0.5
