"""Rows that count by a figure of theirs: "over 50", "between 3 and 5", "4 doors or more", "class 3"."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agents.analyst.reading.cues import adjective
from agents.analyst.reading.options import DAYS, NUMBERS, Unresolved, words_of
from agents.analyst.reading.plan import Condition, Field, Having, Measure, Operator, Span, label
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.scope import SURE, Scope
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import tokens
from agents.analyst.reading.unit_names import is_of_another, named_unit
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
_FIRST_YEAR = 1000
_BIG = 100
"""From here on a number alone may tell which column it is in."""
_DEGREES = ("degree", "degrees", "celsius", "fahrenheit")
_BESIDE_NAMES = ("not", "adjective", "which", "by", "", "idle", "unit")


def read_comparisons(question: Question) -> None:
    """Put into the question which figures count."""
    for mark in question.marks:
        if question.free(mark):
            _compared(question, mark)
    for mark in question.marks:
        if question.free(mark):
            _equal(question, mark)


def _compared(question: Question, mark: Mark) -> None:
    """A word that compares, with its number: before it ("8 or more"), or behind it, two of them for "between"."""
    behind = question.beside(mark.place)
    if mark.cue in ("or_more", "or_less"):
        before = next((item for item in question.near(mark.place, 3, -1) if item.number is not None), None)
        before = before or _one(question, mark)
        if before is not None and question.free(before):
            aged = adjective(mark.plain.split()[-1])  # "or older"
            _bounded(question, mark, {OPERATORS[mark.cue]: before}, (), aged[1] if aged else ())
    elif mark.cue == "between":
        numbers, passed = _numbers(question, mark.place, 2)
        if len(numbers) == 2:
            _bounded(question, mark, {">=": numbers[0], "<=": numbers[1]}, passed)
    elif mark.cue in ("negative", "positive") and question.is_figure(behind):
        question.use(mark)
        field = question.take(behind, "figure")
        question.keep(mark.place, field, "<" if mark.cue == "negative" else ">", (0,), mark.text)
    else:
        operator, said = OPERATORS.get(mark.cue), mark.said[1] if mark.said else ()
        if mark.said and behind.plain.startswith("than"):
            operator = ">" if (mark.said[0] > 0) != (question.beside(mark.place, -1).plain == "less") else "<"
        if operator is None:
            return
        numbers, passed = _numbers(question, mark.place, 1)
        if numbers:
            _bounded(question, mark, {operator: numbers[0]}, passed, said)
        elif mark.cue in OPERATORS:
            _with_column(question, mark, operator)


def _one(question: Question, mark: Mark) -> Mark | None:
    """The article of "a week or longer", as a number."""
    unit = question.beside(mark.place, -1)
    article = question.beside(unit.place, -1)
    if unit.cue != "unit" or article.plain not in ("a", "an"):
        return None
    return replace(article, number=1.0, text=f"{article.text} {unit.text}")


def _numbers(question: Question, place: int, most: int) -> tuple[list[Mark], list[Mark]]:
    """The numbers behind a place, and the names before the first of them."""
    found: list[Mark] = []
    passed: list[Mark] = []
    for mark in question.near(place, _FAR):
        if most > 1 and mark.span is not None and mark.span.label.isdecimal():
            mark = replace(mark, number=float(mark.span.label))
        if mark.number is not None and mark.cue != "ordinal":
            found.append(mark)
            if len(found) == most:
                break
        elif mark.names and not found:
            passed.append(mark)
        elif mark.cue not in ("and", "or", "percent", "equal", "adjective", "idle"):
            break
    return found, passed


def _bounded(
    question: Question, mark: Mark, bounds: dict[Operator, Mark], passed: Sequence[Mark] = (), said: Sequence[str] = ()
) -> None:
    """Keep the rows whose figure lies within the bounds, once it is clear which figure is meant."""
    number = list(bounds.values())[-1]
    first, operator = next(iter(bounds.values())), next(iter(bounds))
    beside, unit = question.beside(mark.place), question.beside(number.place)
    if mark.plain == "over" and beside.plain in ("the", "these", "those", "all"):
        question.use(mark, number, unit if unit.cue == "unit" else None)
        return  # "over the three years"
    if question.lapse is not None and unit.cue in ("lapse", "unit"):
        question.use(mark, number, unit)
        question.keep(mark.place, question.lapse, operator, (int(number.value),), f"{mark.text} {number.text}")
        question.lapse = None
        return
    field, names = _column(question, min(mark, number, key=lambda item: item.place), number, passed, said)
    if field is None:
        _counted(question, mark, number, operator, names)
        return
    verb = question.after(min(mark.place, number.place), -1)
    doing = verb.strange and question.scope.own(question.beside(verb.place, -1))  # "museums charge more than 10 euros"
    aggregate = question.cued(names[0].place, -1, *AGGREGATES) if names and names[0].place < mark.place else None
    things = question.has("by") or any(map(question.is_thing, question.marks[: aggregate.place if aggregate else 0]))
    both = aggregate is not None and not things  # "the average age of runners over 40"
    question.use(mark, *bounds.values(), *(() if both else names), verb if doing else None)
    question.use(*(item for item in question.marks[mark.place : number.place] if item.cue == "and"))
    question.use(beside if beside.plain == "than" else None)
    if first.place > mark.place and not question.has(*AGGREGATES, "most", "least", "top", "bottom"):
        question.use(*(item for item in question.figures() if question.scope.field_of(item, "figure") == field))
    if field.kind in DAYS:
        _since(question, mark, field, operator, number)
        return
    values = [_in_unit_of(question, field, item, unit) for item in bounds.values()]
    if question.scope.is_year(field) and max(values) < _FIRST_YEAR:
        raise Unresolved(f"I do not see which year {number.text} is.")  # "older than 150 years"
    if aggregate is not None and things and question.free(aggregate):
        question.use(aggregate)
        question.having = Having(operator, values[0]), Measure(aggregate.cue, field)  # type: ignore[arg-type]
        return
    text = f"{mark.text} {' and '.join(item.text for item in bounds.values())}"
    if mark.plain == "over" and _distance(question, field, unit, values[0]):
        counts = question.has("count") and not question.has(*AGGREGATES)
        ways: list[tuple[str, Operator]] = [(f"{number.text} {unit.text} is meant", "="), (f"{text} is more", ">")]
        meant = question.scope.choices.of(f"{mark.place} {mark.text}", ways[::-1] if counts else ways)
        bounds = {meant: first}
    for bound, value in zip(bounds, values, strict=True):
        question.keep(
            mark.place, field, bound, (value,), text if first.place > mark.place else f"{number.text} {mark.text}"
        )


def _distance(question: Question, field: Field, unit: Mark, value: float) -> bool:
    """Whether a number is one of few lengths, over which something goes: "the average time over 5 km"."""
    profile, named = question.scope.profile(field), unit_of(unit.first)
    return named is not None and named.measure == "length" and profile is not None and value in profile.figures


def _counted(question: Question, mark: Mark, number: Mark, operator: Operator, names: Sequence[Mark]) -> None:
    """How many rows a group has to have: "customers with more than 15 orders"."""
    things = any(question.is_thing(item) for item in question.marks[: mark.place])
    unit = question.beside(number.place)
    bare = unit.cue == "idle" or unit.text in ",.?"
    if mark.place < number.place and mark.cue != "equal" and (names or (things and bare)):
        question.use(mark, number, *names)
        question.having = Having(operator, number.value), Measure("count")


def _since(question: Question, mark: Mark, day: Field, operator: Operator, number: Mark) -> None:
    """ "Newer than 2015"."""
    year = int(number.value)
    if not 1000 < year < 2200:
        raise Unresolved(f"I do not see which day {number.text} is.")
    first = date(year + (operator == ">"), 1, 1) if operator in (">", ">=") else None
    last = None if first else date(year - (operator == "<"), 12, 31)
    question.when = day
    question.times.append((mark.place, Span(label(first, last), first, last)))


def _column(
    question: Question, mark: Mark, number: Mark, passed: Sequence[Mark], said: Sequence[str]
) -> tuple[Field | None, Sequence[Mark]]:
    """The column of a comparison, and the marks that name it: between it and its number, by its adjective, behind the
    number, before it, by the unit, or the only one."""
    scope = question.scope
    named = next(filter(question.is_figure, passed), None)
    beside = question.beside(number.place)
    if named is None and said and (field := scope.measured_in(beside.first) or scope.said_of(said)) is not None:
        return field, []
    behind = question.after(number.place)
    if named is None and question.free(behind) and behind.place - number.place <= 2:
        if question.is_figure(behind) and scope.score(behind, "value") < 0.9:
            same = [it for it in question.near(mark.place, 2, -1) if question.is_figure(it)]
            same = [it for it in same if scope.field_of(it, "figure") == scope.field_of(behind, "figure")]
            if same:  # "scored over 87 points"
                question.use(behind)
            named = same[0] if same else behind
        elif scope.own(behind) or behind.cue == "rows":
            return None, [behind]
    for item in question.near(mark.place, 3, -1) if named is None else ():
        named = item if question.is_figure(item) else None
        if named or scope.own(item) or scope.sense(item, "value") or item.cue not in _BESIDE_NAMES:
            break
    nights = _in_days(scope) if _lasts(beside.first) else None
    if nights is not None and (named is None or scope.score(named, "figure") < SURE):
        return nights, []
    if named is None:
        return _by_unit(question, number)
    found = scope.chosen(named, "figure").field
    unit = beside.first if beside.strange else ""
    if found is not None and is_of_another(found, unit) and (field := scope.measured_in(unit)) is not None:
        return field, [beside]  # "the time over 50 m"
    return found, [named]


def _by_unit(question: Question, number: Mark) -> tuple[Field | None, Sequence[Mark]]:
    """The column that is measured in the unit behind a number, or else the only one that can hold it."""
    scope, beside, before = question.scope, question.beside(number.place), question.beside(number.place, -1)
    unit = beside.first
    if field := scope.measured_in(unit):
        return field, [beside]
    kinds = ["money"] if before.text.startswith(("$", "€", "£")) else sorted(measures(unit))
    kinds = ["temperature"] if unit in _DEGREES else kinds
    for kind in kinds:
        if field := (scope.worth() if kind == "money" else None) or scope.said_of(_SAID_OF.get(kind, ())):
            if kinds == ["money"]:  # an amount does not say of what
                scope.choices.doubt(f"whether it is about {words_of(field.column)}")
            return field, [beside] if kinds != ["money"] else []
    aged = scope.said_of(("age",)) if unit_of(unit) is None and number.value < _OLDEST else None
    if aged is not None and aged.kind not in DAYS:
        return aged, []
    figures = [item for item in question.figures() if scope.score(item, "value") < 0.9]
    if len(figures) == 1 and not question.has(*AGGREGATES):
        return question.take(figures[0], "figure"), figures
    fields = [field for field in scope.own_columns if field.kind in NUMBERS and not scope.is_key(field)]
    ranges = [(field, scope.profile(field)) for field in fields if not scope.is_class(field)]
    fitting = [f for f, p in ranges if p and p.low is not None and p.high is not None and p.low < number.value < p.high]
    if not fitting or number.value <= _BIG:
        return None, []
    scope.choices.doubt(f"whether it is about {words_of(fitting[0].column)}")  # "houses under 300k"
    return fitting[0], []


def _lasts(word: str) -> bool:
    named, day = unit_of(word), unit_of("day")
    return named is not None and day is not None and named.measure == day.measure


def _in_days(scope: Scope) -> Field | None:
    """The column of figures that counts nights or days, though no unit stands in its name: `Nts`."""
    senses = (scope.lexicon.longest(tokens(word), 0)[1] for word in ("nights", "days"))
    found = (scope.field(item.source, item.column) for names in senses for item in names if item.kind == "column")
    return next((field for field in found if field and field.kind in NUMBERS and not field.path), None)


def _in_unit_of(question: Question, field: Field, number: Mark, unit: Mark) -> int | float:
    """The number in the unit that stands in the column's name, where another one is said: "over 2 hours"."""
    value = number.value
    said, own = unit_of(unit.first), named_unit(field)
    own = unit_of("day") if own is None and _lasts(unit.first) and field == _in_days(question.scope) else own
    percent = unit.cue in ("percent", "share")
    if unit.plain in _DEGREES or percent or (said is not None and (own or len(unit.plain) > 1)):
        question.use(unit)
    if percent:
        profile = question.scope.profile(field)
        return value / 100 if profile is not None and (profile.high or 0) <= 1 else value
    if said and (own is None or own.measure != said.measure) and is_of_another(field, unit.first):
        question.scope.choices.doubt(f"whether {words_of(field.column)} is in {unit.text}")
    if said is None or own is None or said == own:
        return value
    try:
        converted = round(convert(float(value), said, own), 9)
    except NotConvertible:
        return value
    return int(converted) if converted == int(converted) else converted


