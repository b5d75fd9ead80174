"""Whether a plan accounts for every word of its question: the words are gone through once more, apart from how the
plan was made, and each that asks for something has to have left its trace in it.

What was read but then dropped would otherwise be answered as if it had not been said, and such an answer recounts.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from agents.analyst.items import Clock, Cue, Item, Named, Number, Place, Superlative, Time, TimeUnit, Word
from agents.analyst.lexicon import Lexicon
from agents.analyst.plan import Condition, Plan, Source
from agents.analyst.reach import reach

_NAMED = 0.4
"""From this weight on a phrase may stand for a table that the plan leads through."""
_COMPARES = ("<", "<=", ">", ">=", "=")
_WEEK = 7
_TOTALS = frozenset({"total", "overall", "altogether", "in total", "combined", "totals", "total number of"})
"""Words for a sum that say nothing more where rows are counted."""


def unaccounted(items: Sequence[Item], plan: Plan, lexicon: Lexicon) -> tuple[str, ...]:
    """The words of the question that the plan has nothing of, in their order."""
    found = [item.text for item in items if not (_traced(item, plan) or _goes_without_saying(item, plan, lexicon))]
    found += _too_few(items, plan)
    found += [item.text for at, item in enumerate(items) if _is_or(item) and not _alternatives(items, at, plan)]
    return tuple(dict.fromkeys(found))


def _traced(item: Item, plan: Plan) -> bool:
    match item:
        case Cue():
            demand = _DEMANDS.get(item.kind)
            return demand is None or demand(plan) or (item.kind == "sum" and _of_a_count(item, plan))
        case Superlative():
            return not item.end or _ranks(plan) or bool({"minimum", "maximum"} & _aggregates(plan))
        case Named():
            return _named(item, plan)
        case Clock():
            return any(condition.field.hour for condition in _conditions(plan))
        case Place():
            return plan.skip == item.number - 1
        case Number():
            return item.value in _numbers(plan)
        case Time():
            return item.span in plan.spans or bool(item.span.first and item.span.first.year in _numbers(plan))
        case TimeUnit():
            return any(group.unit == item.unit for group in plan.groups) or _by_column(item, plan) or _measured(plan)
        case _:
            return True


def _goes_without_saying(item: Item, plan: Plan, lexicon: Lexicon) -> bool:
    """Whether it names a day that every row has, or a table that every row leads to: "reported" says nothing more of
    incidents, and neither does "vehicles"."""
    if not isinstance(item, Named):
        return False
    if {table.source for table in item.of("table", _NAMED)} & _led_to(plan, lexicon):
        return True
    sources = {plan.source} | {hop.source for field in plan.fields for hop in field.path}
    return any(
        entry.of in ("date", "timestamp")
        and entry.source in sources
        and not lexicon.column(entry.source, entry.column).nullable
        for entry in item.of("column", _NAMED)
    )


def _of_a_count(cue: Cue, plan: Plan) -> bool:
    """ "the total number of orders" is their number."""
    return cue.text.casefold() in _TOTALS and bool({"count", "distinct"} & _aggregates(plan))


def _aggregates(plan: Plan) -> set[str]:
    return {measure.aggregate for measure in plan.measures}


def _ranks(plan: Plan) -> bool:
    return plan.descending is not None or bool(plan.order)


def _picks(plan: Plan) -> bool:
    return _ranks(plan) or bool({"minimum", "maximum"} & _aggregates(plan)) or len(plan.spans) > 1


def _shares(plan: Plan) -> bool:
    return plan.share or bool(plan.part)


def _grouped(plan: Plan) -> bool:
    return bool(plan.groups) or len(plan.spans) > 1 or bool(plan.order)


_DEMANDS: dict[str, Callable[[Plan], bool]] = {
    "sum": lambda plan: "sum" in _aggregates(plan),
    "average": lambda plan: "average" in _aggregates(plan),
    "median": lambda plan: "median" in _aggregates(plan),
    "maximum": lambda plan: "maximum" in _aggregates(plan) or _ranks(plan),
    "minimum": lambda plan: "minimum" in _aggregates(plan) or _ranks(plan),
    "most": _picks,
    "least": _picks,
    "range": lambda plan: {"minimum", "maximum"} <= _aggregates(plan),
    "top": _ranks,
    "bottom": _ranks,
    "share": _shares,
    "distinct": lambda plan: "distinct" in _aggregates(plan) or bool(plan.groups),
    "trend": lambda plan: any(group.unit for group in plan.groups),
    "by": lambda plan: _grouped(plan) or bool(plan.conditions or plan.part),
    "versus": _grouped,
    "compare": _grouped,
    "count": lambda plan: bool({"count", "distinct"} & _aggregates(plan)) or bool(plan.part),
}
"""What a cue of each kind has to have made of the plan; kinds that are not here ask for nothing by themselves."""


def _named(item: Named, plan: Plan) -> bool:
    fields = [entry for field in plan.fields for entry in (field, field.since) if entry]
    sources = {plan.source} | {hop.source for field in fields for hop in field.path}
    columns = {(field.path[-1].source if field.path else plan.source, field.column) for field in fields}
    columns |= {(plan.source, name) for field in fields for hop in field.path[:1] for name in hop.columns}
    values = {(entry.field.column, value) for entry in (*plan.conditions, *plan.part) for value in entry.values}
    for meaning in item.meanings:
        if meaning.kind == "table" and meaning.weight >= _NAMED and meaning.source in sources:
            return True
        if meaning.kind == "column" and (meaning.source, meaning.column) in columns:
            return True
        if meaning.kind == "value" and (meaning.column, meaning.value) in values:
            return True
    return any(meaning.kind == "value" for meaning in item.meanings) and any(
        condition.operator in ("is null", "is not null") for condition in plan.conditions
    )


def _led_to(plan: Plan, lexicon: Lexicon) -> set[Source]:
    """The tables that every row leads to."""
    always = set()
    for target, paths in reach(lexicon.tables, plan.source).items():
        at, certain = plan.source, len(paths) == 1
        for hop in paths[0]:
            certain = certain and not any(lexicon.column(at, name).nullable for name in hop.columns)
            at = hop.source
        if certain:
            always.add(target)
    return always


def _numbers(plan: Plan) -> set[object]:
    conditions = (*plan.conditions, *plan.part)
    found: set[object] = {
        value for condition in conditions for value in condition.values if not isinstance(value, bool)
    }
    found |= {
        value / _WEEK
        for condition in conditions
        if condition.field.since
        for value in condition.values
        if isinstance(value, int)
    }
    found |= {plan.limit} if plan.limit else set()
    return found | ({plan.having.value} if plan.having else set())


def _measured(plan: Plan) -> bool:
    """Whether days are worked out, or something is compared, of which the unit is said."""
    return any(field.since for field in plan.fields) or any(
        condition.operator in _COMPARES for condition in _conditions(plan)
    )


def _by_column(item: TimeUnit, plan: Plan) -> bool:
    return any(item.unit == field.column.casefold() for group in plan.groups for field in group.fields)


def _too_few(items: Sequence[Item], plan: Plan) -> list[str]:
    """Negations, groups and comparisons that are fewer in the plan than in the question."""
    kinds = Counter(item.kind for item in items if isinstance(item, Cue))
    negated = sum(
        condition.operator in ("not in", "is null") or condition.values == (False,) for condition in _conditions(plan)
    )
    found = []
    if kinds["negation"] + kinds["missing"] and not negated:
        found += [item.text for item in items if isinstance(item, Cue) and item.kind in ("negation", "missing")]
    compared = sum(condition.operator in _COMPARES for condition in _conditions(plan)) + bool(plan.having)
    limits = [
        item for item in items if isinstance(item, Cue) and item.kind in ("under", "least_of", "most_of", "equal")
    ]
    if len(limits) > compared:
        found += [item.text for item in limits]
    return found


def _conditions(plan: Plan) -> tuple[Condition, ...]:
    return (*plan.conditions, *plan.part)


def _is_or(item: Item) -> bool:
    return isinstance(item, Word | Cue) and item.text.casefold() == "or"


def _alternatives(items: Sequence[Item], at: int, plan: Plan) -> bool:
    """Whether what stands on both sides of an "or" is told apart, or either of it is enough, in the plan."""
    before = next((item for item in reversed(items[:at]) if isinstance(item, Named | Time | Number | TimeUnit)), None)
    after = next((item for item in items[at + 1 :] if not isinstance(item, Word | Cue)), None)
    if isinstance(before, Time) and isinstance(after, Time):
        return len(plan.spans) > 1
    if not isinstance(before, Named) or not isinstance(after, Named):
        return False
    first, second = ({item.value for item in named.of("value")} for named in (before, after))
    return any(first & set(condition.values) and second & set(condition.values) for condition in _conditions(plan))
