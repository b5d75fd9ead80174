"""Days in the past as customers name them: "May last year", "12/05/2025", "a year and a half ago", "last summer"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import dateparser
from dateutil.relativedelta import relativedelta

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)} | {"sept": 9}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_MONTH = rf"(?:{'|'.join(_MONTHS)}|{'|'.join(_SHORT)})\b\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_COUNT = r"(?:\d{1,3}|a\s+couple\s+of|a\s+few|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_LONGEST_ALONE = 100
"""Characters of a text that may be nothing but a month's name."""
_WHEN = re.compile(
    rf"""\b(?:
        (?P<iso>{_YEAR}-\d\d-\d\d)
      | (?P<numeric>\d{{1,2}}[./-]\d{{1,2}}[./-](?:{_YEAR}|\d\d))(?!\d)
      | (?P<dated>{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?|{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?(?!\d))
      | (?P<slashed>(?:0?[1-9]|1[0-2])[./]{_YEAR})
      | (?P<before>last\s+year|this\s+year)\s+in\s+(?P<named>{_MONTH})
      | (?:(?P<lead>last|this)\s+)?(?P<month>{_MONTH})(?:\s+(?:of\s+)?(?P<year>{_YEAR}|'\d\d))?
            (?:\s+(?:of\s+)?(?P<of>the\s+year\s+before\s+last|last\s+year|this\s+year))?
      | (?P<ago>(?:{_COUNT}\s+and\s+a\s+half\s+years?|a\s+year\s+and\s+a\s+half|half\s+a\s+year
            |{_COUNT}\s+(?:days?|weeks?|fortnights?|months?|years?))\s+(?:ago|back))
      | (?:(?P<when>last|this)\s+)?(?P<season>spring|summer|autumn|fall|winter)(?:\s+(?:of\s+)?(?P<in>{_YEAR}))?
      | (?P<near>today|yesterday|last\s+(?:week|month|year)|this\s+(?:week|month|year))
      | (?:in|during|since|back\sin)\s+(?P<whole>{_YEAR})
    )(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)
_WORDS = {"an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_WORDS |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a couple of": 2, "a few": 3}
_MOST = 4
_SETTINGS = {"DATE_ORDER": "DMY", "PREFER_DATES_FROM": "past", "PREFER_DAY_OF_MONTH": "first"}


@dataclass(frozen=True, slots=True)
class PastDate:
    """`text[start:end]` names `day`, or a longer time that begins with it; `exact` where it is that very day."""

    start: int
    end: int
    day: date
    exact: bool


def past_dates(text: str, now: datetime) -> tuple[PastDate, ...]:
    """The days that a text names, in order, as seen from `now`. A month without a year is the last one that has begun;
    the day comes before the month. A date that is written out may lie in the future. At most four are read."""
    return tuple(islice(_found(text, now), _MOST))


def _found(text: str, now: datetime) -> Iterator[PastDate]:
    for match in _WHEN.finditer(text):
        parts = {name: part for name, part in match.groupdict().items() if part}
        if _is_word(match, parts):
            continue
        exact = bool(
            parts.keys() & {"iso", "numeric", "dated"} or parts.get("near", "").casefold() in {"today", "yesterday"}
        )
        day = _day(parts, now)
        if day is not None:
            yield PastDate(match.start(), match.end(), day, exact)


def _is_word(match: re.Match[str], parts: dict[str, str]) -> bool:
    """Whether a month or season that stands alone is the verb "may" or "march", or an ordinary word."""
    alone = len(parts) == 1 and (parts.keys() & {"month", "season"})
    word = match.group().casefold().rstrip(".")
    before = match.string[max(0, match.start() - 12) : match.start()].casefold()
    introduced = re.search(r"\b(?:in|since|last|early|late|mid|of|around|about|until|from|was|during)\W+$", before)
    only = len(match.string) < _LONGEST_ALONE and match.string.strip(" .?!,").casefold() == word
    return bool(alone) and not introduced and not only


def _day(parts: dict[str, str], now: datetime) -> date | None:
    today = now.date()
    if "named" in parts:
        return _month({"month": parts["named"], "of": parts["before"]}, today)
    if "month" in parts:
        return _month(parts, today)
    if "season" in parts:
        return _begun(_SEASONS[parts["season"].casefold()], parts.get("in"), today)
    if "slashed" in parts:
        month, year = re.split(r"[./]", parts["slashed"])
        return date(int(year), int(month), 1)
    if "whole" in parts:
        return date(int(parts["whole"]), 1, 1)
    if "near" in parts:
        return _near(" ".join(parts["near"].casefold().split()), today)
    if "ago" in parts:
        return _ago(" ".join(parts["ago"].casefold().split()), today)
    written = parts.get("iso") or parts.get("numeric") or parts.get("dated") or ""
    try:
        settings: dict[str, Any] = {**_SETTINGS, "RELATIVE_BASE": now.replace(tzinfo=None)}
        if "iso" in parts:
            return date.fromisoformat(written)
        read = dateparser.parse(written, languages=["en"], settings=settings)
    except (ValueError, OverflowError):
        return None
    return read.date() if read else None


def _month(parts: dict[str, str], today: date) -> date:
    number = _SHORT[parts["month"].casefold().rstrip(".")[:3]]
    of = parts.get("of", "").casefold()
    if year := parts.get("year"):
        return date(int(year) if len(year) == 4 else 2000 + int(year[1:]), number, 1)
    if of.startswith("last"):
        return date(today.year - 1, number, 1)
    if of.startswith("the"):
        return date(today.year - 2, number, 1)
    lead = parts.get("lead", "").casefold()
    if of or lead == "this":
        return date(today.year, number, 1)
    begun = _begun(number, None, today)
    again = lead == "last" and (begun.year, begun.month) == (today.year, today.month)
    return begun.replace(year=begun.year - again)


def _begun(month: int, year: str | None, today: date) -> date:
    """The first of the month in that year, or else of the last such month that has begun."""
    if year:
        return date(int(year), month, 1)
    return date(today.year - (month > today.month), month, 1)


def _near(words: str, today: date) -> date:
    return {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "last week": today - timedelta(days=today.weekday() + 7),
        "this week": today - timedelta(days=today.weekday()),
        "last month": (today.replace(day=1) - timedelta(days=1)).replace(day=1),
        "this month": today.replace(day=1),
        "last year": date(today.year - 1, 1, 1),
        "this year": date(today.year, 1, 1),
    }[words]


def _ago(words: str, today: date) -> date | None:
    words = words.removesuffix(" ago").removesuffix(" back")
    if words in ("half a year", "a year and a half"):
        return _back(today, months=6 if words.startswith("half") else 18)
    count, _, unit = words.rpartition(" ")
    half = count.endswith(" and a half")
    count = count.removesuffix(" and a half")
    number = int(count) if count.isdecimal() else _WORDS[count]
    days = {"day": 1, "week": 7, "fortnight": 14}.get(unit.removesuffix("s"))
    if days:
        return _back(today, days=days * number)
    return _back(today, months=number if unit.startswith("month") else 12 * number + 6 * half)


def _back(today: date, months: int = 0, days: int = 0) -> date | None:
    try:
        earlier: date = today - relativedelta(months=months, days=days)
    except (ValueError, OverflowError):
        return None
    return earlier
