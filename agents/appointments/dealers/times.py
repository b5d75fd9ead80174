"""Which times a workshop still has of those that a customer wishes, and why it has none."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.appointment_store import AppointmentStore
from agents.appointments.dealers.opening import FARTHEST, free, holiday_name, slots
from agents.appointments.dealers.workshops import Workshop
from agents.language.clock import part_of_day
from agents.language.dates.marks import spoken
from agents.language.dates.wish import Wish
from agents.language.phrases import Phrases

_STRETCH = timedelta(days=45)
"""As much of the appointment store is read at a time."""
_TYRES = Phrases(("(tyre|tyres|tire|tires)", "wheel (change|swap)", "(winter|summer) wheels"))


def lead(workshop: Workshop, work: str, day: date) -> timedelta:
    """How long before a day such work is to be booked."""
    season = work in _TYRES and day.month in workshop.tyre_months
    return workshop.tyre_lead if season else workshop.lead


def bookable(workshop: Workshop, work: str, start: datetime, now: datetime) -> bool:
    """Whether that time is far enough ahead, in whole days at the workshop as people count them, and not too far. What
    was offered stays bookable for the rest of the day."""
    ahead = start.astimezone(UTC) - now.astimezone(UTC)
    days = start.date() - now.astimezone(ZoneInfo(workshop.zone)).date()
    return timedelta() < ahead <= FARTHEST and days >= lead(workshop, work, start.date())


async def free_times(
    appointment_store: AppointmentStore, workshop: Workshop, wish: Wish, work: str, now: datetime, *, run_id: str = ""
) -> list[datetime]:
    """The free times that the wish holds, in the workshop's time zone and in order: those of the first stretch of the
    appointment_store that has any. What the run named `run_id` holds is free for it. Raises
    AppointmentStoreUnavailable."""
    since, until = _span(workshop, wish, now)
    while since < until:
        end = min(until, since + _STRETCH)
        taken = await appointment_store.taken(workshop.key, since, end, now, besides=run_id)
        # A country's holidays are read from files when they are first asked for.
        free_ones = await asyncio.to_thread(free, workshop, taken, since, end, now, timedelta())
        found = [start for start in free_ones if wish.holds(start)]
        found = [start for start in found if bookable(workshop, work, start, now)]
        if found:
            return found
        since = end
    return []


def spread(times: Sequence[datetime], count: int) -> list[datetime]:
    """A few of the times, in order: the first of each morning, afternoon and evening, before others spread evenly."""
    firsts: dict[tuple[date, str], datetime] = {}
    for start in times:
        firsts.setdefault((start.date(), part_of_day(start.hour * 60 + start.minute)), start)
    chosen = list(firsts.values())[:count]
    rest = [start for start in times if start not in chosen]
    more = min(count - len(chosen), len(rest))
    return sorted([*chosen, *(rest[(at + 1) * len(rest) // (more + 1)] for at in range(more))])


def why_none(workshop: Workshop, wish: Wish, work: str, now: datetime) -> str:
    """Why the workshop has no time that the wish holds, as a sentence."""
    since, until = _span(workshop, wish, now)
    zone = ZoneInfo(workshop.zone)
    days = _wished_days(wish, since.astimezone(zone).date(), until.astimezone(zone).date())
    if since >= until:
        return f"{workshop.name} takes appointments up to {spoken((now + FARTHEST).astimezone(zone))}."
    if not days:
        return f"No day is left at {workshop.name} then."
    if not any(slots(workshop, day) for day in days):
        return _closed(workshop, days)
    if all(not bookable(workshop, work, start, now) for day in days for start in slots(workshop, day)):
        first = now + max(lead(workshop, work, day) for day in days)
        if days[-1] < first.astimezone(zone).date():
            return f"{workshop.name} needs {(first - now).days} days' notice."
        return f"{workshop.name} takes appointments up to {spoken((now + FARTHEST).astimezone(zone))}."
    if not any(wish.holds(start) for day in days for start in slots(workshop, day)):
        hours = _hours(workshop, next(day for day in days if slots(workshop, day)))
        minutes = int(workshop.slot.total_seconds() // 60)
        return f"{workshop.name} is open for appointments from {hours} then, every {minutes} minutes."
    return f"{workshop.name} has no place left then."


def _closed(workshop: Workshop, days: Sequence[date]) -> str:
    names = [f"{spoken(day)} is a public holiday ({name})" for day in days if (name := holiday_name(workshop, day))]
    if names and len(days) == 1:
        return f"{names[0]}, and {workshop.name} is closed."
    if len(days) == 1 or len({day.weekday() for day in days}) == 1:
        return f"{workshop.name} is closed on {'that day' if workshop.hours[days[0].weekday()] else _plural(days[0])}."
    return f"{workshop.name} is closed on those days."


def _plural(day: date) -> str:
    return f"{day:%A}s"


def _hours(workshop: Workshop, day: date) -> str:
    """When appointments begin that day: `07:30 to 17:30`."""
    starts = slots(workshop, day)
    return f"{starts[0]:%H:%M} to {starts[-1]:%H:%M}"


def _wished_days(wish: Wish, first: date, last: date) -> list[date]:
    days = (first + timedelta(days=ahead) for ahead in range(min((last - first).days, FARTHEST.days) + 1))
    wanted = (day for day in days if not wish.windows or any(window.on(day) for window in wish.windows))
    return [day for day in wanted if not any(item.any_time and item.on(day) for item in wish.never)][: _STRETCH.days]


def _span(workshop: Workshop, wish: Wish, now: datetime) -> tuple[datetime, datetime]:
    """From when until when the wish can be met, in UTC."""
    zone = ZoneInfo(workshop.zone)
    start, end = now.astimezone(UTC), (now + FARTHEST).astimezone(UTC)
    nearest, farthest = start.date() - timedelta(days=1), end.date()
    firsts = [max(window.first, nearest) for window in wish.windows if window.first]
    lasts = [min(window.last, farthest) for window in wish.windows if window.last]
    if firsts and len(firsts) == len(wish.windows):
        start = max(start, datetime.combine(min(firsts), time(), zone).astimezone(UTC))
    if lasts and len(lasts) == len(wish.windows):
        end = min(end, datetime.combine(max(lasts) + timedelta(days=1), time(), zone).astimezone(UTC))
    return start, end
