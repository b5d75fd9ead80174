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
from agents.analyst.reading.plan import Aggregate, Field, Group, Measure, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.sides import compared, grouped, shared, told_apart
from agents.analyst.reading.tokens import stem
from agents.language.words import vocabulary

Frame = Callable[[Question, Plan], Plan | None]
_CLOSE = vocabulary("strong strongly close closely tight tightly")


def worked(measures: Callable[[Question], tuple[Measure, ...]]) -> Frame:
    """The form of questions that only work something out, for each group where there are any."""

    def frame(question: Question, plan: Plan) -> Plan | None:
        found = measures(question)
        return grouped(question, replace(plan, measures=found)) if found else None

    return frame


def correlation(question: Question) -> tuple[Measure, ...]:
    """How closely two figures go together."""
    if question.first("correlation") is None:
        return ()
    fields: list[Field] = []
    for mark in question.figures():
        head, field = question.beside(mark.place), question.scope.field_of(mark, "figure")
        score = question.scope.score(mark, "figure")
        inner = question.is_figure(head) and question.scope.score(head, "figure") > score
        if not inner and len(fields) < 2 and field not in fields:
            fields.append(question.take(mark, "figure"))
    for mark in question.marks:
        if len(fields) < 2 and mark.said and question.free(mark) and mark.cue in ("adjective", ""):
            field = question.scope.said_of(mark.said[1])
            if field is not None and field.kind in NUMBERS and field not in fields:
                question.use(mark)
                fields.append(field)
    if len(fields) < 2:
        raise Unresolved("I do not see which two figures are to be related.")
    question.use_all("correlation", "and", "between", "count", "more", "average")
    question.use(*(mark for mark in question.marks if mark.plain in _CLOSE and mark.said))  # "how strong"
    return (Measure("correlation", fields[0], None, fields[1]),)


def period(question: Question, plan: Plan) -> Plan | None:
    """From when to when the rows are."""
    day = question.scope.day() or question.scope.calendar("year")
    if not question.has("span") or day is None:
        return None
    question.use_all("span")
    return replace(plan, measures=(Measure("minimum", day), Measure("maximum", day)))


def worked_out(question: Question) -> tuple[Measure, ...]:
    """Aggregates of figures."""
    one = question.given or each(question)
    measures = (one,) if one else aggregates(question)
    count = question.first("count") if measures and one is None else None
    if count is not None and question.cued(count.place, -1, "and"):
        question.use(count)
        measures = (*measures, Measure("count"))
    return measures


def numbered(question: Question) -> tuple[Measure, ...]:
    """How many rows, or different values, there are."""
    measure = counted(question)
    question.use_all("sum")
    return (measure,) if measure is not None else ()


def with_having(question: Question, plan: Plan) -> Plan | None:
    """The groups whose figure is so."""
    assert question.having is not None
    having, measure = question.having
    group = next(iter(question.groups), None) or group_left(question)
    if group is None:
        return None
    question.use_all("count", "list", "which")
    question.use_rows()
    return replace(plan, groups=(group,), measures=(measure or Measure("count"),), having=having)


def lapsed(question: Question) -> tuple[Measure, ...]:
    """The days between two dates."""
    if question.lapse is None:
        return ()
    cue = question.first("average", "median", "minimum", "maximum", "most", "least")
    question.use(cue)
    kinds: dict[str, Aggregate] = {"most": "maximum", "least": "minimum"}
    return (Measure(kinds.get(cue.cue, cue.cue) if cue else "average", question.lapse),)  # type: ignore[arg-type]


def plain_figures(question: Question) -> tuple[Measure, ...]:
    """Figures that are named without saying what is to be done with them."""
    scope, marks = (
        question.scope,
        [mark for mark in question.figures() if many(question, mark) or question.has("count")],
    )
    if single(question) or question.has("list"):
        return ()
    said = (mark for mark in question.marks if mark.said and question.free(mark))
    how = next((mark for mark in said if question.beside(mark.place, -1).plain == "how"), None)
    if not marks and how is not None and how.said:  # "how expensive are they"
        field = scope.said_of(how.said[1])
        question.use(how)
        return (Measure("average", field),) if field is not None and field.kind in NUMBERS else ()
    if not marks and question.word("much") is not None and not question.names():
        field = scope.said_of(("revenue", "cost", "price"))  # "how much did we take"
        if field is None or not scope.adds_up(field):
            return ()
        scope.choices.doubt(f"whether it is about {words_of(field.column)}")
        return (Measure("sum", field),)
    measures = [_by_default(question, question.take(mark, "figure"), f"{mark.place} aggregate") for mark in marks]
    question.use_all("count")
    return tuple(dict.fromkeys(measures))


def _by_default(question: Question, field: Field, point: str) -> Measure:
    """A figure added up or averaged, whichever makes more sense; the other way is another reading."""
    ways: list[tuple[str, Aggregate]] = [("the total is meant", "sum"), ("the average is meant", "average")]
    if default(question, field, counted=question.has("count")) == "average":
        ways.reverse()
    aggregate = question.scope.choices.of(point, ways)
    question.scope.choices.assume(f"{words_of(field.column)} is {'added up' if aggregate == 'sum' else 'averaged'}")
    return Measure(aggregate, field)


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
    named = question.rows()
    group = _values_wanted(question) if question.has("list", "which", "distinct") or not named else None
    if group is None:
        return listed(question, plan, None)
    question.use_all("list", "which", "distinct")
    question.use(*named)
    return replace(plan, groups=(group,), measures=(Measure("count"),))


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
        field = question.scope.field_of(mark, "thing", least=0.4)
        if field is not None and not many(question, mark):
            return None if question.scope.told_apart_by(field) else question.group(mark)
    return None


def rows_alone(question: Question) -> tuple[Measure, ...]:
    """How many rows there are, where nothing else is asked of them."""
    named = question.rows() or question.all("rows")
    nothing = question.has("list", "which") and not question.has("count")
    strange = bool(question.marks) and question.marks[0].strange and bool(stem(question.marks[0].plain))
    return (Measure("count"),) if (named or strange) and not nothing else ()


FRAMES: tuple[tuple[Frame, float], ...] = (
    (worked(correlation), 0.5), (period, 0.5), (shared, 0.3), (compared, 0.3), (worked(lapsed), 0.2),
    (first_ones, 0.1), (first_rows, 0.05), (worked(worked_out), 0.1), (worked(numbered), 0.1),
    (worked(plain_figures), 0.0), (rows_by_group, -0.05), (contents, -0.1), (worked(rows_alone), -0.05),
)  # fmt: skip
"""The forms, and how much speaks for each where it fits."""
