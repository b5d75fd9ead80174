"""Spans of days that a question about figures names: "in 2025", "since March", "Q3 2025", "the last 30 days",
"between 1 March and 15 April 2025". As seen from today; a month without a year is the last one that has begun."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from agents.analyst.reading.plan import Span
from agents.analyst.reading.tokens import tokens
from agents.language.dates.marks import month_of, spoken, week_of
from agents.language.dates.past import past_dates
from agents.language.words import vocabulary

_MONTHS = [name.casefold() for name in calendar.month_name[1:]]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:19|20)\d\d"
_COUNT = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_COUNTS = {word: at for at, word in enumerate(_NUMBERS.split())}
_DIGITS = 4
"""Of a year."""
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_NUMERIC = r"\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d"
_ATOMS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for kind, pattern in (
        ("written", rf"{_YEAR}-\d\d-\d\d|{_NUMERIC}|(?:the\s)?{_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"
                    rf"|{_MONTH}\s{_DAY}(?!\d)(?:,?\s{_YEAR})?"),
        ("month_number", rf"(?P<year>{_YEAR})-(?P<number>0[1-9]|1[0-2])"
                         rf"|(?P<number2>0?[1-9]|1[0-2])/(?P<year2>{_YEAR})"),
        ("quarter", rf"(?:the\s)?(?:q(?P<q>[1-4])|(?P<name>first|second|third|fourth|last|1st|2nd|3rd|4th)\squarter)"
                    rf"(?:,?\s(?:of\s)?(?P<year>{_YEAR}))?|(?P<year2>{_YEAR})[\s-]?q(?P<q2>[1-4])"),
        ("part", rf"(?:the\s)?(?:(?P<name>first|second|1st|2nd)\shalf|h(?P<h>[12])|"
                 rf"(?P<season>spring|summer|autumn|fall))(?:\sof)?\s(?P<year>{_YEAR})"),
        ("month", rf"(?P<month>{_MONTH})(?:,?\s(?:of\s)?(?P<year>{_YEAR}|last\syear|this\syear))?"),
        ("rolling", rf"(?:the\s)?(?:last|past|previous)\s(?P<count>{_COUNT})\s"
                    r"(?P<unit>days|weeks|months|quarters|years)"),
        ("near", r"(?:the\s)?(?P<which>last|previous|this|current|past)\s(?P<unit>week|month|quarter|year)|today"
                 r"|yesterday|year\sto\sdate|ytd"),
        ("ago", rf"(?:{_COUNT}|an?|one)\s(?:days?|weeks?|months?|years?)\sago"),
        ("year", rf"(?:the\s)?(?P<year>{_YEAR})"
                 r"(?!\s?(?:eur|euros?|€|km|kilomet|hours?|minutes?|days?|percent|%|usd|dollars?|\$|kg))"),
    )
)  # fmt: skip
_AND = re.compile(
    r"\s*(?:to|and|until|till|through|up\sto|-|–|versus|vs\.?|with|or|,)\s+(?:(?:in|the|that\sof|the\syear)\s)?|\s*[-–]\s*",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?P<word>between|from|since|starting(?:\s(?:in|from|with|on))?|after|before|prior\sto|until|till|up\sto|through|by\sthe\send\sof"
    r"|in|during|on|of|for|throughout|within|over|only|as\sof|at|dated|year|and|versus|vs\.?|to|compare|just|about|with|,)"
    r"\s+(?:the\s+)?(?:(?P<edge>start|beginning|end)\sof\s)?$",
    re.IGNORECASE,
)
_NUMBERING = vocabulary("than over above under below least most exceeding exceed exceeds top bottom first < > = € $ £")
_APART = vocabulary(
    "difference differences compare comparison change changed grow grew grown increase increased decrease decreased "
    "rose fell go gone going went"
)
"""Before two times that are told apart, and not the ends of one."""
_IN_YEAR = (["in"], ["of"], ["in", "the", "year"], ["of", "the", "year"])
_RANGING = vocabulary("to until till through")
_BEFORE_MONTHS = vocabulary(
    "in since last of until from during between and before after versus vs about only for to e i.e"
)
_OF_YEAR = vocabulary("in the of for calendar since during only by from per")


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end]` names the span; `yearless` where it says no year."""

    start: int
    end: int
    span: Span
    yearless: bool = False


@dataclass(frozen=True, slots=True)
class _Atom:
    start: int
    end: int
    first: date
    last: date
    yearless: bool


