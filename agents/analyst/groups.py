"""Whether what stands behind "by" or "per" is really to be told apart."""

from agents.analyst.items import Named
from agents.analyst.plan import Group
from agents.analyst.request import Asked
from agents.analyst.resolve import DAYS, NUMBERS, Rows
from agents.analyst.tokens import parts

_SURE = 0.7
_READ_THROUGH = 50
"""Groups that somebody reads through."""


def doubt_group(asked: Asked, rows: Rows, named: Named, group: Group) -> None:
    """Notes where a group may well be none: "orders per customer" asks for how many come to one, too, and "orders by
    customers from Norway" for theirs altogether."""
    if named in asked.per and not asked.end and _many(rows, group):
        rows.choices.doubt(f'whether "per {named.text}" asks for each of them, or for how much comes to one')
    if asked.counted and named.text.endswith("s") and _restricted(asked, rows, group):
        rows.choices.doubt(f'whether "by {named.text}" asks for the number of each of them')


def divides(rows: Rows, named: Named) -> bool:
    """Whether "per" stands before something that there are several of: "orders per bay" are those of a dealer, divided
    by its bays."""
    if named.of("table", _SURE) or named.text.casefold().endswith("s"):
        return False
    found = rows.candidates(named, lambda column: column.kind not in DAYS)
    return bool(found) and found[0].column.kind in NUMBERS and parts(found[0].column.name)[-1].endswith("s")


def _many(rows: Rows, group: Group) -> bool:
    """Whether it is by single things, of which there are many."""
    table = rows.lexicon.tables[rows.at(group.fields[0])]
    return group.fields[0].column in table.primary_key and (table.rows or 0) > _READ_THROUGH


def _restricted(asked: Asked, rows: Rows, group: Group) -> bool:
    """Whether values of the things that are grouped by are said as well."""
    source = rows.at(group.fields[0])
    return any(item.source == source for value in asked.values for item in value.named.of("value"))
