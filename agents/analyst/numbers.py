"""Rows that count by a figure of theirs: "over 50", "between 3 and 5", "4 doors or more", "third class"."""

from datetime import date

from agents.analyst.draft import AGGREGATES, Draft
from agents.analyst.options import DAYS, NUMBERS, Option, Unresolved, words_of
from agents.analyst.plan import Condition, Field, Having, Measure, Operator, Span
from agents.analyst.sentence import Mark
from agents.analyst.time_spans import label
from agents.language.figures import measures
from agents.language.units import NotConvertible, Unit, convert
from agents.language.units import unit as unit_of

OPERATORS: dict[str, Operator] = {
    "over": ">", "at_least": ">=", "under": "<", "at_most": "<=", "equal": "=", "or_more": ">=", "or_less": "<=",
}  # fmt: skip
_SAID_OF = {
    "money": ("cost", "price"), "time": ("duration", "time", "age"), "minutes": ("duration",), "mass": ("weight",),
    "length": ("length", "height", "distance"),
}  # fmt: skip
_MOST_CLASSES = 12
_OLDEST = 130
_FAR = 4
"""Marks between a comparison and its number."""


def read_numbers(draft: Draft) -> None:
    """Put into the draft which figures count. Raises Unresolved."""
    for mark in draft.marks:
        following = draft.beside(mark.place)
        comparative = (
            mark.said is not None and mark.cue in ("adjective", "") and following and following.plain == "than"
        )
        if mark.cue in ("or_more", "or_less"):
            _bounded(draft, mark)
        elif mark.cue == "between":
            _between(draft, mark)
        elif mark.said is not None and comparative and draft.free(mark):
            before = draft.beside(mark.place, -1)
            more = (mark.said[0] > 0) != (before is not None and before.plain == "less")
            _compared(draft, mark, ">" if more else "<", mark.said[1])
        elif mark.cue in ("negative", "positive") and draft.is_figure(following):
            assert following is not None
            draft.use(mark)
            draft.keep(mark.place, draft.figure(following), "<" if mark.cue == "negative" else ">", (0,), mark.text)
        elif mark.cue in OPERATORS and draft.free(mark):
            _compared(draft, mark, OPERATORS[mark.cue])
    for mark in draft.marks:
        if draft.free(mark):
            _equal(draft, mark)


def plain(mark: Mark) -> int | float:
    """The number of a mark, as an integer where it is one."""
    assert mark.number is not None
    return int(mark.number) if mark.number == int(mark.number) else mark.number


def _numbers(draft: Draft, place: int, most: int) -> tuple[list[Mark], list[Mark]]:
    """The numbers behind a place, and the names before the first of them."""
    found: list[Mark] = []
    passed: list[Mark] = []
    for mark in draft.near(place, _FAR):
        if mark.number is not None and mark.cue != "ordinal":
            found.append(mark)
            if len(found) == most:
                break
        elif mark.names and not found:
            passed.append(mark)
        elif mark.cue not in ("and", "or", "percent", "all", "equal", "adjective"):
            break
    return found, passed


def _compared(draft: Draft, mark: Mark, operator: Operator, said: tuple[str, ...] = ()) -> None:
    numbers, passed = _numbers(draft, mark.place, 1)
    if not numbers:
        _with_column(draft, mark, operator)
        return
    (number,) = numbers
    field, names = _column(draft, mark, number, passed, said)
    draft.use(mark, number, *names)
    if field is None:
        if mark.cue != "equal" and not any(draft.view.own(item) for item in names):
            raise Unresolved(f"I do not see which figure is to be {mark.text} {number.text}.")
        draft.having = Having(operator, plain(number)), Measure("count")
        return
    if not names and not draft.has(*AGGREGATES, "most", "least", "top", "bottom"):
        draft.use(*(item for item in draft.figures() if draft.view.figure(item, quiet=True) == field))
    if field.kind in DAYS:
        _since(draft, mark, field, operator, number)
        return
    value = _in_unit_of(draft, field, number)
    aggregate = draft.cued(names[0].place, -1, *AGGREGATES) if names and names[0].place < mark.place else None
    if aggregate is not None and draft.free(aggregate):
        draft.use(aggregate)
        draft.having = Having(operator, value), Measure(aggregate.cue, field)  # type: ignore[arg-type]
        return
    draft.keep(mark.place, field, operator, (value,), f"{mark.text} {number.text}")
    joined = draft.cued(names[0].place, -1, "and") if names and draft.has("both") else None
    other = draft.after(joined.place, -1) if joined is not None else None
    if other is not None and draft.is_figure(other):  # "both one and the other above 100"
        draft.use(joined, *draft.all("both"))
        draft.keep(other.place, draft.figure(other), operator, (value,), f"{mark.text} {number.text}")