def spans(text: str, now: datetime) -> tuple[Found, ...]:
    """What the text says of time, in its order."""
    atoms = _atoms(text, now)
    apart = next((word.end for word in tokens(text) if word.plain in _APART), None)
    found: list[Found] = []
    place = 0
    while place < len(atoms):
        atom = atoms[place]
        lead = _BEFORE.search(text[max(0, atom.start - 40) : atom.start])
        word = " ".join(lead["word"].casefold().split()) if lead else ""
        start = atom.start - (len(lead.group()) if lead else 0)
        after = atoms[place + 1] if place + 1 < len(atoms) else None
        joined = after is not None and _AND.fullmatch(text[atom.end : after.start])
        if after is not None and joined and atom.yearless and not after.yearless:
            atom = _in_year_of(atom, after)
        within = None
        if after is not None and not joined and _dated_by(atom, after, text):
            moved = _in_year_of(atom, after)
            atom, within = _Atom(atom.start, after.end, moved.first, moved.last, False), after
            place += 1
            after = atoms[place + 1] if place + 1 < len(atoms) else None
            joined = after is not None and _AND.fullmatch(text[atom.end : after.start])
        told_apart = apart is not None and apart <= start
        ranged = joined and after is not None and not told_apart and (
            word in ("between", "from")
            or not any(character.isalpha() or character == "," for character in joined.group())
            or _RANGING & set(joined.group().casefold().split())
        )  # fmt: skip
        if after is not None and ranged:
            found.append(Found(start, after.end, _span(min(atom.first, after.first), max(atom.last, after.last))))
            place += 2
            continue
        keep = word in ("and", "versus", "vs", "vs.", "to", "compare", "only", "just", "about", "with", ",")
        if told_apart and joined:
            word = ""
        bounded = _bounded(atom, word, lead)
        if within is not None:  # "before 10 September in 2022"
            bounded = _span(bounded.first or within.first, bounded.last or within.last)
        found.append(Found(atom.start if keep else start, atom.end, bounded, atom.yearless))
        place += 1
    return tuple(found)


def _dated_by(atom: _Atom, other: _Atom, text: str) -> bool:
    """Whether a time has its year behind it: "10 September in 2022"."""
    year = (other.first.month, other.first.day, other.last.month, other.last.day) == (1, 1, 12, 31)
    return year and atom.yearless and text[atom.end : other.start].casefold().split() in _IN_YEAR


def _bounded(atom: _Atom, word: str, lead: re.Match[str] | None) -> Span:
    """The span that a word like "since" makes of a time."""
    edge = lead["edge"] if lead else None
    first, last = atom.first, atom.last
    if edge:
        first, last = (last, last) if edge.casefold() == "end" else (first, first)
    if word.startswith(("since", "starting", "from", "as of")):
        return _span(first, None)
    if word == "after":
        return _span(last + timedelta(days=1), None)
    if word in ("before", "prior to"):
        return _span(None, first - timedelta(days=1))
    if word in ("until", "till", "up to", "through") or word.startswith("by the end"):
        return _span(None, last)
    return _span(first, last)


def _span(first: date | None, last: date | None) -> Span:
    return Span(label(first, last), first, last)


def label(first: date | None, last: date | None) -> str:
    """The span in words: "2025", "March 2025", "Q3 2025", "since 1 March 2025"."""
    if first is None or last is None:
        if first is None:
            return f"until {plain(last)}" if last else "all the time"
        return f"since {plain(first)}"
    if first == last:
        return plain(first)
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return str(first.year)
    if (first, last) == month_of(first.year, first.month):
        return f"{_MONTHS[first.month - 1].capitalize()} {first.year}"
    if first.month % 3 == 1 and (first, last) == (
        month_of(first.year, first.month)[0],
        month_of(first.year, first.month + 2)[1],
    ):
        return f"Q{(first.month + 2) // 3} {first.year}"
    return f"{plain(first)} to {plain(last)}"


def plain(day: date) -> str:
    """`3 March 2026`."""
    return spoken(day).split(" ", 1)[1]


def _atoms(text: str, now: datetime) -> list[_Atom]:
    """The times that are named, which do not overlap, in order; of those that begin alike the first kind above."""
    taken: list[_Atom] = []
    for pattern, kind in _ATOMS:
        for match in pattern.finditer(text):
            before, end = text[: match.start()], match.end()
            if before[-1:].isalnum() or text[end : end + 1].isalnum() or before[-1:] in ("_",):
                continue
            if any(name.start < end and match.start() < name.end for name in taken):
                continue
            if kind == "year" and _is_number(before[-30:]):
                continue
            days = _days(kind, match, now) if kind != "month" or _is_month(text, match) else None
            if days is not None:
                taken.append(
                    _Atom(
                        match.start(),
                        end,
                        *days,
                        (kind == "month" and not match["year"])
                        or (kind == "quarter" and not (match["year"] or match["year2"]))
                        or (kind == "written" and sum(map(str.isdigit, match.group())) < _DIGITS),
                    )
                )
    return sorted(taken, key=lambda name: name.start)


