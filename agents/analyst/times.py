"""Rows that count by when: spans of days, decades, days of the week, or a column that holds the year."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from dateutil.relativedelta import relativedelta
from msgspec.structs import replace

from agents.analyst.draft import Draft, is_day
from agents.analyst.meanings import Meaning
from agents.analyst.options import Unresolved, words_of
from agents.analyst.plan import Field, Span
from agents.analyst.sentence import Mark
from agents.analyst.time_spans import label
from agents.analyst.tokens import stem
from agents.analyst.values import is_value
from agents.language.dates.marks import month_of
from agents.language.words import vocabulary

_DAYS = {name.casefold(): name for name in calendar.day_name}
_LATE = vocabulary("pm afternoon evening night")
_CLOCK = _LATE | vocabulary("am morning o'clock oclock")
_Said = Sequence[tuple[Mark, Span]]


def read_times(draft: Draft) -> None:
    """Put into the draft when. Raises Unresolved."""
    free = [mark for mark in draft.marks if draft.free(mark)]
    _clock(draft)
    said = _split(draft, [(mark, span) for mark in free if (span := mark.span or _decade(mark)) is not None])
    weekdays = [mark for mark in free if mark.strange and _weekdays(mark)]
    if not said and not weekdays:
        return
    timed, year = _timed(draft, said)
    day = draft.view.day(timed) if year is None else None
    if day is None:
        named = {mark: draft.view.options(_meant(draft, mark), lambda option: bool(option.values)) for mark in weekdays}
        for mark, options in named.items():
            if options:  # a column of texts that says which weekday
                draft.use(mark)
                draft.keep(mark.place, options[0].field, "in", options[0].values, mark.text)
        if said or not any(named.values()):
            _by_year(draft, said, year)
        return
    draft.use(timed, *(mark for mark, _ in said), *weekdays)
    draft.when = day
    draft.times += [(mark.place, _in_reach(draft, day, mark, span)) for mark, span in said]
    for mark in weekdays:
        negated = draft.cued(mark.place, -1, "not", "without")
        field = replace(day, part="weekday", kind="text")
        draft.keep(mark.place, field, "not in" if negated else "in", _weekdays(mark), mark.text)
    _apart(draft)


def _in_reach(draft: Draft, day: Field, mark: Mark, span: Span) -> Span:
    """The span, in a year of which there is data where none is said; what lies beyond all data is doubtful."""
    profile = draft.view.profile(day)
    if profile is None or profile.first is None or profile.last is None:
        return span
    first, last, years = span.first or date.min, span.last or date.max, 0
    if mark.yearless and span.first and span.last:
        ahead = [span]
        for back in range(first.year - profile.first.year + 1):
            moved = [day_ - relativedelta(years=back) for day_ in (first, last)]
            if moved[0].month == 2 and last.day >= 28:
                moved[1] = month_of(moved[0].year, 2)[1]
            if moved[0] <= profile.last and moved[1] >= profile.first:
                ahead.append(Span(label(*moved), *moved))
                years += 1
        if years:
            span = ahead[1]
            if years > 1:
                draft.view.choices.doubt(f"whether it is about {span.label} alone")
            return span
    if first > profile.last or last < profile.first:
        reach = f"{label(profile.first, profile.first)} to {label(profile.last, profile.last)}"
        draft.view.choices.doubt(f"whether {span.label} is meant: the data reaches from {reach}")
    return span


def _clock(draft: Draft) -> None:
    """ "Before 9 in the morning", "after 5 pm": by the hour of the day."""
    day = draft.view.day_of("timestamp")
    for mark in draft.marks:
        number, behind = draft.after(mark.place), draft.beside(mark.place)
        if day is None or mark.plain not in ("before", "after") or number is None or number.number is None:
            continue
        near = [item for item in draft.marks[number.place + 1 : number.place + 4] if item.plain in _CLOCK]
        hour = number.number + (12 if any(item.plain in _LATE for item in near) and number.number < 12 else 0)
        if behind is number and near and hour <= 24 and hour == int(hour):
            draft.use(mark, number, *near)
            field = replace(day, part="hour", kind="integer")
            operator = "<" if mark.plain == "before" else ">="
            draft.keep(mark.place, field, operator, (int(hour),), f"{mark.text} {number.text}")  # type: ignore[arg-type]


def _timed(draft: Draft, said: _Said) -> tuple[Mark | None, Field | None]:
    """The mark of the day that is meant, or the column of years that is named beside the time."""
    near = [item for mark, _ in said[:1] for step in (-1, 1) for item in draft.near(mark.place, 1, step)]
    timed = next((item for item in near if draft.named(item, is_day)), None)
    if timed is None:
        for item in filter(draft.is_figure, near):
            if (year := draft.view.figure(item, quiet=True)) is not None and draft.view.is_year(year):
                return None, draft.figure(item)
    likely = (item for item in draft.names() if draft.named(item, lambda option: is_day(option) and option.score > 0.5))
    return timed or next((item for item in likely if not is_value(draft, item)), None), None


def _split(draft: Draft, said: _Said) -> _Said:
    """The two ends of a time over which something is said to change, as years or months of their own."""
    if len(said) != 1 or not draft.has("difference", "percent_change", "change"):
        return said
    mark, span = said[0]
    first, last = span.first, span.last
    if first is None or last is None or first.day != 1 or (last + timedelta(days=1)).day != 1:
        return said
    ends = [month_of(first.year, first.month), month_of(last.year, last.month)]
    if (first.month, last.month) == (1, 12):
        ends = [(date(day.year, 1, 1), date(day.year, 12, 31)) for day in (first, last)]
    return said if ends[0] == ends[1] else [(mark, Span(label(*end), *end)) for end in ends]


def _apart(draft: Draft) -> None:
    """Several times are told apart, and do not overlap."""
    draft.times.sort(key=lambda item: item[1].first or date.min)
    draft.times = list({span: (place, span) for place, span in reversed(draft.times)}.values())[::-1]
    draft.times = [item for item in draft.times if not any(_inside(other, item[1]) for _, other in draft.times)]
    for (place, one), (_, other) in pairwise(tuple(draft.times)):
        if (one.last or date.max) >= (other.first or date.min):
            if one.first is not None or other.last is not None:
                raise Unresolved("The times overlap: please say which one counts.")
            draft.times = [
                (place, Span(label(other.first, one.last), other.first, one.last))
            ]  # "after 2000, before 2010"


def _inside(one: Span, other: Span) -> bool:
    """Whether a span is a part of another, and says more: of "March 2024" and "2024" only the first counts."""
    ends = (one.first or date.min, one.last or date.max), (other.first or date.min, other.last or date.max)
    return ends[0] != ends[1] and ends[1][0] <= ends[0][0] and ends[0][1] <= ends[1][1]


def _decade(mark: Mark) -> Span | None:
    """ "The 1990s", "90s"."""
    digits = mark.plain.removeprefix("'").removesuffix("s")
    if not mark.plain.endswith("0s") or not digits.isdigit() or len(digits) not in (2, 4):
        return None
    year = int(digits) if len(digits) == 4 else (2000 if int(digits) < 30 else 1900) + int(digits)
    return Span(f"{year}s", date(year, 1, 1), date(year + 9, 12, 31)) if 1000 < year < 2100 else None


def _weekdays(mark: Mark) -> tuple[str, ...]:
    word = mark.plain.removesuffix("s")
    if word == "weekend":
        return ("Saturday", "Sunday")
    return (_DAYS[word],) if word in _DAYS else ()


def _meant(draft: Draft, mark: Mark) -> list[Meaning]:
    """The values that the names of weekdays stand for."""
    return [item for day in _weekdays(mark) for item in draft.view.lexicon.meanings((stem(day.casefold()),))]


def _by_year(draft: Draft, said: _Said, year: Field | None) -> None:
    """Without a date, a column that holds the number of the year can do."""
    field = year or draft.view.calendar("year")
    name = words_of(draft.view.table.name)
    if field is None:
        raise Unresolved(f"The {name} have no date.")
    for mark, span in said:
        first, last = span.first, span.last
        if (first and (first.month, first.day) != (1, 1)) or (last and (last.month, last.day) != (12, 31)):
            raise Unresolved(f"The {name} have only the year, and no date.")
        draft.use(mark)
        if first and last and (first.year == last.year or len(said) > 1):
            draft.keep(mark.place, field, "in", tuple(range(first.year, last.year + 1)), span.label)
            continue
        if first:
            draft.keep(mark.place, field, ">=", (first.year,), span.label)
        if last:
            draft.keep(mark.place, field, "<=", (last.year,), span.label)
    named = next((item for item in draft.names() if draft.named(item, lambda option: option.field == field)), None)
    if named is not None and not draft.cued(named.place, -1, "by", "which"):
        draft.use(named)
