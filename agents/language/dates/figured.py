"""Dates in figures: `2026-03-12`, `12.3.2026`, `12/03`. The day stands before the month, as in Europe; only where that
gives no date, the month stands first."""

import calendar
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from agents.language.dates.marks import Days, Mark, Unclear, gone, month_of, spoken
from agents.language.numbers import before, is_part
from agents.language.tokens import Token, tokens

QUARTER = 90
"""Days."""
_BEFORE_NONE = frozenset("§.:/-")
"""Behind one of these signs no day begins."""


def with_figures(text: str, today: date, kept: Callable[[Mark], str]) -> str:
    """The text with what `kept` says in the place of each date in figures."""
    pieces, at = [], 0
    for start, end in _figured(text):
        mark = _numeric(text[start:end], today)
        if mark is None and text[end - 1] == ".":
            end -= 1
            mark = _numeric(text[start:end], today)
        if mark is not None:
            pieces += [text[at:start], kept(mark)]
            at = end
    return "".join((*pieces, text[at:]))


def dated(day: int, number: int, year: int | None, today: date) -> Mark:
    """That day of the month `number`: the date, or a question where there is none or it has gone by."""
    if year is None:
        year = today.year
        if (number, day) < (today.month, today.day) and not _just_gone(day, number, today):
            year += 1
    elif year < 100:
        year += 2000
    last = month_of(year, number)[1]
    if not 1 <= day <= last.day:
        name = calendar.month_name[number]
        return Unclear(
            f"{name} {year} has only {last.day} days, so there is no {day} {name}. Do you mean {spoken(last)} or "
            f"{spoken(last + timedelta(days=1))}?"
        )
    found = date(year, number, day)
    return gone(found) if found < today else Days(found, found)


def _just_gone(day: int, number: int, today: date) -> bool:
    try:
        return timedelta() < today - date(today.year, number, day) < timedelta(days=QUARTER)
    except ValueError:
        return False


def _figures(first: int, second: int, year: int | None, today: date) -> Mark | None:
    day, month = (first, second) if second <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return dated(day, month, year, today)


def _numeric(written: str, today: date) -> Mark | None:
    """A date in figures: `2026-03-12`, `12.3.2026`, `12/03`, `12.3.`; None for anything else."""
    pieces = written.replace("/", ".").replace("-", ".").split(".")
    if not all(piece.isdecimal() and len(piece) <= 4 for piece in pieces if piece) or not pieces[0]:
        return None
    if len(pieces) == 3 and len(pieces[0]) == 4 and written.count("-") == 2 and all(pieces):
        year, month, day = map(int, pieces)
        return dated(day, month, year, today) if 1 <= month <= 12 and 1 <= day <= 31 else None
    if len(pieces) < 2 or not all(len(piece) <= 2 and piece for piece in pieces[:2]):
        return None
    first, second = int(pieces[0]), int(pieces[1])
    if len(pieces) == 2:
        return _figures(first, second, None, today) if "/" in written else None
    if len(pieces) == 3 and (not pieces[2] or len(pieces[2]) == 2 or pieces[2].startswith("20")):
        short = not pieces[2] and written.count(".") != 2
        return None if short else _figures(first, second, int(pieces[2]) if pieces[2] else None, today)
    return None


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` is no part of a word, a number or another date."""
    lead, behind = before(text, start) or " ", text[end : end + 1] or " "
    return not is_part(lead) and lead not in _BEFORE_NONE and not is_part(behind) and behind != "§"


def _figured(text: str) -> Iterator[tuple[int, int]]:
    """Where figures stand together that points, slashes and hyphens join, from and to."""
    read = tokens(text)
    at = 0
    while at < len(read):
        last = at
        while read[at].kind == "number" and last + 1 < len(read) and _goes_on(read, last):
            last += 1
        end = read[last].end if read[last].kind == "number" or read[last].word == "." else read[last - 1].end
        if read[at].kind == "number" and stands_alone(text, read[at].start, end):
            yield read[at].start, end
        at = last + 1


def _goes_on(read: Sequence[Token], place: int) -> bool:
    return not read[place + 1].apart and (read[place + 1].kind == "number" or read[place + 1].word in {".", "/", "-"})
