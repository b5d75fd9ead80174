"""The conditions of a draft together."""

from collections.abc import Callable

from msgspec.structs import replace

from agents.analyst.draft import Draft
from agents.analyst.options import Unresolved
from agents.analyst.plan import Condition


def merged(draft: Draft, which: Callable[[int], bool] = lambda place: True) -> tuple[Condition, ...]:
    """Those that were said at such places, in their order; the values of one column together. Raises Unresolved where
    nothing can meet them."""
    found: dict[object, Condition] = {}
    for place, item in sorted(draft.filters, key=lambda entry: entry[0]):
        if not which(place):
            continue
        key = (item.field, item.operator) if item.operator in ("in", "not in") else item
        if (held := found.get(key)) is not None:
            values = tuple(dict.fromkeys((*held.values, *item.values)))
            item = replace(
                held, values=values, said=f"{held.said}, {item.said}" if values != held.values else held.said
            )
        found[key] = item
    for one in found.values():
        other = found.get((one.field, "not in")) if one.operator == "in" else None
        if other is not None and set(one.values) & set(other.values):
            raise Unresolved("Nothing is both: please say which one counts.")
    return tuple(found.values())


def is_flag(draft: Draft, condition: Condition) -> bool:
    """Whether a condition is a yes or no."""
    return draft.view.lexicon.flag(draft.view.at(condition.field), condition.field.column) is not None
