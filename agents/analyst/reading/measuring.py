"""What is worked out: which aggregates of which columns, or how many rows or different values."""

from msgspec.structs import replace

from agents.analyst.reading.cues import cues
from agents.analyst.reading.options import DAYS, NUMBERS
from agents.analyst.reading.plan import Aggregate, Field, Measure
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import stem
from agents.language.words import vocabulary

_FAR = 6
_LASTING = vocabulary("stay stays time duration wait turnaround period lag delay")
_LONG = ("long", "longer", "days", "quickly", "fast")


def read_lapse(question: Question) -> None:
    """The days from one date to another, where they are asked about."""
    scope = question.scope
    own = [field for field in scope.own_columns if field.kind in DAYS]
    cue = question.first("lapse")
    days = [mark for mark in question.names() if scope.score(mark, "day") >= 0.34]
    named = [mark for mark in days if cue is not None or scope.score(mark, "day") >= scope.score(mark, "figure")]
    named = [mark for mark in named if (found := scope.sense(mark, "day")) and found.field and not found.field.path]
    how = next(
        (m for m in question.marks if m.plain in _LONG and (b := question.beside(m.place, -1)) and _how(b)), None
    )
    if cue is None and (how is None or (len(named) < 2 and len(own) != 2)):
        return
    if cue is None and not question.has("average", "median", "minimum", "maximum"):
        return
    fields = list(dict.fromkeys(found.field for m in named[:2] if (found := scope.sense(m, "day")) and found.field))
    if not fields and cue is not None:
        return
    first, last = (fields[0], fields[1]) if len(fields) > 1 else (own[0], fields[0] if fields else own[1])
    if len(fields) < 2 and cue is None:
        scope.choices.doubt(f"whether it is about the days from {first.column} to {last.column}")
    question.use(cue, how, *named[:2])
    question.lapse = replace(last, since=first, kind="integer")


def _how(mark: Mark) -> bool:
    return mark.plain in ("how", "how many", "number of")


def figure_beside(question: Question, cue: Mark) -> Mark | None:
    """The figure that a word like "average" is said of: how much there is, behind it, or else before it."""
    for mark in question.figures():
        how = question.beside(mark.place, -1)
        if how is not None and how.plain in ("how", "much"):
            return mark
    for mark in question.near(cue.place, _FAR):
        if question.is_figure(mark):
            head = question.beside(mark.place)
            better = head is not None and question.is_figure(head) and question.scope.score(head, "figure")
            return head if better and better > question.scope.score(mark, "figure") else mark
    return next(filter(question.is_figure, question.onward(cue.place, -1)), None)


def aggregates(question: Question) -> tuple[Measure, ...]:
    """Each aggregate that is asked for with its figure; empty where there is none."""
    found: list[Measure] = []
    waiting: list[Mark] = []
    last: Field | None = None
    for mark in question.marks:
        behind = question.after(mark.place)
        itself = bool(waiting) and question.is_figure(mark) and not question.is_figure(behind)  # "average total"
        if mark.cue in AGGREGATES and question.free(mark) and not itself:
            waiting.append(mark)
    for at, cue in enumerate(waiting):
        figure = figure_beside(question, cue)
        until = waiting[at + 1].place if at + 1 < len(waiting) else len(question.marks)
        field: Field | None = None
        if figure is not None and (figure.place < until or last is None):
            field = last = question.take(figure, "figure")
        elif last is not None:
            field = last
        elif question.lapse is not None:
            field = question.lapse
        else:
            field = last = _said(question, cue)
        if field is not None:
            question.use(cue)
            found.append(Measure(cue.cue, field))  # type: ignore[arg-type]
    also = _also(question, waiting[-1], last) if len(found) == 1 else []
    found += [Measure(waiting[-1].cue, field) for field in also]  # type: ignore[arg-type]
    return tuple(dict.fromkeys(found))


def _also(question: Question, cue: Mark, field: Field | None) -> list[Field]:
    """Further figures of the same aggregate: "average weight and height"."""
    found = []
    for mark in question.all("and"):
        behind = question.after(mark.place)
        if field is not None and mark.place > cue.place and behind is not None and question.is_figure(behind):
            question.use(mark)
            found.append(question.take(behind, "figure"))
    return found


def _said(question: Question, cue: Mark) -> Field | None:
    """The figure of an aggregate that no name stands beside: what an adjective is said of, or a day."""
    for mark in question.marks:
        if mark.said and question.free(mark) and not question.scope.sense(mark, "value"):
            field = question.scope.said_of(mark.said[1])
            if field is not None and field.kind in NUMBERS:
                question.use(mark)
                return field
    units = (mark for mark in question.marks if question.free(mark) and (mark.strange or mark.cue == "unit"))
    unit = next((mark for mark in units if question.scope.measured_in(mark.plain)), None)
    field = question.scope.measured_in(unit.plain) if unit is not None else None
    question.use(unit if field is not None else None)
    return field


