"""Days as they are named in a text, and the calendar behind them. Pure."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from agents.language.dates.wish import Window

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {short: day for day in WEEKDAYS for short in (day[:3], day[:4])} | {
    "tues": "tuesday",
    "weds": "wednesday",
    "thurs": "thursday",
}


@dataclass(frozen=True, slots=True)
class Days(Window):
    """Days that are named. `loose`: a weekday named alone, which belongs to a week or month that is named beside it;
    `monthly`: a day named by its number alone."""

    loose: bool = False
    monthly: bool = False

    @property
    def named(self) -> tuple[int, ...]:
        """The weekdays that stand for themselves: "Tuesdays", or "Tuesday" beside a week."""
        return (self.first.weekday(),) if self.loose and self.first and not self.weekdays else self.weekdays


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is written is no day; `question` asks for one."""

    question: str


Mark = Days | Unclear


def weekday_named(word: str) -> int | None:
    """Monday is 0."""
    full = _SHORT.get(word, word.removesuffix("s"))
    return WEEKDAYS.index(full) if full in WEEKDAYS else None


def spoken(day: date) -> str:
    """`Tuesday 3 March 2026`."""
    return f"{calendar.day_name[day.weekday()]} {day.day} {calendar.month_name[day.month]} {day.year}"


def week_of(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def month_of(year: int, month: int) -> tuple[date, date]:
    """Its first and last day; months count on beyond the twelfth."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def gone(day: date) -> Unclear:
    return Unclear(f"{spoken(day)} has gone by. Which day would you like instead?")
