"""Spans of days that a question about figures names: "in 2025", "since March", "Q3 2025", "the last 30 days",
"between 1 March and 15 April 2025". As seen from today; a month without a year is the last one that has begun."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from agents.analyst.reading.plan import Span, label
from agents.analyst.reading.tokens import Token, tokens
from agents.language.dates.marks import month_of, week_of
from agents.language.words import vocabulary

_MONTHS = [name.casefold() for name in calendar.month_name]
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTS = {word: at for at, word in enumerate(_NUMBERS, 2)} | {"a": 1, "an": 1, "one": 1}
_PARTS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_QUARTERS, _HALVES = {f"q{number}": number for number in range(1, 5)}, {"h1": 1, "h2": 2}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_UNITS = {"day": "days", "week": "weeks", "month": "months", "quarter": "", "year": "years"}
_BACK = ("last", "past", "previous")
_TOLD = vocabulary("and versus vs to compare only just about with ,")
"""Before a time, with a meaning of its own."""
_SMALL = _TOLD | vocabulary(
    "between from since starting after before until till through in during on of for throughout within over at dated"
    " year"
)
_STARTING = ("starting in", "starting from", "starting with", "starting on")
_LEADS = ("by the end of", *_STARTING, "prior to", "up to", "as of", *sorted(_SMALL))
"""What may stand before a time and belongs to it."""
_OF = (("of", "the", "year"), ("in", "the", "year"), ("of",), ("in",), (",",), ())
"""What may stand between a time and its year."""
_AND = vocabulary("to and until till through up versus vs with or , in the that of year")
_RANGING = vocabulary("to until till through")
_VERBAL = vocabulary("may march mar dec sep oct jan jun jul")
"""Months that may be other words."""
_BEFORE_MONTHS = vocabulary(
    "in since last of until from during between and before after versus vs about only for to e i.e"
)
_DATING = vocabulary("before after since until till in during year")
"""Before a number these say that it is a year."""
_NUMBERING = vocabulary("than over above under below least most exceeding exceed exceeds top bottom first < > = € $ £")
_OF_YEAR = vocabulary("in the of for calendar since during only by from per")
_MEASURED = vocabulary(
    """eur euro euros € km kilometre kilometres kilometer kilometers hour hours minute minutes day days percent % usd
    dollar dollars $ kg"""
)
_LATER = ("or later", "and later", "or after", "or newer", "onward", "onwards", "or since")
_EARLIER = ("or earlier", "and earlier", "or before", "or older")
TIMED = _SMALL | {name for name in (*_MONTHS, *(day.casefold() for day in calendar.day_name)) if name}
"""Words of times, all in lower case."""
_APART = vocabulary(
    "difference differences compare comparison change changed grow grew grown increase increased decrease decreased "
    "rose fell go gone going went"
)
"""Before two times that are told apart, and not the ends of one."""


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end]` names the span; `yearless` where it says no year. `loose` is what it can mean as well: "from
    March" is since then, or of that month."""

    start: int
    end: int
    span: Span
    yearless: bool = False
    loose: Span | None = None


@dataclass(frozen=True, slots=True)
class _Atom:
    """The words from `at` to `end`, which name a time from its first to its last day."""

    at: int
    end: int
    first: date
    last: date
    yearless: bool = False


