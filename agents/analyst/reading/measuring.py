"""What is worked out: which aggregates of which columns, or how many rows or different values."""

from msgspec.structs import replace

from agents.analyst.reading.cues import cues
from agents.analyst.reading.options import DAYS, NUMBERS, words_of
from agents.analyst.reading.plan import Aggregate, Field, Measure
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import stem
from agents.language.words import vocabulary

_FAR = 6
_DOING = vocabulary("did does do")
_LONG = vocabulary("long longer days quickly fast")
_HOW = ("how", "how many", "number of")
_OFTEN = ("how often", "how many times", "how frequently")


def read_lapse(question: Question) -> None:
    """The days from one date to another, where they are asked about."""
    scope, cue = question.scope, question.first("lapse")
    long = (mark for mark in question.marks if mark.plain in _LONG)
    how = next((mark for mark in long if question.beside(mark.place, -1).plain in _HOW), None)
    if cue is None and not (how and question.has("average", "median", "minimum", "maximum")):
        return
    own = [field for field in scope.own_columns if field.kind in DAYS]
    days = [mark for mark in question.names() if (day := scope.field_of(mark, "day")) is not None and not day.path]
    named = [mark for mark in days if cue or scope.score(mark, "day") >= scope.score(mark, "figure")][:2]
    fields = list(dict.fromkeys(field for mark in named if (field := scope.field_of(mark, "day"))))
    if not fields if cue else len(named) < 2 and len(own) != 2:
        return
    first, last = (fields[0], fields[1]) if len(fields) > 1 else (own[0], fields[0] if fields else own[1])
    if len(fields) < 2 and cue is None:
        scope.choices.doubt(f"whether it is about the days from {first.column} to {last.column}")
    question.use(cue, how, *named)
    question.lapse = replace(last, since=first, kind="integer")


def figure_beside(question: Question, cue: Mark) -> Mark | None:
    """The figure that a word like "average" is said of: how much there is, behind it, or else before it."""
    for mark in question.figures():
        if question.beside(mark.place, -1).plain in ("how", "much", "how many"):
            return mark
    behind = next(filter(question.is_figure, question.near(cue.place, _FAR)), None)
    if behind is None:
        return next(filter(question.is_figure, question.onward(cue.place, -1)), None)
    head, score = question.beside(behind.place), question.scope.score(behind, "figure")
    return head if question.is_figure(head) and question.scope.score(head, "figure") > score else behind


def aggregates(question: Question) -> tuple[Measure, ...]:
    """Each aggregate that is asked for with its figure; empty where there is none."""
    found: list[Measure] = []
    cues: list[Mark] = []
    last: Field | None = None
    for mark in question.all(*AGGREGATES):
        shares = question.cued(mark.place, 1, "share")
        question.use(shares if shares is not None and question.is_figure(question.after(shares.place)) else None)
        itself = bool(cues) and question.is_figure(mark) and not question.is_figure(question.after(mark.place))
        if question.free(mark) and not itself:  # the second word of "average total" is the figure itself
            cues.append(mark)
    for at, cue in enumerate(cues):
        figure = figure_beside(question, cue)
        until = cues[at + 1].place if at + 1 < len(cues) else len(question.marks)
        field: Field | None
        if figure is not None and (figure.place < until or last is None):
            field = last = question.take(figure, "figure")
        else:
            field = last or question.lapse or _said(question)
            last = last or (None if question.lapse else field)
        if field is not None:
            question.use(cue)
            found.append(Measure(cue.cue, field))  # type: ignore[arg-type]
    also = _also(question, cues[-1], last) if len(found) == 1 else []
    return tuple(dict.fromkeys([*found, *also]))


def _also(question: Question, cue: Mark, field: Field | None) -> list[Measure]:
    """Further figures of the same aggregate: "average weight and height"."""
    found = []
    for mark in question.all("and"):
        behind = question.after(mark.place)
        if field is not None and mark.place > cue.place and question.is_figure(behind):
            question.use(mark)
            found.append(Measure(cue.cue, question.take(behind, "figure")))  # type: ignore[arg-type]
    return found


def _said(question: Question) -> Field | None:
    """The figure of an aggregate that no name stands beside: what an adjective is said of, or what a unit measures."""
    for mark in filter(question.free, question.marks):
        if mark.said and not question.scope.sense(mark, "value"):
            field = question.scope.said_of(mark.said[1])
            if field is not None and field.kind in NUMBERS:
                question.use(mark)
                return field
    for mark in filter(question.free, question.marks):
        if (mark.strange or mark.cue == "unit") and (field := question.scope.measured_in(mark.plain)):
            question.use(mark)
            return field
    return None


