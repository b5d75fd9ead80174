"""What rows refer to, where a question says no more than that there is one, or none: "orders without an invoice"."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from agents.analyst.items import Named
from agents.analyst.plan import Condition, Field, Hop, Plan, Source
from agents.analyst.resolve import Rows, Unresolved, words_of

_TABLE = 0.65
_PLAIN = 0.45
"""From this weight on a column is named by its name, and not just by a word of its description."""


def missing(rows: Rows, named: Named, gone: bool, subjects: Sequence[Named]) -> Condition:
    """The rows in which something is missing, or is there: a column, or the row of another table that they refer to.

    Raises Unresolved where that can be said of no row, or only of rows that are not counted.
    """
    said = f"{'no' if gone else 'a'} {named.text}"
    if named.of("table", _TABLE):
        if not all(rows.own(subject) for subject in subjects[:1]):
            raise Unresolved(f"I cannot find {subjects[0].text} by what they never had.")
        return Condition(_reference(rows, named), "is null" if gone else "is not null", (), said)
    field = rows.field(named, lambda column: True)
    if field is None or all(item.weight < _PLAIN for item in named.of("column") if item.column == field.column):
        raise Unresolved(f'"{named.text}" is nothing that {words_of(rows.table.name)} have.')
    if field.kind == "boolean":
        return Condition(field, "in", (not gone,), said)
    if not rows.lexicon.column(rows.at(field), field.column).nullable:
        raise Unresolved(f"{words_of(field.column)} is never missing.")
    return Condition(field, "is null" if gone else "is not null", (), said)


def _reference(rows: Rows, named: Named) -> Field:
    """The column that refers to a table, and is empty where there is nothing to refer to. Raises Unresolved."""
    sources = {item.source for item in named.of("table", _TABLE)}
    ways = [path[0] for source in sources for path in rows.paths.get(source, ()) if len(path) == 1]
    if len(ways) != 1 or not _may_miss(rows, ways[0]):
        raise Unresolved(f"{words_of(rows.table.name)} do not tell which have no {named.text}.")
    column = rows.lexicon.column(rows.source, ways[0].columns[0])
    return Field(column.name, column.kind)


def _may_miss(rows: Rows, hop: Hop) -> bool:
    return any(column.nullable for column in rows.table.columns if column.name in hop.columns)


def linked(rows: Rows, plan: Plan, tables: Sequence[Named]) -> Plan:
    """The plan with nothing left out of the tables that are named: those that it does not use have to be there.

    Raises Unresolved where it cannot be told which rows have one."""
    used = {hop.source for field in plan.fields for hop in field.path} | {rows.source}
    for named in tables:
        sources = {item.source for item in named.of("table", _TABLE)}
        if not sources or sources & used or _always(rows, sources):
            continue
        field = _reference(rows, named)
        if field not in [condition.field for condition in plan.conditions]:
            rows.assume(f"only {words_of(rows.table.name)} with {named.text} count")
            there = Condition(field, "is not null", (), named.text)
            plan = replace(plan, conditions=(*plan.conditions, there))
    return plan


def _always(rows: Rows, sources: Collection[Source]) -> bool:
    """Whether every row leads to one of these tables, so that naming it says nothing."""
    for source in rows.paths:
        if source not in sources:
            continue
        for path in rows.paths[source]:
            tables = [rows.source, *(hop.source for hop in path)]
            columns = [
                rows.lexicon.column(table, name)
                for table, hop in zip(tables, path, strict=False)
                for name in hop.columns
            ]
            if not any(item.nullable for item in columns):
                return True
    return False