class _Words:
    """The words of a text, with what each may be in a date."""

    def __init__(self, text: str, now: datetime, *, old: bool) -> None:
        self.text, self.today, self.old = text, now.date(), old
        self.row: list[Token] = []
        for token in tokens(text):  # "12.05.2025"
            whole, dot, rest = token.text.partition(".")
            cut = token.start + len(whole)
            dated = dot and text[token.end : token.end + 1] == "." and len(whole) <= 2 >= len(rest)
            self.row += [Token(whole, token.start, cut), Token(rest, cut + 1, token.end)] if dated else [token]

    def word(self, at: int) -> str:
        return self.row[at].plain.replace("’", "'") if 0 <= at < len(self.row) else ""

    def gap(self, at: int) -> str:
        """What stands before a word and belongs to none."""
        return self.text[self.row[at - 1].end : self.row[at].start] if 0 < at < len(self.row) else ""

    def year(self, at: int) -> int | None:
        word = self.word(at)
        old = self.old and self.word(at - 1) in _DATING and word[:1] == "1"
        return int(word) if len(word) == 4 and word.isdecimal() and (old or word[:2] in ("19", "20")) else None

    def month(self, at: int) -> int | None:
        word = self.word(at)
        short = word[:4] == "sept" and len(word) == 4
        known = len(word) == 3 or short or word in _MONTHS
        return next((at for at, name in enumerate(_MONTHS) if known and word and name.startswith(word[:3])), None)

    def number(self, at: int, most: int) -> int | None:
        word = self.word(at)
        plain = word[:-2] if word[-2:] in ("st", "nd", "rd", "th") and most == 31 else word
        return int(plain) if plain.isdecimal() and len(plain) <= 2 and 1 <= int(plain) <= most else None

    def count(self, at: int) -> int | None:
        word = self.word(at)
        return int(word) if word.isdecimal() and len(word) <= 3 else _COUNTS.get(word)

    def unit(self, at: int) -> str:
        word = self.word(at)
        return word.removesuffix("s") if word.removesuffix("s") in _UNITS else ""

    def of_year(self, at: int) -> tuple[int, int | None]:
        """Where a year behind a time ends, and which; perhaps with "of" or a comma before it."""
        between = next(some for some in _OF if tuple(self.word(at + n) for n in range(len(some))) == some)
        place = at + len(between)
        if (year := self.year(place)) is not None:
            return place + 1, year
        if self.word(place) in ("last", "this") and self.word(place + 1) == "year":
            return place + 2, self.today.year - (self.word(place) == "last")
        return at, None


def spans(text: str, now: datetime, *, old: bool = False) -> tuple[Found, ...]:
    """What the text says of time, in its order; with `old` also years before 1900, where a word says that it is one."""
    words = _Words(text, now, old=old)
    atoms = _atoms(words)
    apart = next((at for at in range(len(words.row)) if words.word(at) in _APART), len(words.row))
    found: list[Found] = []
    while atoms:
        atom = atoms.pop(0)
        start, lead, edge = _lead(words, atom.at)
        joined = _joined(words, atom, atoms)
        if joined and atom.yearless and not atoms[0].yearless:
            atom = _in_year_of(atom, atoms[0])
        told_apart = apart < start
        ranging = lead in ("between", "from") or joined == ["-"] or _RANGING & set(joined)
        if joined and not told_apart and (ranging or joined == [","]):
            other = atoms.pop(0)
            ends = min(atom.first, other.first), max(atom.last, other.last)
            found.append(Found(words.row[start].start, words.row[other.end - 1].end, _span(*ends)))
            continue
        span = _bounded(atom, "" if told_apart and joined else lead, edge)
        if words.word(atom.end - 2) == "in" and words.year(atom.end - 1) and atom.at < atom.end - 2:
            year = atom.last.year  # "before 10 May in 2022" is in that year
            span = _span(span.first or date(year, 1, 1), span.last or date(year, 12, 31))
        begins = atom.at if lead in _TOLD else start
        end, way = _open_end(words, atom.end)
        end, way = (atom.end, 0) if atoms and atoms[0].at <= end else (end, way)  # "or before 2010"
        span = _span(atom.first if way > 0 else None, atom.last if way < 0 else None) if way else span
        loose = _span(atom.first, atom.last) if lead == "from" and not way and not told_apart else None
        found.append(Found(words.row[begins].start, words.row[end - 1].end, span, atom.yearless, loose))
    return tuple(found)


def _open_end(words: _Words, at: int) -> tuple[int, int]:
    """Where the words behind a time end that leave it open, and whether to what comes later (1) or was earlier (-1):
    "or later"; 0 where there are none."""
    for way, said in ((1, _LATER), (-1, _EARLIER)):
        size = next((size for size in (2, 1) if " ".join(words.word(at + n) for n in range(size)) in said), 0)
        if size:
            return at + size, way
    return at, 0


