from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from agents.language.dates.past import past_dates

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def days(text: str, now: datetime = NOW) -> list[date]:
    return [one.day for one in past_dates(text, now)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in May last year", date(2025, 5, 1)),
        ("last year in May", date(2025, 5, 1)),
        ("last March", date(2025, 3, 1)),
        ("this march", date(2026, 3, 1)),
        ("last December", date(2025, 12, 1)),
        ("May", date(2025, 5, 1)),
        ("in february", date(2026, 2, 1)),
        ("July of the year before last", date(2024, 7, 1)),
        ("sept 2025", date(2025, 9, 1)),
        ("Feb '25", date(2025, 2, 1)),
        ("5/2025", date(2025, 5, 1)),
        ("12/05/2025", date(2025, 5, 12)),
        ("12.5.25", date(2025, 5, 12)),
        ("01/13/2025", date(2025, 1, 13)),
        ("2024-02-29", date(2024, 2, 29)),
        ("12th of May 2025", date(2025, 5, 12)),
        ("May 12, 2025", date(2025, 5, 12)),
        ("the 3rd of may", date(2025, 5, 3)),
        ("12 December", date(2025, 12, 12)),
        ("Tuesday the 3rd of May", date(2025, 5, 3)),
        ("march the 5th", date(2025, 3, 5)),
        ("29 February", date(2024, 2, 29)),
        ("29 February 2024", date(2024, 2, 29)),
        ("a year ago", date(2025, 3, 2)),
        ("a year and a half ago", date(2024, 9, 2)),
        ("two and a half years ago", date(2023, 9, 2)),
        ("half a year ago", date(2025, 9, 2)),
        ("3 weeks ago", date(2026, 2, 9)),
        ("a fortnight ago", date(2026, 2, 16)),
        ("a couple of months back", date(2026, 1, 2)),
        ("yesterday", date(2026, 3, 1)),
        ("last week", date(2026, 2, 23)),
        ("last month", date(2026, 2, 1)),
        ("last year", date(2025, 1, 1)),
        ("last summer", date(2025, 6, 1)),
        ("summer 2024", date(2024, 6, 1)),
        ("in winter", date(2025, 12, 1)),
        ("in 2024", date(2024, 1, 1)),
        ("back in 2019", date(2019, 1, 1)),
        ("sept of 2023", date(2023, 9, 1)),
        ("05.2024", date(2024, 5, 1)),
        ("last service 12 May 2025 43,000 km", date(2025, 5, 12)),
        ("May 2027", date(2027, 5, 1)),
    ],
)
def test_days_as_customers_name_them(text: str, expected: date) -> None:
    assert days(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "it may be due",
        "we march on",
        "31/02/2025",
        "2025-02-29",
        "43,000 km",
        "Heron 2025",
        "1.5T",
        "second",
        "fall",
    ],
)
def test_what_names_no_day(text: str) -> None:
    assert days(text) == ([date(2025, 9, 1)] if text == "fall" else [])


def test_a_year_ago_on_a_leap_day() -> None:
    assert days("a year ago", datetime(2024, 2, 29, 9, tzinfo=UTC)) == [date(2023, 2, 28)]


def test_yesterday_is_the_customers_own() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert days("yesterday", late) == [date(2026, 3, 1)]
    assert days("yesterday", late.astimezone(ZoneInfo("Asia/Tokyo"))) == [date(2026, 3, 2)]


@pytest.mark.parametrize(
    "text", ["999 years ago " * 50, "9" * 2000, "1,5/2025 and 1/" * 300, "12/" * 700, "May " * 500, "\x00\ud7ff" * 500]
)
def test_long_and_odd_texts(text: str) -> None:
    for one in past_dates(text, NOW):
        assert text[one.start : one.end]
