"""A plan as a query in DuckDB's SQL: tables joined along their keys, filtered, then grouped.

Names are quoted, values are literals; nothing of a question stands in a query as it was written.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from agents.analyst.reading.plan import Condition, Field, Group, Hop, Measure, Order, Plan, Related, Scalar, Side, Unit
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
    "count": "count(*)",
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


def literal(value: Scalar | date) -> str:
    """A value as SQL spells it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"


def columns(plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the result's columns: those of the groups, and those of what is worked out; together they differ."""
    taken: list[str] = []

    def named(name: str) -> str:
        found, number = name, 2
        while found in taken:
            found, number = f"{name}_{number}", number + 1
        taken.append(found)
        return found

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


def _group_name(group: Group, field: Field) -> str:
    if group.unit:
        return group.unit
    table = field.path[-1].source.table if field.path else ""
    return (
        f"{table}_{field.column}"
        if field.column.casefold() in ("name", "title", "label", "id") and table
        else field.name
    )


def measure_name(measure: Measure, plan: Plan) -> str:
    """`average_downtime_hours`, or the name of the table whose rows are counted."""
    per = f"_per_{measure.per.column}" if measure.per else ""
    if measure.field is None:
        return f"{plan.source.table}{per}"
    if measure.aggregate == "each":
        return f"{plan.source.table}_for_each_{measure.field.name}"
    other = f"_and_{measure.other.name}" if measure.other else ""
    return f"{'different' if measure.aggregate == 'distinct' else measure.aggregate}_{measure.field.name}{other}{per}"


def query(plan: Plan) -> str:
    """The query, one clause a line."""
    names = _Joined(plan)
    return _rows(plan, names) if not plan.measures and not plan.part else _grouped(plan, names)


class _Joined:
    """The tables of a query and what their columns are called in it."""

    def __init__(self, plan: Plan, base: str = "t") -> None:
        self._base = base
        self._aliases: dict[tuple[Hop, ...], str] = {(): base}
        self.tables = f"FROM {plan.source.sql} AS {base}"
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
                self.tables += f"\nLEFT JOIN {hop.source.sql} AS {alias} ON {on}"

    def __call__(self, field: Field) -> str:
        """A field in SQL."""
        if field.related is not None:
            return _number_of(field.related, self._aliases[field.path])
        text = f"{self._aliases[field.path]}.{quoted(field.column)}"
        if field.since is not None:
            return f"date_diff('day', CAST({self(field.since)} AS DATE), CAST({text} AS DATE))"
        return _PARTS[field.part].format(text) if field.part else text


def _number_of(related: Related, row: str) -> str:
    """How many rows refer to a row, which is called `row` outside."""
    inner = Plan(
        "", related.source, conditions=related.conditions, when=related.when, spans=related.spans, shown=related.keys
    )
    names = _Joined(inner, "s")
    pairs = zip(related.keys, related.to_columns, strict=True)
    clauses = [f"{names(mine)} = {row}.{quoted(theirs)}" for mine, theirs in pairs]
    return f"(SELECT count(*)\n{names.tables}{_where([*clauses, *filters(inner, names)])})"


def condition(item: Condition, name: "_Joined") -> str:
    """A condition in SQL; a missing value meets "not in", as it is none of them."""
    column = name(item.field)
    if item.than is not None:
        return f"{column} {item.operator} {name(item.than)}"
    match item.operator:
        case "in":
            return f"{column} IN ({', '.join(map(literal, item.values))})"
        case "not in":
            return f"({column} NOT IN ({', '.join(map(literal, item.values))}) OR {column} IS NULL)"
        case "is null":
            return f"{column} IS NULL"
        case "is not null":
            return f"{column} IS NOT NULL"
        case "contains":
            return f"contains(lower({column}), lower({literal(item.values[0])}))"
        case "starts":
            return f"starts_with(lower({column}), lower({literal(item.values[0])}))"
        case _:
            return f"{column} {item.operator} {literal(item.values[0])}"


def _within(first: date | None, last: date | None, column: str) -> str:
    """From the first day on, and before the day after the last: right for times of day as well."""
    bounds = [f"{column} >= {literal(first)}"] if first else []
    bounds += [f"{column} < {literal(last + timedelta(days=1))}"] if last and last < date.max else []
    return " AND ".join(bounds) or "TRUE"


def filters(plan: Plan, name: "_Joined") -> list[str]:
    """What is to be true of the rows that count."""
    found = [condition(item, name) for item in plan.conditions]
    if plan.when and plan.spans:
        spans = [_within(span.first, span.last, name(plan.when)) for span in plan.spans]
        found.append(spans[0] if len(spans) == 1 else f"({' OR '.join(f'({span})' for span in spans)})")
    if _selects(plan):
        found += [f"{name(group.fields[-1])} IS NOT NULL" for group in plan.groups]
    elif plan.when and any(group.unit for group in plan.groups):
        found.append(f"{name(plan.when)} IS NOT NULL")
    return found


def _selects(plan: Plan) -> bool:
    """Whether groups are picked out: then rows that belong to none are none of them."""
    return bool(plan.groups) and (plan.limit is not None or plan.having is not None)


def _where(clauses: Iterable[str]) -> str:
    found = "\n  AND ".join(clauses)
    return f"\nWHERE {found}" if found else ""


def _rows(plan: Plan, name: _Joined) -> str:
    shown = ",\n  ".join(
        f"{name(field)} AS {quoted(title)}" for field, title in zip(plan.shown, titles(plan), strict=True)
    )
    last = [Order(key, False) for key in plan.keys if not any(item.field == key for item in plan.order)]
    order = ", ".join(_order(item, name) for item in (*plan.order, *last))
    ties = f"\nQUALIFY rank() OVER (ORDER BY {_order(plan.order[0], name)}) = 1" if _ties(plan) else ""
    return (
        f"SELECT\n  {shown}\n{name.tables}{_where(filters(plan, name))}{ties}"
        + (f"\nORDER BY {order}" if order else "")
        + _cut(plan)
    )


def _ties(plan: Plan) -> bool:
    """Whether one is sought that comes first: others that come first as well are not left out."""
    return plan.limit == 1 and not plan.skip and (bool(plan.order) or plan.descending is not None)


def _cut(plan: Plan) -> str:
    """From where to where a list goes."""
    if not plan.limit or _ties(plan):
        return ""
    return f"\nLIMIT {plan.limit}" + (f" OFFSET {plan.skip}" if plan.skip else "")


def titles(plan: Plan) -> tuple[str, ...]:
    """What the columns of listed rows are called."""
    found: list[str] = []
    for field in plan.shown:
        name = field.name if not field.path else f"{field.path[-1].source.table}_{field.name}"
        found.append(name if name not in found else f"{name}_{len(found)}")
    return tuple(found)


def _order(order: Order, name: _Joined) -> str:
    column = name(order.field)
    if order.scale:
        column = f"list_position([{', '.join(map(literal, order.scale))}], {column})"
    return f"{column} {'DESC' if order.descending else 'ASC'} NULLS LAST"


def _grouped(plan: Plan, name: _Joined) -> str:
    key_names, figure_names = columns(plan)
    keys = [
        _UNITS[group.unit].format(name(field)) if group.unit else name(field)
        for group in plan.groups
        for field in group.fields
    ]
    if len(plan.spans) > 1 and plan.when:
        cases = [
            f"WHEN {_within(span.first, span.last, name(plan.when))} THEN {literal(span.label)}" for span in plan.spans
        ]
        keys.append(f"CASE {' '.join(cases)} END")
    selected = [*zip(keys, key_names, strict=True), *zip(_figures(plan, name), figure_names, strict=True)]
    text = "SELECT\n  " + ",\n  ".join(f"{sql} AS {quoted(title)}" for sql, title in selected)
    text += f"\n{name.tables}{_where(filters(plan, name))}"
    if keys:
        text += "\nGROUP BY " + ", ".join(str(at) for at in range(1, len(keys) + 1))
    if plan.having:
        text += f"\nHAVING {_worked_out(plan.measures[0], name)} {plan.having.operator} {literal(plan.having.value)}"
    return text + _sorted(plan, name, key_names, figure_names)


def _numbered(plan: Plan) -> bool:
    """Whether the groups stand in an order of their own: years, classes, numbers of anything."""
    fields = plan.groups[0].fields
    return len(fields) == 1 and fields[0].kind in ("integer", "date", "number")


def _figures(plan: Plan, name: _Joined) -> list[str]:
    worked = [_worked_out(measure, name) for measure in plan.measures]
    if plan.part:
        part = " AND ".join(condition(item, name) for item in plan.part)
        whole = worked[0] if worked else "count(*)"
        some = f"{whole} FILTER (WHERE {part})"
        return _rounded(plan, [some, whole, f"100.0 * {some} / nullif({whole}, 0)"])
    if plan.sides:
        one, other = (f"({_filtered(plan.measures[0], side, plan, name)})" for side in plan.sides)
        change = {"percent": f"100.0 * ({other} - {one}) / nullif({one}, 0)", "distance": f"abs({other} - {one})"}
        return _rounded(plan, [one, other, change.get(plan.change, f"{other} - {one}")])
    share = f"100.0 * {worked[0]} / nullif(sum({worked[0]}) OVER (), 0)" if worked else ""
    return _rounded(plan, [*worked, *([share] if plan.share else [])])


def _rounded(plan: Plan, figures: list[str]) -> list[str]:
    return figures if plan.digits is None else [f"round({figure}, {plan.digits})" for figure in figures]


def _filtered(measure: Measure, side: Side, plan: Plan, name: _Joined) -> str:
    """A measure over the rows of one side: the others are empty for it."""
    met = [condition(item, name) for item in side.conditions]
    met += [_within(side.span.first, side.span.last, name(plan.when))] if side.span and plan.when else []
    fields = [
        f"CASE WHEN {' AND '.join(met)} THEN {name(field) if field else 1} END"
        for field in (measure.field, measure.other)
    ]
    if measure.field is None:
        return f"count({fields[0]})"
    return _WORKED_OUT[measure.aggregate].format(*fields)


def _worked_out(measure: Measure, name: _Joined) -> str:
    fields = [name(field) for field in (measure.field, measure.other) if field]
    figure = _WORKED_OUT[measure.aggregate].format(*fields)
    return f"1.0 * {figure} / nullif(max({name(measure.per)}), 0)" if measure.per else figure


def _sorted(plan: Plan, name: _Joined, keys: Sequence[str], figures: Sequence[str]) -> str:
    if not keys:
        return ""
    by = [f"{quoted(key)} ASC NULLS LAST" for key in keys]
    if len(plan.spans) > 1 and plan.when:
        by[-1] = f"min({name(plan.when)}) ASC NULLS LAST"  # "August" is not before "July"
    if plan.descending is not None:
        by.insert(0, f"{quoted(figures[0])} {'DESC' if plan.descending else 'ASC'} NULLS LAST")
    elif (
        not any(group.unit for group in plan.groups)
        and len(plan.spans) < 2
        and len(plan.groups) == 1
        and not _numbered(plan)
    ):
        by.insert(0, f"{quoted(figures[-1])} DESC NULLS LAST")
    ties = ""
    if _ties(plan):
        figure = _figures(plan, name)[0]
        ties = f"\nQUALIFY rank() OVER (ORDER BY {figure} {'DESC' if plan.descending else 'ASC'} NULLS LAST) = 1"
    return f"{ties}\nORDER BY {', '.join(by)}{_cut(plan)}"
