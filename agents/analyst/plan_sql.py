"""A plan as a query in DuckDB's SQL. What is selected, grouped, ordered and cut is said here once; how rows are found
and figures worked out is the business of a `Way`: the one of this module joins tables along their keys and filters, the
one of `recount.py` does neither.

Names are quoted, values are literals; nothing of a question stands in a query as it was written.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from msgspec.structs import replace

from agents.analyst.reading.plan import Condition, Field, Group, Hop, Measure, Order, Plan, Related, Scalar, Span, Unit
from agents.dataset import quoted

SHARE = "share_percent"
PERIOD = "period"
_UNITS: dict[Unit, str] = {
    "hour": "strftime({0}, '%H')",
    "day": "strftime({0}, '%Y-%m-%d')",
    "week": "strftime(date_trunc('week', {0}), '%Y-%m-%d')",
    "month": "strftime({0}, '%Y-%m')",
    "quarter": "strftime({0}, '%Y') || '-Q' || quarter({0})",
    "year": "strftime({0}, '%Y')",
    "weekday": "dayname({0})",
    "season": "monthname({0})",
}
_PARTS = {**_UNITS, "hour": "hour({0})", "year": "year({0})"}
_WORKED_OUT = {
    "distinct": "count(DISTINCT {0})",
    "sum": "sum({0})",
    "average": "avg({0})",
    "median": "median(CAST({0} AS DOUBLE))",  # of decimals it would be rounded
    "minimum": "min({0})",
    "maximum": "max({0})",
    "deviation": "stddev_samp(CAST({0} AS DOUBLE))",
    "variance": "var_samp(CAST({0} AS DOUBLE))",
    "range": "max({0}) - min({0})",
    "correlation": "corr(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))",
    "each": "1.0 * count({0}) / nullif(count(DISTINCT {0}), 0)",
}


class Way(Protocol):
    """One way to a plan's figures."""

    def rows(self, *more: str) -> str:
        """The clauses that find the rows that count, and meet `more` conditions."""

    def column(self, field: Field) -> str:
        """What a field is called there."""

    def unit(self, unit: Unit, field: Field) -> str:
        """The unit of time that a day falls into, as text."""

    def met(self, condition: Condition) -> str:
        """Whether a condition is met."""

    def within(self, span: Span, field: Field) -> str:
        """Whether a day lies in a span, its ends in it."""

    def worked_out(self, measure: Measure, met: str = "") -> str:
        """What a measure comes to over the rows for which `met` holds; "" for all."""


def literal(value: Scalar | date) -> str:
    """A value as SQL spells it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"


def counted(related: Related) -> Plan:
    """The rows that are counted for each row that they refer to, as a plan of their own."""
    return Plan(
        "", related.source, conditions=related.conditions, when=related.when, spans=related.spans, shown=related.keys
    )


class _Joined:
    """Tables joined along their keys, filtered by WHERE, with the usual aggregates."""

    def __init__(self, plan: Plan, base: str = "t") -> None:
        self._plan, self._base = plan, base
        self._aliases: dict[tuple[Hop, ...], str] = {(): base}
        self._tables = f"FROM {plan.source.sql} AS {base}"
        for field in plan.fields:
            for item in (field, field.since):
                self._join(item.path if item else ())

    def _join(self, whole: tuple[Hop, ...]) -> None:
        for length in range(1, len(whole) + 1):
            path = whole[:length]
            if path not in self._aliases:
                alias, before = f"{self._base}{len(self._aliases)}", self._aliases[path[:-1]]
                self._aliases[path] = alias
                hop = path[-1]
                on = " AND ".join(
                    f"{before}.{quoted(mine)} = {alias}.{quoted(theirs)}"
                    for mine, theirs in zip(hop.columns, hop.to_columns, strict=True)
                )
                self._tables += f"\nLEFT JOIN {hop.source.sql} AS {alias} ON {on}"

    def rows(self, *more: str) -> str:
        plan = self._plan
        clauses = [self.met(item) for item in plan.conditions]
        if plan.when and plan.spans:
            spans = [self.within(span, plan.when) for span in plan.spans]
            clauses.append(spans[0] if len(spans) == 1 else f"({' OR '.join(f'({span})' for span in spans)})")
        found = "\n  AND ".join([*clauses, *more])
        return f"{self._tables}\nWHERE {found}" if found else self._tables

    def column(self, field: Field) -> str:
        alias = self._aliases[field.path]
        if field.related is not None:
            related = field.related
            inner = _Joined(counted(related), "s")
            pairs = zip(related.keys, related.to_columns, strict=True)
            same = (f"{inner.column(mine)} = {alias}.{quoted(theirs)}" for mine, theirs in pairs)
            return f"(SELECT count(*)\n{inner.rows(*same)})"
        text = f"{alias}.{quoted(field.column)}"
        if field.since is not None:
            return f"date_diff('day', CAST({self.column(field.since)} AS DATE), CAST({text} AS DATE))"
        return _PARTS[field.part].format(text) if field.part else text

    def unit(self, unit: Unit, field: Field) -> str:
        return _UNITS[unit].format(self.column(field))

    def met(self, condition: Condition) -> str:
        """A missing value meets "not in", as it is none of them."""
        column, operator = self.column(condition.field), condition.operator
        listed = ", ".join(map(literal, condition.values))
        match operator:
            case "in":
                return f"{column} IN ({listed})"
            case "not in":
                return f"({column} NOT IN ({listed}) OR {column} IS NULL)"
            case "is null" | "is not null":
                return f"{column} {operator.upper()}"
            case "contains" | "starts":
                function = "contains" if operator == "contains" else "starts_with"
                return f"{function}(lower({column}), lower({listed}))"
            case _:
                return f"{column} {operator} {self.column(condition.than) if condition.than else listed}"

    def within(self, span: Span, field: Field) -> str:
        """Before the day after the last: right for times of day as well."""
        column, last = self.column(field), span.last
        bounds = [f"{column} >= {literal(span.first)}"] if span.first else []
        bounds += [f"{column} < {literal(last + timedelta(days=1))}"] if last and last < date.max else []
        return " AND ".join(bounds) or "TRUE"

    def worked_out(self, measure: Measure, met: str = "") -> str:
        columns = [self.column(field) for field in (measure.field, measure.other) if field]
        columns = [f"CASE WHEN {met} THEN {column} END" for column in columns] if met else columns
        if measure.field is None:
            figure = f"count(CASE WHEN {met} THEN 1 END)" if met else "count(*)"
        else:
            figure = _WORKED_OUT[measure.aggregate].format(*columns)
        return f"1.0 * {figure} / nullif(max({self.column(measure.per)}), 0)" if measure.per else figure


def query(plan: Plan) -> str:
    """The query, one clause a line."""
    return select(plan, _Joined(plan))


def select(plan: Plan, way: Way) -> str:
    """The plan's query along one way."""
    return _grouped(plan, way) if plan.measures or plan.part else _listed(plan, way)