def counted(question: Question) -> Measure | None:
    """How many rows there are, how many different values, or how much of a figure; None where nothing is counted."""
    count, distinct = question.first("count"), question.first("distinct")
    cue = count or distinct
    if cue is None or (count is None and question.has("which", "list")):
        return None
    behind = distinct if distinct is not None and distinct.place > cue.place else cue
    scope = question.scope
    times = cue.plain in ("how often", "how many times", "how frequently")
    target = None if times else next(filter(question.free, question.near(behind.place, 3)), None)
    if target is not None and _place(question, target) and (known := _known_place(question)) is not None:
        question.use(target, count, distinct)
        scope.choices.doubt(f'whether "{target.text}" are told apart by {known.column}')
        return Measure("distinct", known)
    if target is not None and _amount(question, target, behind, distinct=distinct is not None):
        question.use(count)
        return Measure("sum", question.take(target, "figure"))
    if target is not None and not distinct and not scope.senses(target) and not target.cue:
        unit = scope.measured_in(target.plain)
        if unit is not None:
            question.use(count, target)
            return Measure("sum", unit)
    field = _different(question, target, distinct=distinct is not None) if target is not None else None
    if field is not None:
        question.use(target, count, distinct)
        return Measure("distinct", field)
    if target is not None and (scope.own(target) or target.cue == "rows"):
        question.use(target)
    question.use(count)
    if distinct is not None and _all_different(question):
        question.use(distinct)
    return Measure("count")


def _place(question: Question, target: Mark) -> bool:
    """Whether a noun for places is said that no column is called by."""
    weak = question.scope.score(target, "rows", "thing", "figure", "value") < 0.5
    return weak and stem(target.plain) in cues().columns["place"]


def _known_place(question: Question) -> Field | None:
    fields = [field for field in question.scope.own_columns if field.kind == "text"]
    return next((field for field in fields if question.scope.says(field, "place")), None)


def _all_different(question: Question) -> bool:
    """Whether every row is of its own, so that different ones are all of them."""
    return any(question.scope.told_apart_by(field) for field in question.scope.own_columns)


def _amount(question: Question, target: Mark, cue: Mark, *, distinct: bool) -> bool:
    """Whether "how many" is said of a figure that is itself a number of something: "how many medals"."""
    found = question.scope.sense(target, "figure")
    if distinct or found is None or found.field is None or not question.is_figure(target) or question.scope.own(target):
        return False
    if question.scope.flag(found.field) or question.scope.says(found.field, "never"):
        return False
    beside = question.beside(cue.place)
    direct = beside is not None and target.place == beside.place
    sold = question.scope.adds_up(found.field) or found.field.kind == "integer"
    return sold and (direct or question.scope.adds_up(found.field)) and not question.scope.is_year(found.field)


def _different(question: Question, target: Mark, *, distinct: bool) -> Field | None:
    """The column whose different values are counted."""
    scope = question.scope
    if target.cue == "unit" and target.unit in ("day", "year") and not question.is_thing(target):
        unit = scope.day() if target.unit == "day" else scope.calendar("year")
        return unit if unit is not None and unit.kind != "timestamp" and not question.filters else None
    named = target.cue in ("", "idle", "unit", "list") or (distinct and target.cue == "rows")
    if not named or not question.is_thing(target) or scope.score(target, "value") > 0.9:
        return None
    if scope.own(target) and not distinct:
        return None
    if not distinct and scope.score(target, "thing", "figure") < 0.4 + 0.1 * (scope.score(target, "rows") > 0):
        return None
    found = scope.chosen(target, "thing", "figure")
    if found is None or found.field is None:
        return None
    field = found.group[0] if found.group else found.field
    return None if scope.told_apart_by(field) else field


def default(question: Question, field: Field, *, counted: bool = False) -> Aggregate:
    """What is done with a figure where nothing says it: added up where that makes sense, or else averaged."""
    scope = question.scope
    if scope.adds_up(field) or (counted and field.kind == "integer" and not scope.says(field, "never")):
        return "sum"
    return "average"


def each(question: Question) -> Measure | None:
    """ "The average number of orders per customer": how many rows there are for each."""
    average, count = question.first("average"), question.first("count")
    if average is None or not question.groups or question.figures():
        return None
    group, behind = question.groups[0], question.after(average.place)
    if count is None and (behind is None or not question.scope.own(behind)):
        return None
    question.groups.pop(0)
    question.use(average, count, *(mark for mark in question.names() if question.scope.own(mark)))
    if group.unit is None:
        if group.fields[0].path:
            question.scope.choices.doubt(f"whether a {group.fields[0].column} without any counts as well")
        return Measure("each", group.fields[0])
    question.scope.choices.doubt(f"whether a {group.unit} without any counts as well")
    return Measure("each", replace(group.fields[0], part=group.unit, kind="text"))
