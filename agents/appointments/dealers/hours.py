"""When a workshop is open, and on which days it is closed, as cells of a table say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from agents.language.numbers import numbers
from agents.language.phrases import Phrases
from agents.language.tokens import letters

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DASHES = frozenset("-–")
_DAYS = Phrases(
    ("<day> (|<to> <day>|<day>)",),
    {"day": lambda token: token.word in DAYS, "to": lambda token: token.word == "to" or token.word in _DASHES},
)
_CLOSED = frozenset({"closed", "-", "–"})


@dataclass(frozen=True, slots=True)
class Hours:
    """Local times of a day between which a workshop is open."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which a workshop is closed of its own accord: every year's, or that of one."""

    month: int
    day: int
    year: int | None = None


def names_days(column: str) -> bool:
    """Whether a column is called by a day of the week or several, such as "Monday to Friday"."""
    return _DAYS.is_all_of(column)


def week(cells: Mapping[str, str]) -> tuple[tuple[Hours, ...], ...]:
    """The opening hours by weekday, from columns such as "Monday to Friday" or "Sunday"; closed on the other days."""
    days_open: list[tuple[Hours, ...]] = [()] * 7
    for name, value in cells.items():
        if names_days(name):
            days = [DAYS.index(word) for word in letters(name) if word in DAYS]
            first, last = days[0], days[-1]
            open_hours = periods_of(value)
            for day in range(first, last + 1 if last >= first else last + 8):
                days_open[day % 7] = open_hours
    return tuple(days_open)


def is_closed(value: str) -> bool:
    """Whether a cell says that nobody is there."""
    return value.casefold() in _CLOSED


def periods_of(value: str) -> tuple[Hours, ...]:
    """The hours of a cell, none of one that says closed. Raises ValueError."""
    periods = tuple(Hours(_time(opens), _time(closes)) for opens, closes in _spans(value))
    if not periods and not is_closed(value):
        raise ValueError(f"{value!r} are no opening hours")
    edges = [edge for period in periods for edge in (period.opens, period.closes)]
    if sorted(set(edges)) != edges:
        raise ValueError(f"{value!r} are not in order")
    return periods


def _spans(value: str) -> Iterator[tuple[str, str]]:
    """The times that a dash joins."""
    times = [number for number in numbers(value) if ":" in number.written]
    for one, other in pairwise(times):
        if value[one.end : other.start].strip() in _DASHES:
            yield one.written, other.written


def _time(text: str) -> time:
    return time.fromisoformat(text.zfill(5))


def closed_day(value: str) -> Day:
    """`24 December`, every year, or `2026-12-28`. Raises ValueError."""
    try:
        once = date.fromisoformat(value)
    except ValueError:
        day, _, named = value.partition(" ")
        if not day.isdecimal():
            raise ValueError(f"{value!r} is no day") from None
        # Of a leap year, so that 29 February is a day too.
        yearly = date(2000, month(named), int(day))
        return Day(yearly.month, yearly.day)
    return Day(once.month, once.day, once.year)


def month(name: str) -> int:
    """The number of a month by its name. Raises ValueError."""
    return MONTHS.index(name.strip().casefold()) + 1
