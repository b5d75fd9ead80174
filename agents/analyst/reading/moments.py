"""Rows that count by when: spans of days, decades, days of the week, hours, or a column that holds the year."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from dateutil.relativedelta import relativedelta
from msgspec.structs import replace

from agents.analyst.reading.contents import is_value
from agents.analyst.reading.options import DAYS, Unresolved, words_of
from agents.analyst.reading.plan import Field, Group, Operator, Span, Unit, label
from agents.analyst.reading.question import Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import parts
from agents.language.words import vocabulary

_DAYS = {name.casefold(): name for name in calendar.day_name}
_LATE = vocabulary("pm afternoon evening night")
_CLOCK = _LATE | vocabulary("am morning o'clock oclock")
_Said = Sequence[tuple[Mark, Span]]


def read_times(question: Question) -> None:
    """Put into the question when. Raises Unresolved."""
    _clock(question)
    free = [mark for mark in question.marks if question.free(mark)]
    times = [(mark, span) for mark in free if (span := mark.span or _decade(mark)) is not None]
    times = [(mark, _meant(question, mark, span)) for mark, span in times]
    said = _split(question, [(mark, span) for mark, span in times if not _in_a_name(question, mark, span)])
    said = _without_years(question, said)
    weekdays = [mark for mark in free if _weekdays(mark) and question.scope.score(mark, "value") < 0.9]
    if not said and not weekdays:
        return
    timed, year = _timed(question, said)
    named = question.scope.chosen(timed, "day").field if timed is not None else None
    day = (named or question.scope.day()) if year is None else year if year.kind in DAYS else None
    if day is None:
        _by_year(question, said, year)
        return
    question.use(timed, *(mark for mark, _ in said), *weekdays)
    question.when = day
    question.times += [(mark.place, _in_reach(question, day, mark, span)) for mark, span in said]
    for mark in weekdays:
        negated = question.cued(mark.place, -1, "not", "without")
        field = replace(day, part="weekday", kind="text")
        question.keep(mark.place, field, "not in" if negated else "in", _weekdays(mark), mark.text)
    _apart(question)


def _meant(question: Question, mark: Mark, span: Span) -> Span:
    """The span of "from March", which is of that month as well as since then, whichever the question has in mind."""
    if mark.loose is None or mark.loose.first == mark.loose.last:
        return span
    ways = [(f"{mark.loose.label} alone is meant", mark.loose), (f"all since then is meant: {span.label}", span)]
    steps = question.has("trend") or any(item.unit for item in question.marks)  # "each month from March"
    steps = steps or question.beside(mark.place, -1).plain.endswith("ed")  # "planted from 1990"
    return question.scope.choices.of(f"{mark.place} {mark.text}", ways[::-1] if steps else ways)


def _without_years(question: Question, said: _Said) -> _Said:
    """The times without those of columns of years, where others are of days: "built in 1990, inspected in May"."""
    own: list[tuple[Mark, Span]] = []
    for mark, span in said:
        field = question.scope.field_of(question.after(mark.place, -1), "figure")
        own += [(mark, span)] if field is not None and question.scope.is_year(field) else []
    rest = [item for item in said if item not in own]
    dated = all(question.scope.sense(question.after(mark.place, -1), "day") for mark, _ in rest)
    if not own or not rest or not dated:
        return said
    for mark, span in own:
        _by_year(question, [(mark, span)], question.scope.field_of(question.after(mark.place, -1), "figure"))
    return rest


def _in_a_name(question: Question, mark: Mark, span: Span) -> bool:
    """Whether a year is that of a column which is named: "visitors in 2023" of `Visitors 2023`; then it is used."""
    scope = question.scope
    beside = question.after(mark.place, -1)
    if scope.sense(beside, "day") or ((year := scope.field_of(beside, "figure")) and scope.is_year(year)):
        return False  # "built in 2022"
    of = [field for field in scope.own_columns if span.label in parts(field.column)]
    named = any(scope.field_of(item, "figure") in of for item in question.marks)
    question.use(mark if named else None)
    return named


def _in_reach(question: Question, day: Field, mark: Mark, span: Span) -> Span:
    """The span, in a year of which there is data where none is said; what lies beyond all data is doubtful."""
    profile, choices = question.scope.profile(day), question.scope.choices
    if profile is None or profile.first is None or profile.last is None:
        return span
    first, last = span.first or date.min, span.last or date.max
    if mark.yearless and span.first and span.last:
        back = (relativedelta(years=years) for years in range(first.year - profile.first.year + 1))
        moved = [(first - years, last - years) for years in back]
        ahead = [ends for ends in moved if ends[0] <= profile.last and ends[1] >= profile.first]
        if len(ahead) > 1:
            choices.doubt(f"whether it is about {label(*ahead[0])} alone")
        return Span(label(*ahead[0]), *ahead[0]) if ahead else span
    if first > profile.last or last < profile.first:
        reach = f"{label(profile.first, profile.first)} to {label(profile.last, profile.last)}"
        choices.doubt(f"whether {span.label} is meant: the data reaches from {reach}")
    return span


def _clock(question: Question) -> None:
    """ "Before 9 in the morning", "after 5 pm": by the hour of the day."""
    day = next((field for field in question.scope.own_columns if field.kind == "timestamp"), None)
    operators: dict[str, Operator] = {"before": "<", "after": ">="}
    for mark in question.marks if day is not None else ():
        number = question.beside(mark.place)
        if mark.plain not in operators or number.number is None:
            continue
        near = [item for item in question.marks[number.place + 1 : number.place + 4] if item.plain in _CLOCK]
        hour = number.value + (12 if any(item.plain in _LATE for item in near) and number.value < 12 else 0)
        if near and hour <= 24 and hour == int(hour) and day is not None:
            question.use(mark, number, *near)
            field = replace(day, part="hour", kind="integer")
            question.keep(mark.place, field, operators[mark.plain], (int(hour),), f"{mark.text} {number.text}")


def _timed(question: Question, said: _Said) -> tuple[Mark | None, Field | None]:
    """The mark of the day that is meant, or the column of years or days that is told by what stands beside the time."""
    scope = question.scope
    near = [item for mark, _ in said[:1] for step in (-1, 1) for item in question.near(mark.place, 1, step)]
    for item in filter(question.free, near):
        if scope.sense(item, "day"):
            return item, None
        field = scope.field_of(item, "figure") if question.is_figure(item) else None
        if field is not None and scope.is_year(field):
            return None, field
    for mark, _ in said[:1]:  # "adopted in 2023", where `outcome` has its `outcome_date`
        value = scope.field_of(question.beside(mark.place, -1), "value")
        words = set(parts(value.column)) if value else set()
        days = [field for field in scope.own_columns if field.kind in DAYS and words < set(parts(field.column))]
        if words and len(days) == 1:
            return None, days[0]
    likely = (item for item in question.names() if scope.sense(item, "day", least=0.5))
    return next((item for item in likely if not is_value(question, item)), None), None


def _split(question: Question, said: _Said) -> _Said:
    """The two ends of a time over which something is said to change, as years of their own."""
    if len(said) != 1 or not question.has("difference", "percent_change", "change"):
        return said
    mark, span = said[0]
    if span.first is None or span.last is None or span.first.year == span.last.year:
        return said
    ends = [(date(day.year, 1, 1), date(day.year, 12, 31)) for day in (span.first, span.last)]
    whole = span.first.day == 1 and (span.last + timedelta(days=1)).day == 1
    return [(mark, Span(label(*end), *end)) for end in ends] if whole else said


def _apart(question: Question) -> None:
    """Several times are told apart, and do not overlap; of "March 2024" and "2024" only the first counts."""
    first = {span: place for place, span in reversed(question.times)}
    said = sorted(((place, span) for span, place in first.items()), key=lambda item: _ends(item[1]))
    question.times = [item for item in said if not any(_inside(other, item[1]) for _, other in said)]
    for (place, one), (_, other) in pairwise(tuple(question.times)):
        if _ends(one)[1] >= _ends(other)[0]:
            if one.first is not None or other.last is not None:
                raise Unresolved("The times overlap: please say which one counts.")
            whole = Span(label(other.first, one.last), other.first, one.last)
            question.times = [(place, whole)]  # "after 2000, before 2010"


def _ends(span: Span) -> tuple[date, date]:
    return span.first or date.min, span.last or date.max


def _inside(one: Span, other: Span) -> bool:
    """Whether a span is a part of another, and says more."""
    mine, theirs = _ends(one), _ends(other)
    return mine != theirs and theirs[0] <= mine[0] and mine[1] <= theirs[1]


def _decade(mark: Mark) -> Span | None:
    """ "The 1990s", "90s"."""
    digits = mark.plain.removeprefix("'").removesuffix("s")
    if not mark.plain.endswith("0s") or not digits.isdecimal() or len(digits) not in (2, 4):
        return None
    year = int(digits) if len(digits) == 4 else (2000 if int(digits) < 30 else 1900) + int(digits)
    return Span(f"{year}s", date(year, 1, 1), date(year + 9, 12, 31)) if 1000 < year < 2100 else None


def _weekdays(mark: Mark) -> tuple[str, ...]:
    word = mark.plain.removesuffix("s")
    if word == "weekend":
        return ("Saturday", "Sunday")
    return (_DAYS[word],) if word in _DAYS else ()


def _by_year(question: Question, said: _Said, year: Field | None) -> None:
    """Without a date, a column that holds the number of the year can do."""
    field, name = year or question.scope.calendar("year"), words_of(question.scope.table.name)
    if field is None:
        raise Unresolved(f"The {name} have no date.")
    for mark, span in said:
        first, last = span.first, span.last
        if (first and (first.month, first.day) != (1, 1)) or (last and (last.month, last.day) != (12, 31)):
            raise Unresolved(f"The {name} have only the year, and no date.")
        question.use(mark)
        if first and last and (first.year == last.year or len(said) > 1):
            question.keep(mark.place, field, "in", tuple(range(first.year, last.year + 1)), span.label)
            continue
        bounds: tuple[tuple[Operator, date | None], ...] = ((">=", first), ("<=", last))
        for operator, end in bounds:
            if end:
                question.keep(mark.place, field, operator, (end.year,), span.label)


def unit_group(question: Question, unit: Unit) -> Group:
    """Rows by a unit of time, or by the column that holds it as a number. Raises Unresolved."""
    scope = question.scope
    day = question.when or scope.day()
    if day is None:
        found = scope.calendar("year")
        if found is None:
            raise Unresolved(f"The {words_of(scope.table.name)} have no date.")
        return Group((found,))
    question.when = day
    return Group((day,), unit)
