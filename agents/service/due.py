"""What of a service schedule is due on a car: by distance and by date, whichever comes first. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta

from agents.service.intervals import Interval
from agents.service.schedules import Entry

SOON_KM = 2_000
SOON_DAYS = 30
"""How long before it is due a service counts as due soon: when service displays begin to warn."""
_MOST_TIMES = 2_000
_KM_A_DAY = 40
"""To put what is due by distance and what is due by date in one order: about 15,000 km a year."""

State = Literal["overdue", "due soon", "later", "look up"]
ORDER: tuple[State, ...] = ("overdue", "due soon", "look up", "later")


@dataclass(frozen=True, slots=True)
class Use:
    """How a car was used and serviced: kilometres now and at the last service, and when that was; None where nobody
    knows. `never`: it has had no service yet. `item`: the last service was that of the one item that is asked about."""

    mileage_km: int | None = None
    last_date: date | None = None
    last_km: int | None = None
    never: bool = False
    first_registered: date | None = None
    severe: bool = False
    item: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """When an entry is due. `km_left` and `days_left` are negative where it is overdue; None where nobody can tell
    without the service record. `with_service`: it is done at the regular service."""

    entry: Entry
    state: State
    at_km: int | None = None
    on: date | None = None
    km_left: int | None = None
    days_left: int | None = None
    with_service: bool = False


def due(entries: Sequence[Entry], use: Use, today: date) -> tuple[Due, ...]:
    """What is due, in the order of urgency. Services and changes are counted as if the schedule had been kept up to the
    last service; what came up since, and may have been done, is to be looked up."""
    service = next((entry for entry in entries if entry.service), None)
    usual = _every(service, use) if service else Interval()
    found = [_one(entry, use, usual, today) for entry in entries if not entry.when.services]
    at = next((match for match in found if match.entry is service), None)
    found += [_at_service(entry, at, use) for entry in entries if entry.when.services]
    return tuple(sorted(found, key=_urgency))


def _urgency(due: Due) -> tuple[int, bool, bool, float]:
    left = [] if due.days_left is None else [float(due.days_left)]
    left += [] if due.km_left is None else [due.km_left / _KM_A_DAY]
    return ORDER.index(due.state), due.with_service, not due.entry.service, min(left, default=0.0)


def _one(entry: Entry, use: Use, usual: Interval, today: date) -> Due:
    if entry.service or use.item:
        at_km, on = _after_last(entry, use)
        return _due(entry, at_km, on, use, today)
    km, months = _steps(entry, use, "km"), _steps(entry, use, "months")
    at_km = _next_km(km, use, usual)
    on = _next_date(months, use, usual, today) if use.first_registered else None
    return _due(entry, at_km, on, use, today)


def _at_service(entry: Entry, service: Due | None, use: Use) -> Due:
    """What is done at each service is as due as the service; which service is a second one only the record knows."""
    start = entry.when.from_km
    if use.mileage_km is not None and use.mileage_km < start:
        return Due(entry, "later", start, km_left=start - use.mileage_km)
    if service is None or entry.when.services > 1 or (start and use.mileage_km is None):
        return Due(entry, "look up", with_service=True)
    return Due(entry, service.state, service.at_km, service.on, service.km_left, service.days_left, True)


def _due(entry: Entry, at_km: int | None, on: date | None, use: Use, today: date) -> Due:
    km_left = None if at_km is None or use.mileage_km is None else at_km - use.mileage_km
    days_left = None if on is None else (on - today).days
    by_km, by_date = km_left is not None and km_left < 0, days_left is not None and days_left < 0
    known = entry.service or use.item or use.never
    state: State = "later"
    if (by_km and (known or use.last_km is not None)) or (by_date and (known or use.last_date is not None)):
        state = "overdue"
    elif by_km or by_date or (km_left is None and days_left is None):
        state = "look up"
    elif (km_left is not None and km_left <= SOON_KM) or (days_left is not None and days_left <= SOON_DAYS):
        state = "due soon"
    return Due(entry, state, at_km, on, km_left, days_left)


def _every(entry: Entry, use: Use) -> Interval:
    when = entry.when
    return when.severe if use.severe and when.severe else when.every


def _after_last(entry: Entry, use: Use) -> tuple[int | None, date | None]:
    """The service after the last one, or the first of all."""
    every = _every(entry, use)
    if use.never and entry.when.first:
        every = entry.when.first
    start_km = 0 if use.never else use.last_km
    start = use.first_registered if use.never else use.last_date
    at_km = None if start_km is None or not every.km else start_km + every.km
    return at_km, None if start is None or not every.months else _later(start, every.months)


def _steps(entry: Entry, use: Use, unit: Literal["km", "months"]) -> Iterator[int]:
    """When the entry is due counted from the first day, each time until far beyond a car's life."""
    every = getattr(_every(entry, use), unit)
    first = getattr(entry.when.first, unit) or every
    return (first + every * n for n in range(_MOST_TIMES if every else 0))


def _next_km(steps: Iterator[int], use: Use, usual: Interval) -> int | None:
    """The first time after the last service. Where its mileage is unknown, it was at most one interval ago."""
    since = 0 if use.never else use.last_km
    if since is None and use.mileage_km is not None:
        since = max(0, use.mileage_km - (usual.km or 0))
    return None if since is None else next((step for step in steps if step > since), None)


def _next_date(steps: Iterator[int], use: Use, usual: Interval, today: date) -> date | None:
    start = use.first_registered
    if start is None:
        return None
    assumed = today - relativedelta(months=usual.months or 0)
    since = start if use.never else use.last_date or max(start, assumed)
    return next((on for step in steps if (on := _later(start, step)) > since), None)


def _later(start: date, months: int) -> date:
    """Whole months later; the last day of a month that is too short (29 February and twelve months: 28 February)."""
    return (
        min(start + relativedelta(months=months), date.max) if start.year + months // 12 < date.max.year else date.max
    )
