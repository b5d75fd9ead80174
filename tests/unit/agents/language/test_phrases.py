from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language.phrases import Phrases, spelt_out

TOWED = Phrases(
    {
        "how long": ["how (long|many days) ... (take|takes)"],
        "oil": ["oil"],
        "": ["oil (lamp|light)"],
        "interval": ["every <number> (km|miles)"],
        "change": ["chang* it"],
        "greeting": ["^ (good |) morning"],
        "bye": ["bye $"],
    }
)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.label, text[one.start : one.end]) for one in TOWED.spans(text)]


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("How long does that take?", [("how long", "How long does that take")]),
        ("how long. It takes ages", []),
        ("the oil, the oil-lamp", [("oil", "oil"), ("", "oil-lamp")]),
        ("every 15,000 km or every two km", [("interval", "every 15,000 km")]),
        ("changing it, chang it, change them", [("change", "changing it"), ("change", "chang it")]),
        ("Good morning! In the morning", [("greeting", "Good morning")]),
        ("bye bye!!", [("bye", "bye")]),
        ("Oil's low", [("oil", "Oil's")]),
    ],
)
def test_phrases_are_found_word_by_word(text: str, phrases: list[tuple[str, str]]) -> None:
    assert found(text) == phrases


def test_what_stands_for_a_class_is_told() -> None:
    first = TOWED.first("every 10 miles")
    assert first is not None
    assert first.parts["number"].word == "10"


def test_a_denial_is_another_word() -> None:
    assert "can't do it" not in Phrases(["can"])
    assert "we're late" not in Phrases(["were"])
    assert "what's that" in Phrases(["what"])


def test_the_text_around_phrases() -> None:
    assert TOWED.split("oil and oil") == ["", "and", ""]
    assert TOWED.split("a oil b oil c", 1) == ["a", "b oil c"]
    assert TOWED.without("no oil left", "_") == "no _ left"
    assert TOWED.is_all_of("Oil!")
    assert not TOWED.is_all_of("oil and water")


def test_templates_are_spelt_out() -> None:
    assert set(spelt_out("do (it|that (one|)|)")) == {("do", "it"), ("do", "that", "one"), ("do", "that"), ("do",)}


@given(st.text(alphabet="how long take oil every 1km.?-'’\n", max_size=60))
def test_phrases_lie_apart_and_in_order(text: str) -> None:
    spans = list(TOWED.spans(text))
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(0 <= one.start < one.end <= len(text) for one in spans)
