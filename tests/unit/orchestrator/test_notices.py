"""What customers are told who wait for a person."""

from datetime import UTC, datetime

import pytest

from orchestrator.events import HandOverReason
from orchestrator.staff import notices
from orchestrator.staff.opening_hours import parse_opening_hours

HOURS = parse_opening_hours("Mon-Fri 09:00-17:00, Sat 10:00-13:00", "Europe/Dublin")
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 27, 22, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 11, 28, 22, tzinfo=UTC)


def told(now: datetime, present: int, reach: str = "", email: str = "", reason: HandOverReason = "request") -> str:
    return notices.waiting(reason, 2, present=present, hours=HOURS, now=now, reach=reach, email=email)


def test_the_place_in_the_queue_where_somebody_is_there() -> None:
    assert "number 2 in the queue" in told(MONDAY_NOON, 1)
    assert "Nobody" not in told(MONDAY_NOON, 1)


def test_how_they_are_reached_where_nobody_is() -> None:
    assert "will be answered here" in told(MONDAY_NOON, 0)
    assert "anna@example.com" in told(MONDAY_NOON, 0, email="anna@example.com")
    assert "answered by post" in told(MONDAY_NOON, 0, reach="by post", email="anna@example.com")


def test_the_hours_outside_of_them() -> None:
    said = told(FRIDAY_NIGHT, 3)
    assert "Mon-Fri 09:00-17:00" in said
    assert "tomorrow at 10:00" in said
    assert "on Monday at 09:00" in told(SATURDAY_NIGHT, 0)


@pytest.mark.parametrize(
    "text", ["Mon", "Mon 9-17", "Mon 17:00-09:00", "Fri-Mon 09:00-17:00", "Xyz 09:00-17:00", "Mon 25:00-26:00"]
)
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"hour|ends|must"):
        parse_opening_hours(text)


def test_always_open_and_until_midnight() -> None:
    assert parse_opening_hours("").open_at(FRIDAY_NIGHT)
    assert parse_opening_hours("Fri 20:00-24:00").open_at(FRIDAY_NIGHT)
    assert not parse_opening_hours("Fri 20:00-22:00").open_at(FRIDAY_NIGHT)
