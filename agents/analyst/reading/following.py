"""Questions that go on from the one before: "and by region?", "only in 2026", "the same for Wren"."""

from msgspec.structs import replace

from agents.analyst.reading.grouping import read_groups
from agents.analyst.reading.options import NUMBERS, Unresolved
from agents.analyst.reading.plan import Measure, Order, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.ranking import ranked
from agents.analyst.reading.sentence import Sentence


def follows(read: Sentence, before: Plan) -> bool:
    """Whether the question leaves open what it is about, or points back."""
    points = any(mark.cue == "so" for mark in read.marks)
    tables = next((found for mark in read.marks if (found := mark.of("table", 0.7))), ())
    if tables and not (points and any(item.source == before.source for item in tables)):
        return False
    if any(mark.cue in ("count", "share", "average", "sum", "median", "correlation") for mark in read.marks):
        return False
    columns = (mark.of("column")[0] for mark in read.marks if mark.of("column", 0.8))
    figures = any(column.of in NUMBERS for column in columns)
    short = len([mark for mark in read.marks if mark.cue != "idle"]) <= 5
    asking = any(mark.cue == "which" and mark.initial for mark in read.marks)
    return (points or (short and not asking)) and not figures


def following(question: Question, base: Plan) -> Plan:
    """The plan before with what the question says instead, or besides. Raises Unresolved."""
    rank = ranked(question)
    read_groups(question)
    fields = {item.field for _, item in question.filters}
    kept = tuple(item for item in base.conditions if item.field not in fields)
    plan = replace(base, conditions=(*kept, *question.conditions()), when=question.when or base.when)
    question.use(*(mark for mark in question.names() if question.scope.own(mark)))
    if question.times:
        plan = replace(plan, spans=question.spans)
    if question.groups:
        plan = replace(
            plan, groups=tuple(question.groups), measures=plan.measures or (Measure("count"),), shown=(), order=(),
            keys=(), limit=None, skip=0, descending=None,
        )  # fmt: skip
    if rank is not None and plan.groups:
        plan = replace(plan, limit=rank.number or 1, descending=rank.end > 0, skip=rank.skip)
    elif rank is not None and (plan.order or plan.keys):  # the first of a list in no order are so by their keys
        order = plan.order or tuple(Order(key, False) for key in plan.keys)
        plan = replace(plan, order=order, limit=rank.number or 1)
    if plan == base:
        raise Unresolved("I do not see what is to be different from before.")
    return plan
