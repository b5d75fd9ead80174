"""What a plan's result has to be, from its recount, and whether a result is that.

A result is compared by what stands in it, not by what its columns are called or how they are ordered: it may come from
a query that somebody else wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product
from math import isclose
from typing import Any

from agents.analyst.reading.plan import Plan
from agents.dataset import MOST_ROWS, Rows

_CLOSE = 1e-6
_MOST_WAYS = 200
_OPERATORS = {
    ">": lambda some, than: some > than,
    ">=": lambda some, than: some >= than,
    "<": lambda some, than: some < than,
    "<=": lambda some, than: some <= than,
    "=": lambda some, than: some == than,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One group: for each thing that is grouped by, the values that it goes by; and its figures."""

    keys: tuple[tuple[str, ...], ...]
    figures: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """`lines` are all groups, `chosen` those that the plan asks for before its limit. `whole`: nothing was cut off."""

    lines: tuple[Line, ...]
    chosen: tuple[Line, ...]
    whole: bool


def expected(plan: Plan, recounted: Rows) -> Expected:
    """Read the result of the recount's query."""
    sizes = [len(group.fields) for group in plan.groups] + ([1] if len(plan.spans) > 1 else [])
    width = sum(sizes)
    lines = []
    for row in recounted.rows:
        counted = int(row[-1] or 0)
        if counted or not sizes:
            keys, at = [], 0
            for size in sizes:
                keys.append(tuple(text(value) for value in row[at : at + size]))
                at += size
            lines.append(Line(tuple(keys), tuple(_figures(plan, row[width:-1]))))
    if plan.share:
        whole = sum(line.figures[0] or 0 for line in lines)
        lines = [
            Line(line.keys, (*line.figures, 100 * (line.figures[0] or 0) / whole if whole else None)) for line in lines
        ]
    chosen = [line for line in lines if _chosen(plan, line)]
    return Expected(tuple(lines), tuple(chosen), recounted.total is not None and len(recounted.rows) < MOST_ROWS)


def _figures(plan: Plan, values: Sequence[Any]) -> Iterable[Any]:
    if plan.sides:
        one, other = values
        if one is None or other is None:
            return one, other, None
        change = 100 * (other - one) / one if plan.change == "percent" and one else other - one
        return one, other, abs(change) if plan.change == "distance" else change
    if not plan.part:
        return values
    some, whole = values[0] or 0, values[1] or 0
    return some, whole, 100 * some / whole if whole else None


def _chosen(plan: Plan, line: Line) -> bool:
    picks = plan.limit is not None or plan.having is not None
    units = [group.unit for group in plan.groups] + [None]
    if any(not key[-1] and (picks or unit) for key, unit in zip(line.keys, units, strict=False)):
        return False
    if plan.having is None:
        return True
    figure = line.figures[0]
    return figure is not None and bool(_OPERATORS[plan.having.operator](figure, plan.having.value))