def _lead(words: _Words, at: int) -> tuple[int, str, str]:
    """Where the words before a time begin that belong to it, what they say, and which edge of it is meant."""
    place, edge = at - (words.word(at - 1) == "the"), ""
    if words.word(place - 1) == "of" and words.word(place - 2) in ("start", "beginning", "end"):
        edge, place = words.word(place - 2), place - 2 - (words.word(place - 3) == "the")
    for lead in _LEADS:
        said = lead.split()
        if [words.word(place - len(said) + n) for n in range(len(said))] == said and place >= len(said):
            return place - len(said), lead, edge
    if edge == "end" and words.word(place - 1) == "by":
        return place - 1, "until", edge
    return at, "", ""


def _joined(words: _Words, atom: _Atom, others: Sequence[_Atom]) -> list[str]:
    """The words that join a time with the next one: "to", "and the year", a dash; empty where they are none."""
    if not others:
        return []
    between = [words.word(at) for at in range(atom.end, others[0].at)]
    if not between:
        return ["-"] if words.gap(atom.end).strip() in ("-", "–") else []
    first = between[0] in _AND and between[0] not in ("in", "the", "that", "of", "year")
    return between if first and len(between) <= 3 and set(between) <= _AND else []


def _bounded(atom: _Atom, word: str, edge: str) -> Span:
    """The span that a word like "since" makes of a time."""
    first, last = atom.first, atom.last
    if edge:
        first, last = (last, last) if edge == "end" else (first, first)
    if word.startswith(("since", "starting", "from", "as of")):
        return _span(first, None)
    if word == "after":
        return _span(last + timedelta(days=1), None)
    if word in ("before", "prior to"):
        return _span(None, first - timedelta(days=1))
    if word in ("until", "till", "up to", "through", "by the end of"):
        return _span(None, last)
    return _span(first, last)


def _span(first: date | None, last: date | None) -> Span:
    return Span(label(first, last), first, last)


def _atoms(words: _Words) -> list[_Atom]:
    """The times that are named, in order; of those that begin alike the first kind."""
    found: list[_Atom] = []
    at = 0
    while at < len(words.row):
        atom = None
        for form in (_numeric, _written, _quarter, _part, _month, _near, _ago, _year):
            try:
                atom = form(words, at)
            except (ValueError, OverflowError):  # there is no such day
                continue
            if atom is not None:
                found.append(atom)
                break
        at = atom.end if atom else at + 1
    return found


def _numeric(words: _Words, at: int) -> _Atom | None:
    """ "2025-03-14", "14/3/2025", "14.3.2025"; a month: "2025-03", "3/2025"."""
    gaps, number = (words.gap(at + 1), words.gap(at + 2)), words.number(at + 1, 12)
    if (year := words.year(at)) and gaps[0] == "-" and number:
        if gaps[1] == "-" and (day := words.number(at + 2, 31)):
            return _exactly(at, at + 3, date(year, number, day))
        return _Atom(at, at + 2, *month_of(year, number)) if len(words.word(at + 1)) == 2 else None
    if number and gaps in (("/", "/"), (".", ".")) and (day := words.number(at, 31)) and (year := words.year(at + 2)):
        return _exactly(at, at + 3, date(year, number, day))
    year, number = words.year(at + 1), words.number(at, 12)
    return _Atom(at, at + 2, *month_of(year, number)) if year and gaps[0] == "/" and number else None


def _written(words: _Words, at: int) -> _Atom | None:
    """ "14 March 2025", "March 14"; without a year the last such day."""
    day, place = words.number(at, 31), at + 1 + (words.word(at + 1) == "of")
    number = words.month(place) if day else words.month(at)
    day, place = (day, place + 1) if day else (words.number(at + 1, 31), at + 2)
    if not day or not number:
        return None
    end, year = words.of_year(place)
    if year is not None:
        return _exactly(at, end, date(year, number, day))
    ahead = (number, day) > (words.today.month, words.today.day)
    found = date(words.today.year - ahead, number, day)
    return _Atom(at, place, found, found, True)


def _exactly(at: int, end: int, day: date) -> _Atom:
    return _Atom(at, end, day, day)


def _quarter(words: _Words, at: int) -> _Atom | None:
    """ "Q3 2025", "the third quarter of 2025", "2025 Q3"; without a year the last one that has begun."""
    word, behind = words.word(at), words.word(at + 1)
    if (year := words.year(at)) and behind in _QUARTERS:
        number, end = _QUARTERS[behind], at + 2
    elif word in _QUARTERS:
        number, (end, year) = _QUARTERS[word], words.of_year(at + 1)
    elif behind == "quarter" and (word in _PARTS or word == "last"):
        number, (end, year) = _PARTS.get(word, 4), words.of_year(at + 2)
        if word == "last" and year is None:
            return None
    else:
        return None
    known = year or words.today.year - (3 * number - 2 > words.today.month)
    return _months(at, end, known, 3 * number - 2, 3, yearless=year is None)