def _since(draft: Draft, mark: Mark, day: Field, operator: Operator, number: Mark) -> None:
    """ "Newer than 2015"."""
    year = int(plain(number))
    if not 1000 < year < 2200:
        raise Unresolved(f"I do not see which day {number.text} is.")
    first = date(year + (operator == ">"), 1, 1) if operator in (">", ">=") else None
    last = None if first else date(year - (operator == "<"), 12, 31)
    draft.when = day
    draft.times.append((mark.place, Span(label(first, last), first, last)))


def _column(
    draft: Draft, mark: Mark, number: Mark, passed: list[Mark] | None = None, said: tuple[str, ...] = ()
) -> tuple[Field | None, list[Mark]]:
    """The column of a comparison, and the marks that name it: between it and its number, by its adjective, behind the
    number, before it, by the unit, or the only one."""
    named = next((item for item in passed or () if draft.is_figure(item)), None)
    beside = draft.beside(number.place)
    measured = measured_in(draft, beside.plain.split()[0]) if said and named is None and beside is not None else None
    field = measured or (draft.view.said_of(said) if said and named is None else None)
    if field is not None and field.kind in (*NUMBERS, *DAYS):
        return field, []
    behind = draft.after(number.place)
    if named is None and behind is not None and draft.free(behind) and behind.place - number.place <= 2:
        if draft.view.own(behind) and not draft.is_figure(behind):
            return None, [behind]
        named = behind if draft.is_figure(behind) and not behind.of("value", 0.9) else None
    if named is None:
        for item in draft.near(mark.place, 2, -1):
            named = named or (item if draft.is_figure(item) else None)
            if named or item.cue not in ("not", "adjective", "which", "by"):
                break
            draft.use(*([item] if item.cue == "by" else []))
    if named is not None:
        return draft.view.figure(named), [named]
    return _by_unit(draft, number)


def _by_unit(draft: Draft, number: Mark) -> tuple[Field | None, list[Mark]]:
    view, beside, before = draft.view, draft.beside(number.place), draft.beside(number.place, -1)
    unit = beside.plain.split()[0] if beside is not None else ""
    if beside is not None and (field := measured_in(draft, unit)):
        return field, [beside]
    kinds = ["money"] if before is not None and before.text[:1] in "$€£" else sorted(measures(unit))
    for kind in kinds:
        if field := view.said_of(_SAID_OF.get(kind, ())):
            return field, [beside] if beside is not None and kinds != ["money"] else []
    aged = view.said_of(("age",)) if unit_of(unit) is None else None
    if aged is not None and view.is_age(aged) and (number.number or 0) < _OLDEST:
        return aged, []
    figures = [item for item in draft.figures() if not item.of("value", 0.9)]
    if len(figures) == 1 and not draft.has(*AGGREGATES):
        return view.figure(figures[0]), figures
    return None, []


def measured_in(draft: Draft, word: str) -> Field | None:
    """The only column of figures that measures what a unit does, or the only one of these that is a total."""
    wanted, named, fitting = measures(word), unit_of(word), []
    for column in draft.view.table.columns:
        own = _unit(column.name)
        same = named and own and own.measure == named.measure
        is_one = column.kind in NUMBERS and not draft.view.is_key(draft.view.source, column.name)
        if is_one and (same or measures(column.name.replace("_", " ")) & wanted):
            fitting.append(column)
    whole = [column for column in fitting if "total" in column.name.casefold()]
    fitting = whole if len(whole) == 1 else fitting
    return Field(fitting[0].name, fitting[0].kind) if len(fitting) == 1 else None


def _unit(name: str) -> Unit | None:
    """The unit in a column's name."""
    words = name.replace("(", " ").replace(")", " ").replace("_", " ").split()
    return next((found for word in reversed(words[1:]) if (found := unit_of(word))), None)


def _in_unit_of(draft: Draft, field: Field, number: Mark, unit: Mark | None = None) -> int | float:
    """The number in the unit that stands in the column's name, where another one is said: "over 2 hours"."""
    value, beside = plain(number), unit or draft.beside(number.place)
    said = unit_of(beside.plain.split()[0]) if beside is not None else None
    own = _unit(field.column)
    if beside is not None and said is not None and (own is not None or len(beside.plain) > 1):
        draft.use(beside)
    if said is None or own is None or said == own:
        return value
    try:
        converted = round(convert(float(value), said, own), 9)
    except NotConvertible:
        return value
    return int(converted) if converted == int(converted) else converted


