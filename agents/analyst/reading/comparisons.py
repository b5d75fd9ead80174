"""Rows that count by a figure of theirs: "over 50", "between 3 and 5", "4 doors or more", "class 3"."""

from collections.abc import Sequence
from datetime import date

from agents.analyst.reading.options import DAYS, NUMBERS, Unresolved, words_of
from agents.analyst.reading.plan import Condition, Field, Having, Measure, Operator, Span, label
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.language.figures import measures
from agents.language.units import NotConvertible, convert
from agents.language.units import unit as unit_of

OPERATORS: dict[str, Operator] = {
    "over": ">", "at_least": ">=", "under": "<", "at_most": "<=", "equal": "=", "or_more": ">=", "or_less": "<=",
}  # fmt: skip
_SAID_OF = {
    "money": ("cost", "price"), "time": ("duration", "time", "age"), "minutes": ("duration",), "mass": ("weight",),
    "length": ("length", "height", "distance"), "temperature": ("temperature",),
}  # fmt: skip
_FAR = 4
"""Marks between a comparison and its number."""
_MOST_CLASSES = 12
_OLDEST = 130
_DEGREES = ("degree", "degrees", "celsius", "fahrenheit")


def read_comparisons(question: Question) -> None:
    """Put into the question which figures count."""
    for mark in question.marks:
        behind = question.beside(mark.place)
        if not question.free(mark):
            continue
        comparative = mark.said is not None and behind is not None and behind.plain.startswith("than")
        if mark.cue in ("or_more", "or_less"):
            _bounded(question, mark)
        elif mark.cue == "between":
            _between(question, mark)
        elif mark.said is not None and comparative:
            before = question.beside(mark.place, -1)
            more = (mark.said[0] > 0) != (before is not None and before.plain == "less")
            _compared(question, mark, ">" if more else "<", mark.said[1])
        elif mark.cue in ("negative", "positive") and question.is_figure(behind):
            assert behind is not None
            question.use(mark)
            field = question.take(behind, "figure")
            question.keep(mark.place, field, "<" if mark.cue == "negative" else ">", (0,), mark.text)
        elif mark.cue in OPERATORS:
            _compared(question, mark, OPERATORS[mark.cue], mark.said[1] if mark.said else ())
    for mark in question.marks:
        if question.free(mark):
            _equal(question, mark)


def plain(mark: Mark) -> int | float:
    """The number of a mark, as an integer where it is one."""
    assert mark.number is not None
    return int(mark.number) if mark.number == int(mark.number) else mark.number


def _numbers(question: Question, place: int, most: int) -> tuple[list[Mark], list[Mark]]:
    """The numbers behind a place, and the names before the first of them."""
    found: list[Mark] = []
    passed: list[Mark] = []
    for mark in question.near(place, _FAR):
        if mark.number is not None and mark.cue != "ordinal":
            found.append(mark)
            if len(found) == most:
                break
        elif mark.names and not found:
            passed.append(mark)
        elif mark.cue not in ("and", "or", "percent", "equal", "adjective", "idle"):
            break
    return found, passed


def _compared(question: Question, mark: Mark, operator: Operator, said: Sequence[str] = ()) -> None:
    numbers, passed = _numbers(question, mark.place, 1)
    if not numbers:
        _with_column(question, mark, operator)
        return
    (number,) = numbers
    article, unit = question.beside(mark.place), question.beside(number.place)
    if mark.plain == "over" and article is not None and article.plain in ("the", "these", "those", "all"):
        question.use(mark, number, unit if unit is not None and unit.cue == "unit" else None)
        return  # "over the three years"
    if question.lapse is not None and unit is not None and unit.cue in ("lapse", "unit"):
        question.use(mark, number, unit)
        question.keep(mark.place, question.lapse, operator, (int(plain(number)),), f"{mark.text} {number.text}")
        question.lapse = None
        return
    field, names = _column(question, mark, number, passed, said)
    than = question.beside(mark.place)
    question.use(mark, number, *names, than if than is not None and than.plain == "than" else None)
    if field is not None and not question.has(*AGGREGATES, "most", "least", "top", "bottom"):
        same = (item for item in question.figures() if (found := question.scope.sense(item, "figure")))
        question.use(*(it for it in same if (found := question.scope.sense(it, "figure")) and found.field == field))
    if field is None:
        things = next((item for item in question.marks[: mark.place][::-1] if question.is_thing(item)), None)
        unit = question.beside(number.place)
        bare = unit is None or unit.cue == "idle" or unit.text in ",.?"
        if mark.cue != "equal" and (names or (things and bare)):
            question.having = Having(operator, plain(number)), Measure("count")
        else:
            question.used -= {mark.place, number.place}
        return
    if field.kind in DAYS:
        _since(question, mark, field, operator, number)
        return
    value = _in_unit_of(question, field, number)
    aggregate = question.cued(names[0].place, -1, *AGGREGATES) if names and names[0].place < mark.place else None
    if aggregate is not None and question.free(aggregate):
        question.use(aggregate)
        question.having = Having(operator, value), Measure(aggregate.cue, field)  # type: ignore[arg-type]
        return
    question.keep(mark.place, field, operator, (value,), f"{mark.text} {number.text}")