def counted(question: Question) -> Measure | None:
    """How many rows there are, how many different values, or how much of a figure; None where nothing is counted."""
    count, distinct = question.first("count"), question.first("distinct")
    cue = count or distinct
    if cue is None or (count is None and question.has("which", "list")):
        return None
    question.use(count)
    behind = distinct if distinct is not None and distinct.place > cue.place else cue
    scope = question.scope
    near = question.near(behind.place, 3) if cue.plain not in _OFTEN else ()
    target = next(filter(question.free, near), None)
    if target is not None and _doer(question, behind, target):
        scope.choices.doubt(f"whether {words_of(scope.table.name)} are counted")
    elif target is not None:
        if _place(question, target) and (known := scope.known_by("place")) is not None:
            question.use(target, distinct)
            scope.choices.doubt(f'whether "{target.text}" are told apart by {known.column}')
            return Measure("distinct", known)
        if not distinct and _amount(question, target, behind):
            return Measure("sum", question.take(target, "figure"))
        unnamed = not distinct and not scope.senses(target) and not target.cue
        if unnamed and (unit := scope.measured_in(target.plain)) is not None:
            question.use(target)
            return Measure("sum", unit)
        field = _different(question, target, distinct=distinct is not None)
        if field is not None:
            question.use(target, distinct)
            if not distinct and not any(_one_of(word, target.plain) for word in words_of(field.column).split()):
                scope.choices.doubt(f'whether "{target.text}" are counted by {field.column} or each by itself')
            return Measure("distinct", field)
        if scope.own(target) or target.cue == "rows":
            question.use(target)
    if distinct is not None and any(scope.told_apart_by(field) for field in scope.own_columns):
        question.use(distinct)  # where every row is of its own, different ones are all of them
    return Measure("count")


def _one_of(name: str, noun: str) -> bool:
    """Whether a noun is the name or its plural: "designers" of `designer`, but not "applications" of `applicant`."""
    name = name.casefold()
    return noun in (name, f"{name}s", f"{name}es", f"{name[:-1]}ies")


def _doer(question: Question, cue: Mark, target: Mark) -> bool:
    """Whether what is counted has been said, and the target is who does it: "how many Wrens did the dealer sell"."""
    between = question.marks[cue.place + 1 : target.place]
    doing = next((at for at, mark in enumerate(between) if mark.plain in _DOING), 0)
    return any(mark.names for mark in between[:doing])


def _place(question: Question, target: Mark) -> bool:
    """Whether a noun for places is said that no column is called by."""
    weak = question.scope.score(target, "rows", "thing", "figure", "value") < 0.5
    return weak and stem(target.plain) in cues().columns["place"]


def _amount(question: Question, target: Mark, cue: Mark) -> bool:
    """Whether "how many" is said of a figure that is itself a number of something: "how many medals"."""
    scope, field = question.scope, question.scope.field_of(target, "figure")
    if field is None or not question.is_figure(target) or scope.own(target):
        return False
    if scope.flag(field) or scope.says(field, "never") or scope.is_year(field):
        return False
    return scope.adds_up(field) or (field.kind == "integer" and question.beside(cue.place) == target)


def _different(question: Question, target: Mark, *, distinct: bool) -> Field | None:
    """The column whose different values are counted."""
    scope = question.scope
    if target.cue == "unit" and target.unit in ("day", "year") and not question.is_thing(target):
        unit = scope.day() if target.unit == "day" else scope.calendar("year")
        return unit if unit is not None and unit.kind != "timestamp" and not question.filters else None
    named = target.cue in ("", "idle", "unit", "list") or (distinct and target.cue == "rows")
    if not named or not question.is_thing(target) or scope.score(target, "value") > 0.9:
        return None
    least = 0.4 + 0.1 * (scope.score(target, "rows") > 0)
    if not distinct and (scope.own(target) or scope.score(target, "thing", "figure") < least):
        return None
    found = scope.chosen(target, "thing", "figure")
    if found.field is None:
        return None
    field = found.group[0] if found.group else found.field
    return None if scope.told_apart_by(field) else field


def default(question: Question, field: Field, *, counted: bool = False) -> Aggregate:
    """What is done with a figure where nothing says it: added up where that makes sense, or else averaged."""
    scope = question.scope
    amount = counted and field.kind == "integer" and not scope.says(field, "never")
    return "sum" if scope.adds_up(field) or amount else "average"


def each(question: Question) -> Measure | None:
    """ "The average number of orders per customer": how many rows there are for each."""
    average, count = question.first("average"), question.first("count")
    if average is None or not question.groups or question.figures():
        return None
    behind = question.after(average.place)
    if count is None and not question.scope.own(behind):
        return None
    group = question.groups.pop(0)
    question.use(average, count)
    question.use_rows()
    if group.unit or group.fields[0].path:
        question.scope.choices.doubt(f"whether a {group.unit or group.fields[0].column} without any counts as well")
    return Measure("each", replace(group.fields[0], part=group.unit, kind="text") if group.unit else group.fields[0])