def _is_number(before: str) -> bool:
    """Whether a number that looks like a year is none, by the words before it."""
    words = ["", "", *(word.plain for word in tokens(before))]
    if words[-1] == "year":
        return words[-2] not in _OF_YEAR
    return words[-1] in _NUMBERING or words[-2:] == ["equal", "to"]


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Whether "may" and "march" are months here."""
    word = match.group().casefold().rstrip(".")
    if match["year"] or word not in ("may", "march", "mar", "dec", "sep", "oct", "jan", "jun", "jul"):
        return True
    before = text[max(0, match.start() - 20) : match.start()].casefold().rstrip(" ,(:-.")
    return before.rpartition(" ")[2] in _BEFORE_MONTHS


def _days(kind: str, match: re.Match[str], now: datetime) -> tuple[date, date] | None:
    try:
        return next(iter(_READ[kind](match, now)), None)
    except (ValueError, OverflowError):
        return None


def _written(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    for item in past_dates(match.group().casefold().removeprefix("the "), now):
        if item.exact:
            yield item.day, item.day


def _ago(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    for item in past_dates(match.group(), now):
        yield item.day, item.day


def _month_number(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    yield month_of(int(match["year"] or match["year2"]), int(match["number"] or match["number2"]))


def _quarter(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    name = match["name"]
    if name and name.casefold() == "last" and not match["year"]:
        yield from _whole("quarter", -1, now.date())
        return
    number = int(match["q"] or match["q2"] or 0) or _QUARTERS[name.casefold()]
    written = match["year"] or match["year2"]
    year = int(written) if written else now.year - (3 * number - 2 > now.month)
    yield month_of(year, 3 * number - 2)[0], month_of(year, 3 * number)[1]


def _part(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    """A half of a year, or a season by the months of the weather service."""
    if match["season"]:
        first, months = {"spring": 3, "summer": 6}.get(match["season"].casefold(), 9), 3
    else:
        first, months = 6 * (int(match["h"] or 0) or _QUARTERS[match["name"].casefold()]) - 5, 6
    yield month_of(int(match["year"]), first)[0], month_of(int(match["year"]), first + months - 1)[1]


def _month(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    number = next(at for at, name in enumerate(_MONTHS, start=1) if name.startswith(match["month"].casefold()[:3]))
    written = (match["year"] or "").casefold()
    if written[:4].isdigit():
        year = int(written)
    elif written:
        year = now.year - written.startswith("last")
    else:
        year = now.year - (number > now.month)
    yield month_of(year, number)


def _rolling(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    """Days count back from today, today in it; longer units back to the same day."""
    word, unit = match["count"].casefold(), match["unit"].casefold()
    count, today = int(word) if word.isdigit() else _COUNTS[word], now.date()
    if unit == "days":
        yield today - timedelta(days=max(count - 1, 0)), today
        return
    back = {"weeks": relativedelta(weeks=count), "months": relativedelta(months=count)}.get(unit)
    back = back or relativedelta(months=3 * count if unit == "quarters" else 12 * count)
    yield today - back + timedelta(days=1), today


def _near(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    today, words = now.date(), match.group().casefold()
    if words in ("today", "yesterday"):
        day = today - timedelta(days=words == "yesterday")
        yield day, day
    elif words.startswith("y"):
        yield date(today.year, 1, 1), today
    else:
        back = match["which"].casefold() in ("last", "previous", "past")
        yield from _whole(match["unit"].casefold(), -back, today)


def _whole(unit: str, ahead: int, today: date) -> Iterator[tuple[date, date]]:
    """The unit of the calendar that is so far ahead of the one of today."""
    if unit == "week":
        yield week_of(today + timedelta(weeks=ahead))
        return
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1) + relativedelta(months=months * ahead)
    yield first, first + relativedelta(months=months) - timedelta(days=1)


def _year(match: re.Match[str], now: datetime) -> Iterator[tuple[date, date]]:
    if int(match["year"]) < MAXYEAR:
        yield date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31)


_READ = {
    "written": _written, "month_number": _month_number, "quarter": _quarter, "part": _part, "month": _month,
    "rolling": _rolling, "near": _near, "ago": _ago, "year": _year,
}  # fmt: skip


def _in_year_of(atom: _Atom, other: _Atom) -> _Atom:
    """The time in the year that is said of the one after it only: "March and April 2024"."""
    year = other.last.year - (atom.first.month > other.last.month)
    first = atom.first.replace(year=year)
    whole = atom.first != atom.last
    last = month_of(year, atom.last.month)[1] if whole else first
    return _Atom(atom.start, atom.end, first, last, False)
