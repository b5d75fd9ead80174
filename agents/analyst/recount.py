"""The second way to a plan's figures, which has little in common with the first (`plan_sql.py`) but the plan: no joins,
no filter of the tables, no aggregate of the same name. What a row refers to is looked up row by row; days are compared
as text; each row is marked as counting or not, and only then is left out."""

import calendar
from datetime import date

from msgspec.structs import replace

from agents.analyst.plan_sql import counted, literal, select
from agents.analyst.reading.plan import Condition, Field, Measure, Plan, Related, Span, Unit
from agents.dataset import quoted

_DAY = "CAST(substr({0}, 1, 10) AS DATE)"
_UNITS = {
    "hour": "substr({0}, 12, 2)",
    "day": "substr({0}, 1, 10)",
    "week": f"CAST({_DAY} - CAST((isodow({_DAY}) - 1) AS INTEGER) AS VARCHAR)",
    "month": "substr({0}, 1, 7)",
    "quarter": "substr({0}, 1, 4) || '-Q' || CAST((CAST(substr({0}, 6, 2) AS INTEGER) + 2) // 3 AS VARCHAR)",
    "year": "substr({0}, 1, 4)",
    "weekday": f"list_extract({[*calendar.day_name]}, CAST(isodow({_DAY}) AS INTEGER))",
    "season": f"list_extract({[*calendar.month_name][1:]}, CAST(substr({{0}}, 6, 2) AS INTEGER))",
}
_PARTS = {**_UNITS, **{part: f"CAST({_UNITS[part]} AS INTEGER)" for part in ("hour", "year")}}
_NUMBER = "sum(CASE WHEN {0} IS NULL THEN 0 ELSE 1 END)"
_VARIANCE = (
    "greatest((fsum(power(CAST({0} AS DOUBLE), 2)) - power(fsum({0}), 2) / nullif(" + _NUMBER + ", 0))"
    " / nullif(" + _NUMBER + " - 1, 0), 0)"
)
_WORKED_OUT = {
    "distinct": "len(list_distinct(list({0})))",
    "sum": "fsum({0})",
    "average": "fsum({0}) / nullif(" + _NUMBER + ", 0)",
    "median": "quantile_cont(CAST({0} AS DOUBLE), 0.5)",
    "minimum": "list_min(list({0}))",
    "maximum": "list_max(list({0}))",
    "deviation": f"sqrt({_VARIANCE})",
    "variance": _VARIANCE,
    "range": "list_max(list({0})) - list_min(list({0}))",
    "each": "1.0 * " + _NUMBER + " / nullif(len(list_distinct(list({0}))), 0)",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


class _LookedUp:
    """All rows of the plan's table with what they refer to; `counts` says whether a row counts."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = {field: f"c{number}" for number, field in enumerate(plan.fields)}

    def rows(self, *more: str) -> str:
        return f"FROM ({self.marked()}) WHERE {' AND '.join(['counts', *more])}"

    def marked(self) -> str:
        """All rows, each with whether it counts."""
        plan = self._plan
        looked_up = ", ".join(f"{_looked_up(field)} AS {name}" for field, name in self._names.items())
        rows = f"SELECT {looked_up or '1 AS c'} FROM {plan.source.sql} AS r0"  # noqa: S608 - names are quoted
        marks = [self.met(condition) for condition in plan.conditions]
        if plan.when and plan.spans:
            marks.append(f"({' OR '.join(self.within(span, plan.when) for span in plan.spans)})")
        return f"SELECT *, ({' AND '.join(marks) or 'TRUE'}) AS counts FROM ({rows})"  # noqa: S608 - names are quoted

    def column(self, field: Field) -> str:
        return self._names[field]

    def unit(self, unit: Unit, field: Field) -> str:
        return _UNITS[unit].format(f"CAST({self.column(field)} AS VARCHAR)")

    def met(self, condition: Condition) -> str:
        """Never NULL."""
        column = self.column(condition.field)
        values = ", ".join(map(literal, condition.values))
        match condition.operator:
            case "in":
                return f"coalesce(list_contains([{values}], {column}), FALSE)"
            case "not in":
                return f"NOT coalesce(list_contains([{values}], {column}), FALSE)"
            case "is null":
                return f"({column} IS NOT DISTINCT FROM NULL)"
            case "is not null":
                return f"({column} IS DISTINCT FROM NULL)"
            case "contains" | "starts":
                end = "= 1" if condition.operator == "starts" else "> 0"
                return f"coalesce(strpos(lower({column}), lower({values})) {end}, FALSE)"
            case operator:
                other = self.column(condition.than) if condition.than is not None else values
                return f"coalesce({other} {_TURNED[operator]} {column}, FALSE)"

    def within(self, span: Span, field: Field) -> str:
        """Days as text sort as days do."""
        first, last = span.first or date.min, span.last or date.max
        day = _UNITS["day"].format(f"CAST({self.column(field)} AS VARCHAR)")
        return f"coalesce({day} BETWEEN '{first.isoformat()}' AND '{last.isoformat()}', FALSE)"

    def worked_out(self, measure: Measure, met: str = "") -> str:
        """By another function than the first way takes."""
        if measure.per is not None:
            figure = self.worked_out(replace(measure, per=None), met)
            return f"({figure}) / nullif(list_min(list({self.column(measure.per)})), 0)"
        if measure.field is None:
            return f"coalesce(sum(CASE WHEN {met or 'TRUE'} THEN 1 ELSE 0 END), 0)"
        column = self.column(measure.field)
        if measure.other is not None:
            return _correlation(column, self.column(measure.other), met or "TRUE")
        return _WORKED_OUT[measure.aggregate].format(f"CASE WHEN {met} THEN {column} END" if met else column)


def recount(plan: Plan) -> str:
    """The plan's query along the second way: its result has to be the same."""
    return select(plan, _LookedUp(plan))


def uncounted(plan: Plan) -> str:
    """How many rows do not meet the filters, and how many there are."""
    marked = _LookedUp(plan).marked()
    return f"SELECT sum(CASE WHEN counts THEN 0 ELSE 1 END), count(*) FROM ({marked})"  # noqa: S608 - names are quoted


def _looked_up(field: Field) -> str:
    """What a field of a row comes to: days are taken from each other, an hour is read from the time as text."""
    if field.related is not None:
        return _tallied(field.related)
    column = _referred(field)
    if field.since is not None:
        first, last = (_DAY.format(f"CAST({text} AS VARCHAR)") for text in (_referred(field.since), column))
        return f"({last} - {first})"
    return _PARTS[field.part].format(f"CAST({column} AS VARCHAR)") if field.part else column


def _tallied(related: Related) -> str:
    """How many rows refer to a row: all of them are added up by what they refer to, and looked up there."""
    inner = _LookedUp(counted(related))
    names = [inner.column(key) for key in related.keys]
    same = " AND ".join(f"g.{name} = r0.{quoted(to)}" for name, to in zip(names, related.to_columns, strict=True))
    tally = f"SELECT {', '.join(names)}, sum(1) AS tally {inner.rows()} GROUP BY {', '.join(names)}"
    return f"coalesce((SELECT g.tally FROM ({tally}) AS g WHERE {same}), 0)"  # noqa: S608 - names are quoted


def _referred(field: Field) -> str:
    """The column of the one row that is referred to: DuckDB refuses where there are several."""
    text = f"r{len(field.path)}.{quoted(field.column)}"
    for number in range(len(field.path), 0, -1):
        hop = field.path[number - 1]
        on = " AND ".join(
            f"r{number}.{quoted(theirs)} = r{number - 1}.{quoted(mine)}"
            for mine, theirs in zip(hop.columns, hop.to_columns, strict=True)
        )
        text = f"(SELECT {text} FROM {hop.source.sql} AS r{number} WHERE {on})"  # noqa: S608 - names are quoted
    return text


def _correlation(one: str, other: str, met: str) -> str:
    """Pearson's, from sums of the rows that have both figures."""
    both = f"{met} AND {one} IS NOT NULL AND {other} IS NOT NULL"
    number = f"nullif(sum(CASE WHEN {both} THEN 1 ELSE 0 END), 0)"

    def added(value: str) -> str:
        return f"fsum(CASE WHEN {both} THEN {value} END)"

    def spread(left: str, right: str) -> str:
        left, right = f"CAST({left} AS DOUBLE)", f"CAST({right} AS DOUBLE)"
        return f"({added(f'{left} * {right}')} - {added(left)} * {added(right)} / {number})"

    return f"{spread(one, other)} / nullif(sqrt({spread(one, one)} * {spread(other, other)}), 0)"