def _since(question: Question, mark: Mark, day: Field, operator: Operator, number: Mark) -> None:
    """ "Newer than 2015"."""
    year = int(plain(number))
    if not 1000 < year < 2200:
        raise Unresolved(f"I do not see which day {number.text} is.")
    first = date(year + (operator == ">"), 1, 1) if operator in (">", ">=") else None
    last = None if first else date(year - (operator == "<"), 12, 31)
    question.when = day
    question.times.append((mark.place, Span(label(first, last), first, last)))


def _column(
    question: Question, mark: Mark, number: Mark, passed: Sequence[Mark] = (), said: Sequence[str] = ()
) -> tuple[Field | None, list[Mark]]:
    """The column of a comparison, and the marks that name it: between it and its number, by its adjective, behind the
    number, before it, by the unit, or the only one."""
    named = next((item for item in passed if question.is_figure(item)), None)
    beside = question.beside(number.place)
    if named is None and said:
        measured = question.scope.measured_in(beside.plain.split()[0]) if beside is not None else None
        if (field := measured or question.scope.said_of(said)) is not None:
            return field, []
    behind = question.after(number.place)
    if named is None and behind is not None and question.free(behind) and behind.place - number.place <= 2:
        if question.is_figure(behind) and question.scope.score(behind, "value") < 0.9:
            named = behind
        elif question.scope.own(behind) or behind.cue == "rows":
            return None, [behind]
    if named is None:
        for item in question.near(mark.place, 3, -1):
            named = named or (item if question.is_figure(item) else None)
            rows = question.scope.own(item) or question.scope.sense(item, "value") is not None
            if named or rows or item.cue not in ("not", "adjective", "which", "by", "", "idle", "unit"):
                break
    if named is not None:
        question.use(named)
        found = question.scope.chosen(named, "figure")
        return (found.field if found else None), [named]
    return _by_unit(question, number)


def _by_unit(question: Question, number: Mark) -> tuple[Field | None, list[Mark]]:
    scope, beside, before = question.scope, question.beside(number.place), question.beside(number.place, -1)
    unit = beside.plain.split()[0] if beside is not None else ""
    if beside is not None and (field := scope.measured_in(unit)):
        return field, [beside]
    kinds = ["money"] if before is not None and before.text[:1] in "$€£" else sorted(measures(unit))
    kinds = ["temperature"] if unit in _DEGREES else kinds
    for kind in kinds:
        if field := (scope.worth() if kind == "money" else None) or scope.said_of(_SAID_OF.get(kind, ())):
            if kinds == ["money"]:  # an amount does not say of what
                scope.choices.doubt(f"whether it is about {words_of(field.column)}")
            return field, [beside] if beside is not None and kinds != ["money"] else []
    aged = scope.said_of(("age",)) if unit_of(unit) is None else None
    if aged is not None and aged.kind not in DAYS and (number.number or 0) < _OLDEST:
        return aged, []
    figures = [item for item in question.figures() if question.scope.score(item, "value") < 0.9]
    if len(figures) == 1 and not question.has(*AGGREGATES):
        return question.take(figures[0], "figure"), figures
    return _in_range(question, number.number or 0), []


def _in_range(question: Question, number: float) -> Field | None:
    """The figures among which such a number can be, where only one column has them: "houses under 300k"."""
    scope = question.scope
    fields = [field for field in scope.own_columns if field.kind in NUMBERS and not scope.is_key(field)]
    known = [(field, scope.profile(field)) for field in fields if not scope.is_class(field)]
    fitting = [f for f, p in known if p and p.low is not None and p.high is not None and p.low < number < p.high]
    if fitting and number > 100:
        scope.choices.doubt(f"whether it is about {words_of(fitting[0].column)}")
    return fitting[0] if fitting and number > 100 else None


