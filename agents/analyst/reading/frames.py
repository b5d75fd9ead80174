"""The few forms that a question about a table can take, each of which makes a plan of what was read, or None.

Every form that fits is tried, and the plan that leaves the fewest words without a trace is taken: see `candidates.py`.
"""

from collections.abc import Callable

from msgspec.structs import replace

from agents.analyst.reading.grouping import group_left, many, named_group
from agents.analyst.reading.leading import first_ones, first_rows
from agents.analyst.reading.listing import listed, single
from agents.analyst.reading.measuring import aggregates, counted, default, each
from agents.analyst.reading.options import NUMBERS, Unresolved, words_of
from agents.analyst.reading.plan import Field, Group, Measure, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.sides import compared, grouped, shared, told_apart
from agents.analyst.reading.tokens import stem

Frame = Callable[[Question, Plan], Plan | None]


def correlation(question: Question, plan: Plan) -> Plan | None:
    """How closely two figures go together."""
    if question.first("correlation") is None:
        return None
    fields: list[Field] = []
    for mark in question.figures():
        found = question.scope.sense(mark, "figure")
        head = question.beside(mark.place)
        inner = head is not None and question.is_figure(head) and question.scope.score(head, "figure") > found.score  # type: ignore[union-attr]
        if found is not None and not inner and len(fields) < 2 and found.field not in fields:
            fields.append(question.take(mark, "figure"))
    for mark in question.marks:
        if len(fields) < 2 and mark.said and question.free(mark) and mark.cue in ("adjective", ""):
            field = question.scope.said_of(mark.said[1])
            if field is not None and field.kind in NUMBERS and field not in fields:
                question.use(mark)
                fields.append(field)
    if len(fields) < 2:
        raise Unresolved("I do not see which two figures are to be related.")
    question.use(*question.all("correlation", "and", "between", "count", "more", "average"))
    return grouped(question, replace(plan, measures=(Measure("correlation", fields[0], None, fields[1]),)))


def period(question: Question, plan: Plan) -> Plan | None:
    """From when to when the rows are."""
    day = question.scope.day() or question.scope.calendar("year")
    if not question.has("span") or day is None:
        return None
    question.use(*question.all("span"))
    return replace(plan, measures=(Measure("minimum", day), Measure("maximum", day)))


def worked_out(question: Question, plan: Plan) -> Plan | None:
    """Aggregates of figures, for each group."""
    if question.given is not None:
        return grouped(question, replace(plan, measures=(question.given,)))
    one = each(question)
    measures = (one,) if one else aggregates(question)
    if not measures:
        return None
    count = question.first("count")
    if count is not None and question.cued(count.place, -1, "and"):
        question.use(count)
        measures = (*measures, Measure("count"))
    return grouped(question, replace(plan, measures=measures))


def numbered(question: Question, plan: Plan) -> Plan | None:
    """How many rows, or different values, there are."""
    measure = counted(question)
    if measure is None:
        return None
    question.use(*question.all("sum"))
    return grouped(question, replace(plan, measures=(measure,)))


def with_having(question: Question, plan: Plan) -> Plan | None:
    """The groups whose figure is so."""
    assert question.having is not None
    having, measure = question.having
    group = next(iter(question.groups), None) or group_left(question)
    if group is None:
        return None
    question.use(*question.all("count", "list", "which"), *(m for m in question.names() if question.scope.own(m)))
    return replace(plan, groups=(group,), measures=(measure or Measure("count"),), having=having)


def lapsed(question: Question, plan: Plan) -> Plan | None:
    """The days between two dates."""
    if question.lapse is None:
        return None
    cue = question.first("average", "median", "minimum", "maximum", "most", "least")
    kinds = {"most": "maximum", "least": "minimum"}
    question.use(cue)
    aggregate = kinds.get(cue.cue, cue.cue) if cue is not None else "average"
    return grouped(question, replace(plan, measures=(Measure(aggregate, question.lapse),)))  # type: ignore[arg-type]


