"""A plan with what rows are put together by."""

from msgspec.structs import replace

from agents.analyst.reading.grouping import group_left
from agents.analyst.reading.options import NUMBERS
from agents.analyst.reading.plan import Plan
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sides import told_apart


def grouped(question: Question, plan: Plan) -> Plan:
    """With what rows are put together by; names of the rows mean what is counted."""
    plan = told_apart(question, plan)
    scope = question.scope
    question.use(*(mark for mark in question.names() if scope.own(mark)))
    question.use(*(mark for mark in question.all("which", "count", "overall")))
    plan = replace(plan, groups=tuple(dict.fromkeys((*plan.groups, *question.groups))))
    if not plan.groups and question.has("which", "list") and not question.has("count", *AGGREGATES):
        group = group_left(question)
        plan = replace(plan, groups=(group,)) if group is not None else plan
    return _divided(plan)


def _divided(plan: Plan) -> Plan:
    """ "Orders per bay for each dealer": divided by a figure that is the same in all rows of a group."""
    for group in plan.groups:
        field = group.fields[0]
        others = tuple(other for other in plan.groups if other is not group)
        if group.unit is None and field.kind in NUMBERS and any(other.tells_apart(field) for other in others):
            measures = tuple(replace(measure, per=field) for measure in plan.measures)
            return replace(plan, groups=others, measures=measures)
    return plan
