"""Spans of days in questions about figures."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analyst.reading.time_spans import spans

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("incidents in 2025", "2025-01-01", "2025-12-31"),
        ("in Q3 2025", "2025-07-01", "2025-09-30"),
        ("the first half of 2025", "2025-01-01", "2025-06-30"),
        ("between March and June 2025", "2025-03-01", "2025-06-30"),
        ("from 1 March 2025 to 15 April 2025", "2025-03-01", "2025-04-15"),
        ("since March", "2026-03-01", None),
        ("after March 2025", "2025-04-01", None),
        ("before 2025", None, "2024-12-31"),
        ("until the end of June 2025", None, "2025-06-30"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("over the last 30 days", "2026-10-23", "2026-11-21"),
        ("on 2025-03-14", "2025-03-14", "2025-03-14"),
        ("year to date", "2026-01-01", "2026-11-21"),
        ("2023-2025", "2023-01-01", "2025-12-31"),
        ("in May", "2026-05-01", "2026-05-31"),
        ("in December", "2025-12-01", "2025-12-31"),
    ],
)
def test_spans(text: str, first: str | None, last: str | None) -> None:
    (found,) = spans(text, NOW)
    assert found.span.first == (date.fromisoformat(first) if first else None)
    assert found.span.last == (date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(
    "text", ["cost over 2000 euros", "more than 2000", "may I see them", "model year 2023", "by year"]
)
def test_no_times(text: str) -> None:
    assert spans(text, NOW) == ()


@pytest.mark.parametrize(
    "text", ["2024 versus 2025", "compare 2024 and 2025", "2024 and 2025", "how did it change from 2024 to 2025"]
)
def test_times_that_are_told_apart(text: str) -> None:
    assert [one.span.label for one in spans(text, NOW)] == ["2024", "2025"]


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    for one in spans(text, NOW):
        assert 0 <= one.start < one.end <= len(text)
