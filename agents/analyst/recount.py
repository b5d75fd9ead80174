"""The second way to a plan's figures, which has nothing in common with the first (`plan_sql.py`) but the plan: no
joins, no `WHERE`, no aggregate of the same name. What a row refers to is looked up row by row; days are compared as
text; each row is marked as counting or not, and marks are added up. All groups come out, without a limit.
"""

import calendar
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from agents.analyst.plan_sql import literal
from agents.analyst.reading.plan import Condition, Field, Measure, Plan, Related, Span
from agents.dataset import quoted

_LISTED_DAYS = str([*calendar.day_name])
_LISTED_MONTHS = str([*calendar.month_name][1:])
_UNITS = {
    "hour": "substr({0}, 12, 2)",
    "day": "substr({0}, 1, 10)",
    "week": "CAST(CAST(substr({0}, 1, 10) AS DATE) "
    "- CAST((isodow(CAST(substr({0}, 1, 10) AS DATE)) - 1) AS INTEGER) AS VARCHAR)",
    "month": "substr({0}, 1, 7)",
    "quarter": "substr({0}, 1, 4) || '-Q' || CAST((CAST(substr({0}, 6, 2) AS INTEGER) + 2) // 3 AS VARCHAR)",
    "year": "substr({0}, 1, 4)",
    "weekday": f"list_extract({_LISTED_DAYS}, CAST(isodow(CAST(substr({{0}}, 1, 10) AS DATE)) AS INTEGER))",
    "season": f"list_extract({_LISTED_MONTHS}, CAST(substr({{0}}, 6, 2) AS INTEGER))",
}


def lookups(plan: Plan) -> dict[Field, str]:
    """What the columns of a plan are called in its recount."""
    return {field: f"c{number}" for number, field in enumerate(plan.fields)}


def recount(plan: Plan) -> str:
    """Keys of each group, then per measure its figure, then how many rows counted. With a share of a part: the part and
    the whole."""
    fields = lookups(plan)
    keys = [
        _UNITS[group.unit].format(f"CAST({fields[field]} AS VARCHAR)") if group.unit else fields[field]
        for group in plan.groups
        for field in group.fields
    ]
    if len(plan.spans) > 1 and plan.when:
        keys.append(_span_of(plan.spans, fields[plan.when]))
    figures = [_figure(measure, fields) for measure in plan.measures]
    if plan.part:
        measure = plan.measures[0] if plan.measures else Measure("count")
        figures = [_figure(measure, fields, which) for which in ("counts AND part", "counts")]
    if plan.sides:
        figures = [_figure(plan.measures[0], fields, f"counts AND side{at}") for at in range(len(plan.sides))]
    figures.append("sum(CASE WHEN counts THEN 1 ELSE 0 END)")
    names = [f"k{number}" for number in range(len(keys))]
    text = recount_rows(plan, ", ".join([*names, *figures]), [f"{key} AS k{at}" for at, key in enumerate(keys)])
    return text + (f" GROUP BY {', '.join(names)}" if names else "")


def recount_rows(plan: Plan, selected: str, more: Sequence[str] = ()) -> str:
    """`selected` of all rows of the plan's table; in it `counts` says whether a row counts, `part` whether it belongs
    to the part, and columns are called as `lookups` says, or as in `more`."""
    fields = lookups(plan)
    looked_up = ", ".join(f"{_looked_up(field)} AS {name}" for field, name in fields.items())
    marked = [*more, f"({' AND '.join(_marks(plan, fields)) or 'TRUE'}) AS counts"]
    if plan.part:
        marked.append(f"({' AND '.join(_met(item, fields) for item in plan.part)}) AS part")
    for at, side in enumerate(plan.sides):
        met = [_met(item, fields) for item in side.conditions]
        met += [f"({_span_of((side.span,), fields[plan.when])} IS NOT NULL)"] if side.span and plan.when else []
        marked.append(f"({' AND '.join(met)}) AS side{at}")
    rows = f"SELECT {looked_up or '1 AS c'} FROM {plan.source.sql} AS r0"  # noqa: S608
    return f"SELECT {selected} FROM (SELECT *, {', '.join(marked)} FROM ({rows}))"  # noqa: S608 - names are quoted


def _looked_up(field: Field) -> str:
    """What a field of a row comes to: days are taken from each other, an hour is read from the time as text."""
    if field.related is not None:
        return _tallied(field.related)
    column = _referred(field)
    if field.since is not None:
        return f"({_day(column)} - {_day(_referred(field.since))})"
    match field.part:
        case "hour":
            return f"CAST(substr(CAST({column} AS VARCHAR), 12, 2) AS INTEGER)"
        case "year":
            return f"CAST(substr(CAST({column} AS VARCHAR), 1, 4) AS INTEGER)"
        case "":
            return column
    return _UNITS[field.part].format(f"CAST({column} AS VARCHAR)")


def _day(column: str) -> str:
    return f"CAST(substr(CAST({column} AS VARCHAR), 1, 10) AS DATE)"