def columns(plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the result's columns: those of the groups, and those of what is worked out; together they differ."""
    taken: list[str] = []

    def named(name: str) -> str:
        found, number = name, 2
        while found in taken:
            found, number = f"{name}_{number}", number + 1
        taken.append(found)
        return found

    if not plan.measures and not plan.part:
        return tuple(named(_own_name(field, always=True)) for field in plan.shown), ()
    keys = [named(_group_name(group, field)) for group in plan.groups for field in group.fields]
    if len(plan.spans) > 1:
        keys.append(named(PERIOD))
    if plan.part:
        return tuple(keys), (named("part"), named("whole"), named(SHARE))
    if plan.sides:
        change = "change_percent" if plan.change == "percent" else "difference"
        return tuple(keys), (*(named(side.label) for side in plan.sides), named(change))
    worked = [named(measure_name(measure, plan)) for measure in plan.measures]
    return tuple(keys), (*worked, *([named(SHARE)] if plan.share else []))


def _own_name(field: Field, *, always: bool) -> str:
    """A column's name, with that of its table where it is another one's: `always`, or where it is no name by itself."""
    told = field.path and (always or field.column.casefold() in ("name", "title", "label", "id"))
    return f"{field.path[-1].source.table}_{field.name}" if told else field.name


def _group_name(group: Group, field: Field) -> str:
    return group.unit or _own_name(field, always=False)


def measure_name(measure: Measure, plan: Plan) -> str:
    """`average_downtime_hours`, or the name of the table whose rows are counted."""
    per = f"_per_{measure.per.column}" if measure.per else ""
    if measure.field is None:
        return f"{plan.source.table}{per}"
    if measure.aggregate == "each":
        return f"{plan.source.table}_for_each_{measure.field.name}"
    other = f"_and_{measure.other.name}" if measure.other else ""
    return f"{'different' if measure.aggregate == 'distinct' else measure.aggregate}_{measure.field.name}{other}{per}"


def _selected(texts: Sequence[str], names: Sequence[str]) -> str:
    return "SELECT\n  " + ",\n  ".join(f"{text} AS {quoted(name)}" for text, name in zip(texts, names, strict=True))


def _listed(plan: Plan, way: Way) -> str:
    names, _ = columns(plan)
    last = [Order(key, False) for key in plan.keys if not any(item.field == key for item in plan.order)]
    order = [_order(item, way) for item in (*plan.order, *last)]
    text = f"{_selected([way.column(field) for field in plan.shown], names)}\n{way.rows()}"
    return text + _cut(plan, order, order[0] if plan.order else "")


def _order(order: Order, way: Way) -> str:
    column = way.column(order.field)
    if order.scale:
        column = f"list_position([{', '.join(map(literal, order.scale))}], {column})"
    return _placed(column, descending=order.descending)


def _placed(text: str, *, descending: bool = False) -> str:
    return f"{text} {'DESC' if descending else 'ASC'} NULLS LAST"


def _cut(plan: Plan, order: Sequence[str], first: str) -> str:
    """In their order, and as many as are wanted. Where one is sought that comes `first`, others that come first as well
    are not left out."""
    ties = plan.limit == 1 and not plan.skip and first
    text = f"\nQUALIFY rank() OVER (ORDER BY {first}) = 1" if ties else ""
    text += f"\nORDER BY {', '.join(order)}" if order else ""
    limit = f"\nLIMIT {plan.limit}" if plan.limit and not ties else ""
    return text + limit + (f" OFFSET {plan.skip}" if limit and plan.skip else "")


def _grouped(plan: Plan, way: Way) -> str:
    key_names, figure_names = columns(plan)
    keys = [
        way.unit(group.unit, field) if group.unit else way.column(field)
        for group in plan.groups
        for field in group.fields
    ]
    if len(plan.spans) > 1 and plan.when:
        cases = (f"WHEN {way.within(span, plan.when)} THEN {literal(span.label)}" for span in plan.spans)
        keys.append(f"CASE {' '.join(cases)} END")
    figures = _figures(plan, way)
    text = f"{_selected([*keys, *figures], [*key_names, *figure_names])}\n{way.rows(*_of_groups(plan, way))}"
    if not keys:
        return text
    text += "\nGROUP BY " + ", ".join(str(at) for at in range(1, len(keys) + 1))
    if plan.having:
        text += f"\nHAVING {way.worked_out(plan.measures[0])} {plan.having.operator} {literal(plan.having.value)}"
    by = [_placed(quoted(key)) for key in key_names]
    if len(plan.spans) > 1 and plan.when:
        by[-1] = _placed(f"min({way.column(plan.when)})")  # "August" is not before "July"
    if plan.descending is not None:
        by.insert(0, _placed(quoted(figure_names[0]), descending=plan.descending))
    elif len(plan.groups) == 1 and len(plan.spans) < 2 and not _in_own_order(plan.groups[0]):
        by.insert(0, _placed(quoted(figure_names[-1]), descending=True))
    first = "" if plan.descending is None else _placed(figures[0], descending=plan.descending)
    return text + _cut(plan, by, first)


def _of_groups(plan: Plan, way: Way) -> list[str]:
    """What rows must have: a group, where groups are picked out, or a day, where they are put together by time."""
    if plan.groups and (plan.limit is not None or plan.having is not None):
        return [f"{way.column(group.fields[-1])} IS NOT NULL" for group in plan.groups]
    timed = plan.when is not None and any(group.unit for group in plan.groups)
    return [f"{way.column(plan.when)} IS NOT NULL"] if timed and plan.when else []


def _in_own_order(group: Group) -> bool:
    """Whether groups stand in an order of their own: times, years, classes, numbers of anything."""
    return bool(group.unit) or (len(group.fields) == 1 and group.fields[0].kind in ("integer", "date", "number"))


def _figures(plan: Plan, way: Way) -> list[str]:
    if plan.part:
        measure = plan.measures[0] if plan.measures else Measure("count")
        whole = way.worked_out(measure)
        some = way.worked_out(measure, " AND ".join(map(way.met, plan.part)))
        figures = [some, whole, f"100.0 * {some} / nullif({whole}, 0)"]
    elif plan.sides:
        one, other = (f"({way.worked_out(plan.measures[0], _side(plan, at, way))})" for at in (0, 1))
        change = {"percent": f"100.0 * ({other} - {one}) / nullif({one}, 0)", "distance": f"abs({other} - {one})"}
        figures = [one, other, change.get(plan.change, f"{other} - {one}")]
    else:
        figures = [way.worked_out(measure) for measure in plan.measures]
        figures += [f"100.0 * {figures[0]} / nullif(sum({figures[0]}) OVER (), 0)"] if plan.share else []
    return figures if plan.digits is None else [f"round({figure}, {plan.digits})" for figure in figures]


def _side(plan: Plan, at: int, way: Way) -> str:
    """What holds for the rows of one side."""
    side = plan.sides[at]
    met = [way.met(item) for item in side.conditions]
    met += [way.within(side.span, plan.when)] if side.span and plan.when else []
    return " AND ".join(met)


def count_of(plan: Plan) -> Plan:
    """How many rows there are that meet the plan's filters."""
    return replace(
        plan, groups=(), measures=(Measure("count"),), part=(), having=None, share=False, limit=None, descending=None,
        order=(), keys=(), shown=(), sides=(), skip=0, digits=None,
    )  # fmt: skip