def text(value: Any) -> str:
    """A value as it is compared; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def alike(value: Any, other: Any, rounded: int | None = None) -> bool:
    """Whether two figures are the same but for the order in which floats were added up, or for rounding to what is
    written, or to so many digits as was asked for."""
    if value is None or other is None:
        return value is other
    if not isinstance(value, int | float) or not isinstance(other, int | float):
        return text(value) == text(other)
    if isclose(value, other, rel_tol=_CLOSE, abs_tol=1e-9):
        return True
    if rounded is not None and abs(value - other) <= 0.5 * 10.0**-rounded + 1e-9:
        return True
    digits = len(text(value).partition(".")[2])
    return isinstance(value, float) and 1 <= digits <= 4 and abs(value - other) <= 0.5 * 10**-digits + 1e-9


def disagreement(plan: Plan, wanted: Expected, rows: Rows) -> str | None:
    """What is wrong with a result, in words; None where it is what it has to be."""
    number = min(plan.limit, max(len(wanted.chosen) - plan.skip, 0)) if plan.limit else len(wanted.chosen)
    if plan.limit == 1 and not plan.skip and plan.descending is not None:
        number = _first_ones(plan, wanted)
    if len(rows.rows) != number:
        return f"{number:,} rows are expected, not {len(rows.rows):,}"
    if not number:
        return None
    wrong: list[str] = []
    for keys in islice(_ways(wanted, rows), _MOST_WAYS):
        problem = _differs(plan, wanted, rows, keys)
        if problem is None:
            return None
        wrong.append(problem)
    return wrong[0] if wrong else "it does not hold the columns that are expected"


def _first_ones(plan: Plan, wanted: Expected) -> int:
    """How many groups share the first place."""
    figures = [line.figures[0] for line in wanted.chosen if line.figures[0] is not None]
    if not figures:
        return len(wanted.chosen)
    best = max(figures) if plan.descending else min(figures)
    return sum(alike(figure, best, plan.digits) for figure in figures)


def _ways(wanted: Expected, rows: Rows) -> Iterable[tuple[tuple[int, int], ...]]:
    """How the columns of a result can stand for what is grouped by: for each key its column, and which of the values
    that it goes by stands there."""
    fitting: list[list[tuple[int, int]]] = []
    for place, key in enumerate(wanted.chosen[0].keys):
        known = [{item.keys[place][which] for item in wanted.lines} for which in range(len(key))]
        pairs = product(reversed(range(len(key))), range(len(rows.columns)))
        fitting.append([(c, w) for w, c in pairs if all(_key(row[c], known[w]) is not None for row in rows.rows)])
    return (some for some in product(*fitting) if len({column for column, _ in some}) == len(some))


def _key(value: Any, known: Mapping[str, Any] | set[str]) -> str | None:
    """The key that a value stands for: a month may be written as its first day."""
    plain = text(value)
    for item in (plain, plain[:10], plain[:7] if plain[7:10] in ("", "-01") else plain):
        if item in known:
            return item
    return None


def _differs(plan: Plan, wanted: Expected, rows: Rows, keys: tuple[tuple[int, int], ...]) -> str | None:
    by_key = {tuple(line.keys[place][which] for place, (_, which) in enumerate(keys)): line for line in wanted.chosen}
    if len(by_key) != len(wanted.chosen):
        return "groups are put together that go by one name"
    known = [{key[place] for key in by_key} for place in range(len(keys))]
    said = [tuple(_key(row[c], known[at]) or "" for at, (c, _) in enumerate(keys)) for row in rows.rows]
    if unknown := next((key for key in said if key not in by_key), None):
        return f"{_named(unknown)}is not expected"
    if len(set(said)) != len(said):
        return "a group comes twice"
    listed = [by_key[key] for key in said]
    free = [column for column in range(len(rows.columns)) if column not in {column for column, _ in keys}]
    for place in reversed(range(len(listed[0].figures))):
        figures = [line.figures[place] for line in listed]
        pairs = {c: list(zip((row[c] for row in rows.rows), figures, said, strict=True)) for c in free}
        right = [c for c in free if all(alike(one, other, plan.digits) for one, other, _ in pairs[c])]
        if not right:
            numeric = [c for c in free if all(isinstance(row[c], int | float | None) for row in rows.rows)]
            told = [item for c in numeric[-1:] for item in pairs[c] if not alike(item[0], item[1], plan.digits)]
            ends = [f"{_named(key)}{one} in the result, {other} when recounted" for one, other, key in told]
            return ends[0] if ends else "it does not hold the columns that are expected"
        free.remove(right[-1])
    return _misplaced(plan, wanted, listed)


def _named(key: tuple[str, ...]) -> str:
    name = " / ".join(item or "(none)" for item in key)
    return f"{name}: " if name else ""


def _misplaced(plan: Plan, wanted: Expected, listed: list[Line]) -> str | None:
    """Whether the first ones are not the first."""
    if plan.descending is None:
        return None
    sign = -1 if plan.descending else 1

    def rank(line: Line) -> tuple[bool, float]:
        figure = line.figures[0]
        return figure is None, sign * (figure or 0)

    ranks = [rank(line) for line in listed]
    shown = {line.keys for line in listed}
    rest = [rank(line) for line in wanted.chosen if line.keys not in shown]
    if any(_before(after, before) for before, after in pairwise(ranks)):
        return "the rows are not in the order that is asked for"
    if plan.skip:
        ordered = sorted(map(rank, wanted.chosen))
        at, after = plan.skip, plan.skip + len(ranks)
        if not all(alike(item[1], other[1]) for item, other in zip(ranks, ordered[at:after], strict=True)):
            return "another group has that place"
        around = [(at - 1, at), *([(after - 1, after)] if after < len(ordered) else [])]
        return "several share that place" if any(alike(ordered[a][1], ordered[b][1]) for a, b in around) else None
    if rest and _before(min(rest), ranks[-1]):
        return "a group that is left out comes before one that is listed"
    return None


def _before(one: tuple[bool, float], other: tuple[bool, float]) -> bool:
    return one < other and not alike(one[1], other[1])