def _in_unit_of(question: Question, field: Field, number: Mark, unit: Mark | None = None) -> int | float:
    """The number in the unit that stands in the column's name, where another one is said: "over 2 hours"."""
    value, beside = plain(number), unit or question.beside(number.place)
    said = unit_of(beside.plain.split()[0]) if beside is not None else None
    own = question.scope.unit(field)
    if beside is not None and (
        beside.plain in _DEGREES or beside.cue == "percent" or (said is not None and (own or len(beside.plain) > 1))
    ):
        question.use(beside)
    if beside is not None and beside.cue in ("percent", "share"):
        profile = question.scope.profile(field)
        question.use(beside)
        return value / 100 if profile is not None and (profile.high or 0) <= 1 else value
    if said is None or own is None or said == own:
        return value
    try:
        converted = round(convert(float(value), said, own), 9)
    except NotConvertible:
        return value
    return int(converted) if converted == int(converted) else converted


def _with_column(question: Question, mark: Mark, operator: Operator) -> None:
    """A comparison of two columns of a row."""
    left, right = question.after(mark.place, -1), question.after(mark.place)
    if left and right and mark.cue in OPERATORS and question.is_figure(left) and question.is_figure(right):
        one = question.take(left, "figure")
        unit = measures(one.column.replace("_", " "))
        options = [item.field for item in question.scope.senses(right) if item.kind == "figure" and item.field]
        same = [item for item in options if unit & measures(item.column.replace("_", " "))]
        other = same[0] if same else question.take(right, "figure")
        question.use(mark, right)
        question.filters.append((mark.place, Condition(one, operator, (), mark.text, other)))


def _bounded(question: Question, mark: Mark) -> None:
    """ "8 or more", "4 doors or more", "aged 65 and over", "10 percent or more"."""
    before = question.after(mark.place, -1)
    while before is not None and before.number is None and mark.place - before.place <= 2:
        before = question.after(before.place, -1)
    if before is None or before.number is None or not question.free(before):
        return
    field, names = _column(question, before, before)
    if field is None:
        return
    question.use(mark, before, *names)
    value = _in_unit_of(question, field, before)
    question.keep(mark.place, field, OPERATORS[mark.cue], (value,), f"{before.text} {mark.text}")


def _between(question: Question, mark: Mark) -> None:
    numbers, passed = _numbers(question, mark.place, 2)
    if len(numbers) < 2:
        return
    said = f"between {numbers[0].text} and {numbers[1].text}"
    field, names = _column(question, mark, numbers[1], passed)
    if field is None:
        return
    question.use(mark, *numbers, *names, *(item for item in question.near(numbers[0].place, 1) if item.cue == "and"))
    bounds: tuple[tuple[Operator, Mark], ...] = ((">=", numbers[0]), ("<=", numbers[1]))
    for operator, number in bounds:
        value = _in_unit_of(question, field, number, question.beside(numbers[1].place))
        question.keep(mark.place, field, operator, (value,), said)


def _equal(question: Question, mark: Mark) -> None:
    """A number beside a column: "4 cylinders", "class 3", "second class"."""
    first = mark.cue == "top" and mark.plain == "first" and question.scope.score(mark, "value") < 0.9
    ordinal = first or mark.cue == "ordinal"
    before, behind = question.after(mark.place, -1), question.after(mark.place)
    listed = before is not None and before.cue in ("top", "bottom", "round", "places")
    if (mark.number is None and not ordinal) or listed:
        return
    for beside in (behind,) if ordinal else (before, behind):
        if (
            beside is None
            or not question.free(beside)
            or abs(beside.place - mark.place) > (3 if beside is before else 1)
        ):
            continue
        number = 1 if first else plain(mark)
        field = _numbered(question, beside, number, ordinal=ordinal)
        if field is None:
            continue
        negated = question.cued(min(mark.place, beside.place), -1, "not", "without")
        question.use(mark, beside, negated)
        number = number if ordinal else _in_unit_of(question, field, mark)
        value = str(number) if field.kind == "text" else number
        said = f"{words_of(field.column)} {mark.text}"
        question.keep(mark.place, field, "not in" if negated else "in", (value,), said)
        return


def _numbered(question: Question, beside: Mark, number: int | float, *, ordinal: bool) -> Field | None:
    """The column beside a number whose value it is."""
    scope = question.scope
    worked_out = question.cued(beside.place, -1, "by", *AGGREGATES)
    if worked_out or beside.cue not in ("", "unit", "idle"):
        return None
    if scope.own(beside) and scope.score(beside, "figure", "thing") < 0.95:
        return None
    found = scope.sense(beside, "figure", "thing", least=0.5)
    if found is None or found.field is None or found.group:
        return None
    if found.field.kind == "text":
        values = scope.lexicon.values.get((scope.at(found.field), found.field.column), ())
        return found.field if str(number) in values else None
    profile = scope.profile(found.field)
    classes = profile is not None and profile.distinct <= _MOST_CLASSES and (profile.high or 0) <= _MOST_CLASSES
    return found.field if classes or not ordinal else None