def _with_column(question: Question, mark: Mark, operator: Operator) -> None:
    """A comparison of two columns of a row, the second in the same unit as the first where there is one."""
    left, right = question.after(mark.place, -1), question.after(mark.place)
    if question.is_figure(left) and question.is_figure(right):
        one = question.take(left, "figure")
        unit = measures(one.column.replace("_", " "))
        options = [item.field for item in question.scope.senses(right) if item.kind == "figure" and item.field]
        same = [item for item in options if unit & measures(item.column.replace("_", " "))]
        other = same[0] if same else question.take(right, "figure")
        question.use(mark, right)
        question.filters.append((mark.place, Condition(one, operator, (), mark.text, other)))


def _equal(question: Question, mark: Mark) -> None:
    """A number beside a column: "4 cylinders", "class 3", "second class"."""
    first = mark.cue == "top" and mark.plain == "first" and question.scope.score(mark, "value") < 0.9
    ordinal = first or mark.cue == "ordinal"
    before, behind = question.after(mark.place, -1), question.after(mark.place)
    listed = before.cue in ("top", "bottom", "round", "places")
    if (mark.number is None and not ordinal) or listed:
        return
    unit = question.beside(mark.place)
    measured = None if ordinal or unit.names else question.scope.measured_in(unit.plain)
    profile = question.scope.profile(measured)
    if measured is not None and profile is not None and question.beside(mark.place, -1).plain != "within":
        length = _in_unit_of(question, measured, mark, unit)
        if length in profile.figures:  # "the 10 km race"
            question.use(mark, unit)
            question.keep(mark.place, measured, "in", (length,), f"{mark.text} {unit.text}")
            return
    for beside, far in ((behind, 1),) if ordinal else ((before, 3), (behind, 1)):
        if not question.free(beside) or abs(beside.place - mark.place) > far:
            continue
        number = 1 if first else mark.value
        field = _numbered(question, beside, number, ordinal=ordinal)
        if field is None:
            continue
        negated = question.cued(min(mark.place, beside.place), -1, "not", "without")
        question.use(mark, beside, negated)
        number = number if ordinal else _in_unit_of(question, field, mark, behind)
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
    found = scope.sense(beside, "figure", "thing", least=0.95 if scope.own(beside) else 0.5)
    if found.field is None or found.group:
        return None
    profile = scope.profile(found.field)
    if found.field.kind == "text":
        values = scope.lexicon.values.get((scope.at(found.field), found.field.column), ())
        fits = str(number) in values
    else:
        classes = profile is not None and profile.distinct <= _MOST_CLASSES and (profile.high or 0) <= _MOST_CLASSES
        fits = classes or not ordinal
    return found.field if fits else None