def _months(at: int, end: int, year: int, first: int, count: int, *, yearless: bool = False) -> _Atom:
    return _Atom(at, end, month_of(year, first)[0], month_of(year, first + count - 1)[1], yearless)


def _part(words: _Words, at: int) -> _Atom | None:
    """A half of a year, or a season by the months of the weather service."""
    word, half = words.word(at), words.word(at + 1) == "half"
    number = _PARTS.get(word, 0) if half else _HALVES.get(word, 0)
    first, count = (6 * number - 5, 6) if number in (1, 2) else (_SEASONS.get(word, 0), 3)
    end, year = words.of_year(at + 1 + half)
    return _months(at, end, year, first, count) if year is not None and first > 0 else None


def _month(words: _Words, at: int) -> _Atom | None:
    number = words.month(at)
    if number is None:
        return None
    end, year = words.of_year(at + 1)
    if year is None and words.word(at) in _VERBAL and words.word(at - 1) not in _BEFORE_MONTHS:
        return None
    known = year or words.today.year - (number > words.today.month)
    return _Atom(at, end, *month_of(known, number), year is None)


def _near(words: _Words, at: int) -> _Atom | None:
    """ "Last month", "the last 30 days" (with today), "the past two years" (back to the same day), "today", "ytd"."""
    word, today = words.word(at), words.today
    if word in ("today", "yesterday"):
        return _exactly(at, at + 1, today - timedelta(days=word == "yesterday"))
    to_date = [words.word(at + n) for n in range(3)] == ["year", "to", "date"]
    if word == "ytd" or to_date:
        return _Atom(at, at + (3 if to_date else 1), date(today.year, 1, 1), today)
    if word not in (*_BACK, "this", "current"):
        return None
    count, unit = words.count(at + 1), words.unit(at + 2)
    if word in _BACK and count is not None and unit and words.word(at + 2) != unit:
        if unit == "day":
            return _Atom(at, at + 3, today - timedelta(days=max(count - 1, 0)), today)
        return _Atom(at, at + 3, today - _length(unit, count) + timedelta(days=1), today)
    unit = words.unit(at + 1)
    if unit in ("", "day") or words.word(at + 1) != unit:
        return None
    ahead = -(word in _BACK)
    if unit == "week":
        return _Atom(at, at + 2, *week_of(today + timedelta(weeks=ahead)))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1) + relativedelta(months=months * ahead)
    return _Atom(at, at + 2, first, first + relativedelta(months=months) - timedelta(days=1))


def _length(unit: str, count: int) -> relativedelta:
    return relativedelta(months=3 * count) if unit == "quarter" else relativedelta(**{_UNITS[unit]: count})


def _ago(words: _Words, at: int) -> _Atom | None:
    count, unit = words.count(at), words.unit(at + 1)
    if count is None or not unit or words.word(at + 2) != "ago":
        return None
    return _exactly(at, at + 3, words.today - _length(unit, count))


def _year(words: _Words, at: int) -> _Atom | None:
    """A year, and no figure that looks like one."""
    year, before = words.year(at), words.word(at - 1)
    if year is None or words.word(at + 1) in _MEASURED or words.gap(at)[-1:] == "_":
        return None
    numbering = before in _NUMBERING or (before == "to" and words.word(at - 2) == "equal")
    numbering = words.word(at - 2) not in _OF_YEAR if before == "year" else numbering
    return None if numbering else _Atom(at, at + 1, date(year, 1, 1), date(year, 12, 31))


def _in_year_of(atom: _Atom, other: _Atom) -> _Atom:
    """The time in the year that is said of the one after it only: "March and April 2024"."""
    year = other.last.year - (atom.first.month > other.last.month)
    first = atom.first.replace(year=year)
    last = month_of(year, atom.last.month)[1] if atom.first != atom.last else first
    return _Atom(atom.at, atom.end, first, last)
