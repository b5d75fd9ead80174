"""Misspelt words are put right; right words, names and numbers stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language.spelling import Spelling

TEXTS = [
    "book an appointment for the brake fluid",
    "appointment",
    "brake fluid and differential",
    "the differential lock",
]
SPELLING = Spelling(TEXTS, vocabulary=("appointee", "flues"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("my apointment", "my appointment"),
        ("diferentiel lock", "differential lock"),
        ("brakefluid", "brake fluid"),
        ("flud", "flud"),  # too short to be sure
        ("flued", "fluid"),
        ("flues", "flues"),  # a word of the language
        ("appointments for fluids", "appointments for fluids"),  # forms of known words
        ("call Apointment Ltd", "call Apointment Ltd"),  # a name
        ("P0741 at 12500", "P0741 at 12500"),
        ("", ""),
    ],
)
def test_only_slips_are_put_right(written: str, meant: str) -> None:
    assert SPELLING.correct(written) == meant


@given(st.text())
def test_a_corrected_text_is_right(text: str) -> None:
    once = SPELLING.correct(text)
    assert SPELLING.correct(once) == once


def test_without_known_texts_nothing_changes() -> None:
    assert Spelling([]).correct("apointment for brakefluid") == "apointment for brakefluid"