def plain_figures(question: Question, plan: Plan) -> Plan | None:
    """Figures that are named without saying what is to be done with them."""
    marks = [mark for mark in question.figures() if many(question, mark) or question.has("count")]
    if single(question) or question.has("list"):
        return None
    how = next((mark for mark in question.marks if mark.said and question.free(mark) and _how(question, mark)), None)
    if not marks and how is not None and how.said:  # "how expensive are they"
        field = question.scope.said_of(how.said[1])
        if field is None or field.kind not in NUMBERS:
            return None
        question.use(how)
        return grouped(question, replace(plan, measures=(Measure("average", field),)))
    measures: list[Measure] = []
    if not marks and question.word("much") is not None and not question.names():
        field = question.scope.said_of(("revenue", "cost", "price"))  # "how much did we take"
        if field is None or not question.scope.adds_up(field):
            return None
        question.scope.choices.doubt(f"whether it is about {words_of(field.column)}")
        measures.append(Measure("sum", field))
    for mark in marks:
        field = question.take(mark, "figure")
        ways = [("the total is meant", "sum"), ("the average is meant", "average")]
        if default(question, field, counted=question.has("count")) == "average":
            ways.reverse()
        aggregate = question.scope.choices.of(f"{mark.place} aggregate", ways)
        question.scope.choices.assume(f"{words_of(field.column)} is {'added up' if aggregate == 'sum' else 'averaged'}")
        measures.append(Measure(aggregate, field))  # type: ignore[arg-type]
    question.use(*question.all("count"))
    return grouped(question, replace(plan, measures=tuple(dict.fromkeys(measures)))) if measures else None


def _how(question: Question, mark: Mark) -> bool:
    before = question.beside(mark.place, -1)
    return before is not None and before.plain == "how"


def rows_by_group(question: Question, plan: Plan) -> Plan | None:
    """How many rows there are in each group, where only the groups are named: "incidents by severity"."""
    plan = told_apart(question, plan)
    if not question.groups and not plan.groups and len(plan.spans) < 2:
        return None
    return grouped(question, replace(plan, measures=(Measure("count"),)))


def contents(question: Question, plan: Plan) -> Plan | None:
    """The different values of a column, or rows with some of their columns."""
    if question.having is not None:
        return with_having(question, plan)
    if question.groups:
        return None
    cue = question.has("list", "which", "distinct")
    named = [mark for mark in question.names() if question.scope.own(mark)]
    group = _values_wanted(question) if cue or not named else None
    if group is not None:
        question.use(*question.all("list", "which", "distinct"), *named)
        return replace(plan, groups=(group,), measures=(Measure("count"),))
    return listed(question, plan, None, None)


def _values_wanted(question: Question) -> Group | None:
    """The column whose different values are asked for, where no single row is."""
    if single(question):
        return None
    for mark in question.marks:
        if mark.cue == "unit" and mark.unit and question.free(mark) and question.cued(mark.place, -1, "which", "list"):
            question.use(mark)
            return named_group(question, mark)
    for mark in question.names():
        if question.scope.own(mark) and question.scope.score(mark, "thing") < 0.95:
            return None
        found = question.scope.sense(mark, "thing", least=0.4)
        if found is not None and found.field is not None and not many(question, mark):
            if question.scope.told_apart_by(found.field):
                return None
            return question.group(mark)
    return None


def rows_alone(question: Question, plan: Plan) -> Plan | None:
    """How many rows there are, where nothing else is asked of them."""
    named = [mark for mark in question.names() if question.scope.own(mark)]
    rows = [mark for mark in question.marks if mark.cue == "rows"]
    if question.has("list", "which") and not question.has("count"):
        return None
    if not (named or rows or (question.marks and question.marks[0].strange and stem(question.marks[0].plain))):
        return None
    return grouped(question, replace(plan, measures=(Measure("count"),)))


FRAMES: tuple[tuple[Frame, float], ...] = (
    (correlation, 0.5), (period, 0.5), (shared, 0.3), (compared, 0.3), (lapsed, 0.2), (first_ones, 0.1),
    (first_rows, 0.05), (worked_out, 0.1), (numbered, 0.1), (plain_figures, 0.0), (rows_by_group, -0.05),
    (contents, -0.1), (rows_alone, -0.05),
)  # fmt: skip
"""The forms, and how much speaks for each where it fits."""
