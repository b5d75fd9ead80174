"""Words that say again what a plan has: tables that are joined, parts of columns' names, adjectives, units, and nouns
that only frame what is worked out."""

from collections.abc import Sequence

from agents.analyst.reading.grouping import is_rate
from agents.analyst.reading.likeness import abbreviates
from agents.analyst.reading.options import NUMBERS
from agents.analyst.reading.plan import Field, Measure, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.scope import SURE
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import parts, stem
from agents.analyst.reading.unit_names import (
    is_in,
    is_money,
    named_unit,
    units_of_time,
)  # fmt: skip
from agents.language.units import unit as unit_of
from agents.language.words import vocabulary

_NAMED = 0.45
"""From here on rows are called so by name, and not only by a noun of their description."""
_FRAMING = {"correlation": vocabulary("coefficient"), "sum": vocabulary("together"), "count": vocabulary("together")}
"""What is said of an operation and adds nothing to it."""
_OFTEN = vocabulary("often frequently")
_NOUNS, _PRICES = vocabulary("rating score level value figure amount reading"), vocabulary("price prices cost fee")
"""Behind a figure these say no more than that it is one."""
_ONE = vocabulary("a an per each every")


def echoed(question: Question, plan: Plan) -> None:
    """Use the words that say again what the plan has."""
    scope = question.scope
    joined = {hop.source for field in plan.fields for hop in field.path}
    figures = [*(item.field for item in plan.measures if item.field), *(item.field for item in plan.order)]
    figures += [item.other for item in plan.measures if item.other]
    for mark in question.marks:
        if mark.plain == "per" and any(is_rate(field, question.after(mark.place)) for field in figures):
            question.use(mark, question.after(mark.place))
        if not question.free(mark):
            continue
        said = mark.cue in ("", "unit", "adjective") and (
            _again(question, plan, mark, figures) or any(item.source in joined for item in mark.of("table", 0.95))
        )
        question.use(mark if said or _frames(question, plan, mark, figures) else None)
    for mark in question.marks:  # a noun of the description stands for the rows once
        if mark.names and 0 < scope.score(mark, "rows") < _NAMED and scope.senses(mark)[0].kind == "rows":
            before = any(scope.own(item) for item in question.marks[: mark.place])
            if before or question.has("rows"):
                question.used.discard(mark.place)


def _again(question: Question, plan: Plan, mark: Mark, figures: Sequence[Field]) -> bool:
    """Whether a word is said of a column that the plan has, or is a part of its name, or its unit."""
    scope = question.scope
    words = {stem(word) for field in plan.fields for word in parts(field.column)}
    counted = plan.measures == (Measure("count"),) and not plan.part
    field = scope.said_of(mark.said[1]) if mark.said and mark.said[2] == "" else None
    said = field is not None and field in plan.fields and not scope.is_year(field)
    how = mark.said is not None and question.beside(mark.place, -1).plain == "how"
    said = said or any(how and mark.said and scope.hinted(figure, mark.said[1]) for figure in figures)
    head = mark.plain == "date" and scope.field_of(question.beside(mark.place, -1), "day") in plan.fields
    day = scope.field_of(mark, "day", least=SURE) if mark.plain.endswith(("d", "n", "t")) else None
    event = day is not None and not day.path and counted and not question.cued(mark.place, 1, "by")  # "sold"
    measured = [field for field in figures if field.kind in NUMBERS and is_in(field, mark.plain)]
    unit = (mark.strange or mark.cue == "unit") and bool(measured)
    money = any(map(is_money, measured))
    if unit and not money and unit_of(mark.plain) not in (None, *map(named_unit, measured)):
        scope.choices.doubt(f"whether it is wanted in {mark.text}")
    short = [word for word in words if len(word) == 3 and mark.plain.endswith("ed")]  # "estimated" of `est_cost`
    done = stem(mark.plain)
    doing = mark.strange and {f"{done}er", f"{done}{done[-1]}er"} & words  # "ran" of `Runner`
    known = mark.unit is None and (stem(mark.plain) in words or any(abbreviates(it, mark.plain) for it in short))
    return bool(known or said or event or unit or head or doing)


def _frames(question: Question, plan: Plan, mark: Mark, figures: Sequence[Field]) -> bool:
    """Whether a word belongs to the operation, or to the figure before it, and says nothing else."""
    scope, before = question.scope, question.beside(mark.place, -1)
    if mark.plain in _OFTEN:
        return plan.measures == (Measure("count"),) and plan.limit is not None
    if any(mark.plain in _FRAMING.get(item.aggregate, ()) for item in plan.measures):
        return True
    if mark.cue == "percent":
        ends = [(it.low or 0, it.high or 0) for it in map(scope.profile, figures) if it is not None]
        return bool(figures) and len(ends) == len(figures) and all(low >= 0 and 1 < high <= 100 for low, high in ends)
    if mark.unit is not None:  # "2,500 a month" of `monthly_rent`
        return before.plain in _ONE and any(mark.unit in units_of_time(field) for field in plan.fields)
    beside = before is not None and not question.free(before)
    field = scope.field_of(before, "figure") if beside else None
    if field is None or field not in figures:
        return False
    noun = mark.strange and (mark.plain in _NOUNS or (mark.plain in _PRICES and is_money(field)))
    return noun or (bool(mark.names) and scope.field_of(mark, "figure") == field)  # "fees paid"
