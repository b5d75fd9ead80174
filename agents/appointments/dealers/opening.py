"""When a workshop is open and has a place: weekdays, public holidays, changes of the clock."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from agents.appointment_store import Appointment
from agents.appointments.dealers.hours import Hours
from agents.appointments.dealers.workshops import Workshop

FARTHEST = timedelta(days=366)
"""How far ahead appointments are made."""


def opening(workshop: Workshop, day: date) -> list[tuple[datetime, datetime]]:
    """When the workshop is open on a day, in its own time zone; empty on holidays and on days when it is closed. Where
    the clock leaves an hour out, an edge inside it moves to its end."""
    zone = ZoneInfo(workshop.zone)
    periods = ((_settled(day, h.opens, zone), _settled(day, h.closes, zone)) for h in _hours(workshop, day))
    return [(opens, closes) for opens, closes in periods if opens < closes]


def holiday_name(workshop: Workshop, day: date) -> str:
    """What public holiday it is at the workshop; "" on other days."""
    if not workshop.country:
        return ""
    return _holidays(workshop.country, workshop.region, day.year).get(day) or ""


def slots(workshop: Workshop, day: date) -> list[datetime]:
    """The times at which appointments may begin on a day, in the workshop's time zone. A local time that the clock
    leaves out is none; one that it shows twice is one, at its first."""
    zone = ZoneInfo(workshop.zone)
    starts = (at for hours in _hours(workshop, day) for at in _steps(hours, workshop.slot))
    local = (datetime.combine(day, at, zone) for at in starts)
    return [start for start in local if _exists(start)]


def free(
    workshop: Workshop, taken: Sequence[Appointment], since: datetime, until: datetime, now: datetime, lead: timedelta
) -> list[datetime]:
    """The times from `since` until `until`, exclusive, at which the workshop has a place, in its own time zone, and not
    before `now` and `lead`. `taken`: what the appointment store says of that time; times are aware. None lie farther
    ahead than `FARTHEST`."""
    zone = ZoneInfo(workshop.zone)
    first, last = max(since, now + lead).astimezone(UTC), min(until, now + FARTHEST).astimezone(UTC)
    if first >= last:
        return []
    used = Counter(place.starts_at.astimezone(UTC) for place in taken if place.dealer == workshop.key)
    starts = (start for day in _days(first.astimezone(zone), last.astimezone(zone)) for start in slots(workshop, day))
    return [s for s in starts if first <= s.astimezone(UTC) < last and used[s.astimezone(UTC)] < workshop.places]


def _hours(workshop: Workshop, day: date) -> tuple[Hours, ...]:
    """The local hours of a day, after holidays and days on which it is closed."""
    own = any((c.month, c.day) == (day.month, day.day) and c.year in (None, day.year) for c in workshop.closed)
    return () if own or holiday_name(workshop, day) else workshop.hours[day.weekday()]


def _steps(hours: Hours, slot: timedelta) -> Iterator[time]:
    """Local times `slot` apart, the last a slot before closing."""
    at, closes = datetime.combine(date.min, hours.opens), datetime.combine(date.min, hours.closes)
    while at + slot <= closes:
        yield at.time()
        at += slot


def _days(first: datetime, last: datetime) -> Iterator[date]:
    day = first.date()
    while day <= last.date():
        yield day
        day += timedelta(days=1)


def _settled(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time as one that exists."""
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)


def _exists(start: datetime) -> bool:
    return start.astimezone(UTC).astimezone(start.tzinfo).replace(tzinfo=None) == start.replace(tzinfo=None)


@lru_cache(maxsize=64)
def _holidays(country: str, region: str, year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=region or None, years=year, expand=False, language="en_US")
