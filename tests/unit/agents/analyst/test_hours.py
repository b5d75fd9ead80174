"""Hours of the day in questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analyst.hours import hours


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("after 8 pm", 20, 23),
        ("before 9 in the morning", 0, 8),
        ("calls before 9am", 0, 8),
        ("between 8 and 10 pm", 20, 21),
        ("between 14:00 and 16:00", 14, 15),
        ("from 12 pm", 12, 23),
        ("since 7 o'clock", 7, 23),
        ("after 6 in the evening", 18, 23),
    ],
)
def test_hours(text: str, first: int, last: int) -> None:
    (found,) = hours(text)
    assert (found.first, found.last) == (first, last)
    assert text[found.start : found.end] in text


@pytest.mark.parametrize("text", ["after 8", "between 8 and 10", "before 9 orders", "before 12 am", "after 2025"])
def test_no_hours(text: str) -> None:
    assert not list(hours(text))


@given(st.text(alphabet="before after 0123456789:apm in the", max_size=300))
def test_any_text(text: str) -> None:
    assert all(0 <= one.first <= one.last <= 23 for one in hours(text))