def _with_column(draft: Draft, mark: Mark, operator: Operator) -> None:
    """A comparison of two columns of a row."""
    left, right = draft.after(mark.place, -1), draft.after(mark.place)
    if left and right and mark.cue in OPERATORS and draft.is_figure(left) and draft.is_figure(right):
        one = draft.figure(left)
        unit = measures(one.column.replace("_", " "))
        options = draft.view.options(right.names, draft.view.is_figure)
        same = [item.field for item in options if unit & measures(item.column.name.replace("_", " "))]
        other = same[0] if same else draft.figure(right)
        draft.use(mark, right)
        draft.filters.append((mark.place, Condition(one, operator, (), mark.text, other)))


def _bounded(draft: Draft, mark: Mark) -> None:
    """ "8 or more", "4 doors or more", "aged 65 and over"."""
    before = draft.after(mark.place, -1)
    if before is not None and draft.is_figure(before):
        before = draft.after(before.place, -1)
    if before is None or before.number is None or not draft.free(before):
        return
    field, names = _column(draft, before, before)
    if field is None:
        raise Unresolved(f"I do not see which figure is to be {before.text} {mark.text}.")
    draft.use(mark, before, *names)
    value = _in_unit_of(draft, field, before)
    draft.keep(mark.place, field, OPERATORS[mark.cue], (value,), f"{before.text} {mark.text}")


def _between(draft: Draft, mark: Mark) -> None:
    numbers, passed = _numbers(draft, mark.place, 2)
    if len(numbers) < 2:
        return
    said = f"between {numbers[0].text} and {numbers[1].text}"
    field, names = _column(draft, mark, numbers[1], passed)
    if field is None:
        raise Unresolved(f"I do not see which figure is to be {said}.")
    draft.use(mark, *numbers, *names, *(item for item in draft.near(numbers[0].place, 1) if item.cue == "and"))
    for operator, number in ((">=", numbers[0]), ("<=", numbers[1])):
        value = _in_unit_of(draft, field, number, draft.beside(numbers[1].place))
        draft.keep(mark.place, field, operator, (value,), said)  # type: ignore[arg-type]


def _equal(draft: Draft, mark: Mark) -> None:
    """A number beside a column: "4 cylinders", "class 3", "second class"."""
    first = mark.cue == "top" and mark.plain == "first" and not mark.of("value", 0.9)
    ordinal = first or mark.cue == "ordinal"
    before, behind = draft.after(mark.place, -1), draft.after(mark.place)
    listed = before is not None and before.cue in ("top", "bottom", "round", "places")
    if (mark.number is None and not ordinal) or listed:
        return
    for beside in (behind,) if ordinal else (before, behind):
        if beside is None or not draft.free(beside) or abs(beside.place - mark.place) > (3 if beside is before else 1):
            continue
        number = 1 if first else plain(mark)
        field = _numbered(draft, beside, number, ordinal=ordinal)
        if field is not None:
            negated = draft.cued(min(mark.place, beside.place), -1, "not", "without")
            draft.use(mark, beside, negated)
            value = str(number) if field.kind == "text" else number
            said = f"{words_of(field.column)} {mark.text}"
            draft.keep(mark.place, field, "not in" if negated else "in", (value,), said)
            return


def _numbered(draft: Draft, beside: Mark, number: int | float, *, ordinal: bool) -> Field | None:
    """The column beside a number whose value it is."""
    view = draft.view
    worked_out = draft.cued(beside.place, -1, "by", *AGGREGATES)
    option = None
    if not worked_out and beside.cue in ("", "unit", "idle") and not draft.only_rows(beside):
        option = view.pick(beside, _may_equal, quiet=True)
    if option is None:
        return None
    if option.column.kind == "text":
        return option.field if str(number) in view.lexicon.values.get((option.source, option.column.name), ()) else None
    profile = view.profile(option.field)
    classes = profile is not None and profile.distinct <= _MOST_CLASSES and (profile.high or 0) <= _MOST_CLASSES
    return option.field if classes or not ordinal else None


def _may_equal(option: Option) -> bool:
    return not option.values and option.column.kind in (*NUMBERS, "text") and option.score >= 0.5