def _tallied(related: Related) -> str:
    """How many rows refer to a row: all of them are marked and added up by what they refer to, and looked up there."""
    inner = Plan(
        "", related.source, conditions=related.conditions, when=related.when, spans=related.spans, shown=related.keys
    )
    names = [lookups(inner)[key] for key in related.keys]
    tally = recount_rows(inner, f"{', '.join(names)}, sum(CASE WHEN counts THEN 1 ELSE 0 END) AS tally")
    same = " AND ".join(f"g.{name} = r0.{quoted(to)}" for name, to in zip(names, related.to_columns, strict=True))
    grouped = f"{tally} GROUP BY {', '.join(names)}"
    return f"coalesce((SELECT g.tally FROM ({grouped}) AS g WHERE {same}), 0)"  # noqa: S608 - names are quoted


def _referred(field: Field) -> str:
    """The column of the one row that is referred to: DuckDB refuses where there are several."""
    if not field.path:
        return f"r0.{quoted(field.column)}"
    last = len(field.path)
    text = f"r{last}.{quoted(field.column)}"
    for number in range(last, 0, -1):
        hop = field.path[number - 1]
        on = " AND ".join(
            f"r{number}.{quoted(theirs)} = r{number - 1}.{quoted(mine)}"
            for mine, theirs in zip(hop.columns, hop.to_columns, strict=True)
        )
        text = f"(SELECT {text} FROM {hop.source.sql} AS r{number} WHERE {on})"  # noqa: S608
    return text


def _marks(plan: Plan, fields: dict[Field, str]) -> list[str]:
    found = [_met(condition, fields) for condition in plan.conditions]
    if plan.when and plan.spans:
        found.append(f"({_span_of(plan.spans, fields[plan.when])} IS NOT NULL)")
    return found


def _span_of(spans: tuple[Span, ...], column: str) -> str:
    """The label of the span that a day lies in, its ends in it; days as text sort as days do."""
    day = f"substr(CAST({column} AS VARCHAR), 1, 10)"
    cases = [
        f"WHEN {day} BETWEEN '{(span.first or date.min).isoformat()}' AND '{(span.last or date.max).isoformat()}' "
        f"THEN {literal(span.label)}"
        for span in spans
    ]
    return f"CASE {' '.join(cases)} END"


def _met(condition: Condition, fields: dict[Field, str]) -> str:
    """Whether a condition is met; never NULL."""
    column = fields[condition.field]
    match condition.operator:
        case "in" | "not in":
            listed = f"list_contains([{', '.join(map(literal, condition.values))}], {column})"
            met = f"coalesce({listed}, FALSE)"
            return met if condition.operator == "in" else f"NOT {met}"
        case "is null":
            return f"({column} IS NOT DISTINCT FROM NULL)"
        case "is not null":
            return f"({column} IS DISTINCT FROM NULL)"
        case "contains" | "starts":
            place = f"strpos(lower({column}), lower({literal(condition.values[0])}))"
            return f"coalesce({place} {'= 1' if condition.operator == 'starts' else '> 0'}, FALSE)"
        case _:
            turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[condition.operator]
            other = fields[condition.than] if condition.than is not None else literal(condition.values[0])
            return f"coalesce({other} {turned} {column}, FALSE)"


def _figure(measure: Measure, fields: dict[Field, str], which: str = "counts") -> str:
    """What a measure comes to over `which` rows, by another function than the first way takes."""
    if measure.per is not None:
        return (
            f"({_figure(replace(measure, per=None), fields, which)}) / nullif(list_min(list({fields[measure.per]})), 0)"
        )
    if measure.field is None:
        return f"sum(CASE WHEN {which} THEN 1 ELSE 0 END)"
    column = f"CASE WHEN {which} THEN {fields[measure.field]} END"
    number = f"sum(CASE WHEN {which} AND {fields[measure.field]} IS NOT NULL THEN 1 ELSE 0 END)"
    added, squares = f"fsum({column})", f"fsum(power(CAST({column} AS DOUBLE), 2))"
    variance = f"greatest(({squares} - power({added}, 2) / nullif({number}, 0)) / nullif({number} - 1, 0), 0)"
    match measure.aggregate:
        case "sum":
            return added
        case "average":
            return f"{added} / nullif({number}, 0)"
        case "median":
            return f"quantile_cont(CAST({column} AS DOUBLE), 0.5)"
        case "minimum" | "maximum":
            return f"list_{measure.aggregate[:3]}(list({column}))"
        case "deviation":
            return f"sqrt({variance})"
        case "variance":
            return variance
        case "range":
            return f"list_max(list({column})) - list_min(list({column}))"
        case "correlation":
            return _correlation(measure, fields, which)
        case "each":
            return f"1.0 * {number} / nullif(len(list_distinct(list({column}))), 0)"
        case _:
            return f"len(list_distinct(list({column})))"


def _correlation(measure: Measure, fields: dict[Field, str], which: str) -> str:
    """Pearson's, from sums of the rows that have both figures."""
    assert measure.field is not None
    assert measure.other is not None
    one, other = (f"CAST({fields[field]} AS DOUBLE)" for field in (measure.field, measure.other))
    both = f"{which} AND {one} IS NOT NULL AND {other} IS NOT NULL"

    def added(value: str) -> str:
        return f"fsum(CASE WHEN {both} THEN {value} END)"

    number = f"nullif(sum(CASE WHEN {both} THEN 1 ELSE 0 END), 0)"

    def spread(left: str, right: str) -> str:
        return f"({added(f'{left} * {right}')} - {added(left)} * {added(right)} / {number})"

    return f"{spread(one, other)} / nullif(sqrt({spread(one, one)} * {spread(other, other)}), 0)"
