"""Whether a result is right: a plan's figures are worked out a second time and compared, and what must hold anyway is
checked. `valid` comes from nothing else.

The confidence grows with the number and kind of the checks that agree: it is 1 minus the product of what each leaves
open (`_LEAVES_OPEN`), times 0.95 for each thing that was taken for granted in reading the question, at most 0.99.
Where a check disagrees it is 0.05, and where none could be made 0.2. A figure that recounts, but for which the question
could be read otherwise, has at most 0.4.

A result is compared by what stands in it, not by what its columns are called: it may come from a query that somebody
else wrote.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import isclose
from typing import Any, Literal

import structlog
from msgspec.structs import replace

from agents.analyst.plan_sql import columns, count_of, query
from agents.analyst.reading.plan import Plan
from agents.analyst.recount import recount, uncounted
from agents.dataset import QueryFailed, Rows

log = structlog.get_logger()

Ask = Callable[[str], Awaitable[Rows]]
"""Runs a query on the dataset. Raises QueryFailed."""
Kind = Literal["recount", "order", "total", "complement", "rows", "mentions", "reading"]
_LEAVES_OPEN: dict[Kind, float] = {
    "recount": 0.25, "order": 0.6, "total": 0.65, "complement": 0.7, "rows": 0.7, "mentions": 0.75, "reading": 0.7,
}  # fmt: skip
REJECTED, UNCHECKED, DOUBTED, MOST = 0.05, 0.2, 0.4, 0.99
_CLOSE = 1e-6
_MOST_WAYS = 200
_OTHERS = "it does not hold the columns that are expected"


@dataclass(frozen=True, slots=True)
class Check:
    """`text` says what was compared and how it came out."""

    kind: Kind
    agreed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`valid`: at least one check could be made, and all that could agreed."""

    valid: bool
    confidence: float
    checks: tuple[Check, ...]

    @property
    def cause(self) -> str:
        """What disagreed, in words; "" if nothing did."""
        return " ".join(check.text for check in self.checks if not check.agreed)


def verdict(checks: Sequence[Check], assumed: int = 0, most: float = MOST) -> Verdict:
    """What the checks come to; `most` bounds the confidence."""
    if not checks:
        return Verdict(False, UNCHECKED, ())
    if not all(check.agreed for check in checks):
        return Verdict(False, REJECTED, tuple(checks))
    left = 1.0
    for kind in {check.kind for check in checks}:
        left *= _LEAVES_OPEN[kind]
    return Verdict(True, round(min(most, (1 - left) * 0.95**assumed), 2), tuple(checks))


def doubted(found: Verdict, readings: Sequence[Check]) -> Verdict:
    """A verdict together with what else the question can mean: where that comes to another figure, it is not valid."""
    checks = (*found.checks, *readings)
    if not found.valid or all(check.agreed for check in readings):
        return Verdict(found.valid, found.confidence, checks)
    return Verdict(False, min(DOUBTED, found.confidence), checks)


async def verify(plan: Plan, rows: Rows, ask: Ask, assumed: int = 0) -> Verdict:
    """Whether `rows` are what the plan asks for. A check that cannot be made is left out."""
    checks: list[Check] = []
    for step in (_recounted, _alone, _complement):
        try:
            checks += await step(plan, rows, ask)
        except QueryFailed as failure:
            log.info("check_not_made", check=step.__name__, why=str(failure)[:200])
    known = any(check.kind == "recount" for check in checks)
    return verdict(checks if known or not all(check.agreed for check in checks) else (), assumed)


async def _recounted(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    wanted = await ask(recount(plan))
    if wanted.total is None:
        return []
    wrong = await asyncio.to_thread(disagreement, plan, wanted, rows)
    told = wrong or ("the same figures" if plan.measures or plan.part else "the same rows")
    checks = [Check("recount", wrong is None, f"Worked out again row by row, without joins: {told}.")]
    if wrong is None and plan.limit and (plan.order or plan.descending is not None):
        checks.append(Check("order", True, "None that is left out comes before these, and each stands in its place."))
    return checks


async def _alone(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Where others share the place of the first or last that is picked out, it is not certain which is meant: behind
    others that are skipped, or of rows that nothing tells apart."""
    ranked = plan.order or plan.descending is not None
    keyed = plan.groups or plan.keys
    if not plan.limit or not ranked or (keyed and not plan.skip) or (plan.limit == 1 and not plan.skip):
        return []
    last = plan.skip + plan.limit
    around = await ask(recount(replace(plan, skip=0, limit=last + 1)))
    names = columns(plan)
    by = dict(zip(plan.shown, names[0], strict=False)).get(plan.order[0].field, "") if plan.order else names[1][0]
    if by not in around.columns:
        return []
    values = [row[around.columns.index(by)] for row in around.rows]
    pairs = [values[at - 1 : at + 1] for at in (plan.skip, last) if 0 < at < len(values)]
    alone = not any(alike(one, other) for one, other in pairs)
    return [Check("total", alone, f"{'No others share' if alone else 'Others share'} a place with these.")]


async def _complement(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Rows that count, counted one way, and those that do not, counted the other way, are all rows."""
    if not plan.conditions and not plan.spans:
        return []
    count = count_of(plan)
    some = sum(row[-1] for row in (await ask(query(count))).rows)
    others, everything = (await ask(uncounted(count))).rows[0]
    others = int(others or 0)
    said = f"{some:,} rows meet the filters and {others:,} do not: {some + others:,} of {everything:,} in all."
    return [Check("complement", some + others == everything, said)]


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
    digits = len(text(value).partition(".")[2])
    written = digits if isinstance(value, float) and 1 <= digits <= 4 else None
    return any(abs(value - other) <= 0.5 * 10.0**-places + 1e-9 for places in (rounded, written) if places is not None)


def disagreement(plan: Plan, wanted: Rows, rows: Rows) -> str | None:
    """What is wrong with a result, in words; None where it is what it has to be."""
    if len(rows.rows) != len(wanted.rows):
        return f"{len(wanted.rows):,} rows are expected, not {len(rows.rows):,}"
    if not rows.rows:
        return None
    keys, figures = _compared(plan)
    wrong = ""
    for way in islice(_ways(wanted, rows, keys), _MOST_WAYS):
        problem = _differs(plan, wanted, rows, way, figures)
        if problem is None:
            return None
        wrong = wrong or problem
    return wrong or _OTHERS


def _compared(plan: Plan) -> tuple[list[list[int]], list[int]]:
    """The columns that a result has to hold: of each thing that is grouped by any that it goes by, and the figures; of
    listed rows their keys, or all where they have none, and what they are ordered by."""
    if plan.measures or plan.part:
        names, worked = columns(plan)
        ends = [len(group.fields) for group in plan.groups] + ([1] if len(plan.spans) > 1 else [])
        starts = [sum(ends[:at]) for at in range(len(ends))]
        keys = [list(range(start, start + size)) for start, size in zip(starts, ends, strict=True)]
        return keys, [len(names) + at for at in range(len(worked))]
    places = {field: at for at, field in enumerate(plan.shown)}
    known = plan.keys if plan.keys and all(key in places for key in plan.keys) else plan.shown
    ordered = [places[item.field] for item in plan.order[:1] if item.field in places]
    return [[places[field]] for field in known], ordered


def _ways(wanted: Rows, rows: Rows, keys: Sequence[Sequence[int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    """How columns of a result can stand for what is compared by: for each key a column that is expected and one of the
    result with nothing else in it, the same place first."""
    fitting: list[list[tuple[int, int]]] = []
    for key in keys:
        known = {at: {text(row[at]) for row in wanted.rows} for at in key}
        pairs = sorted(product(reversed(key), range(len(rows.columns))), key=lambda pair: pair[0] != pair[1])
        fitting.append([(w, c) for w, c in pairs if all(_key(row[c], known[w]) is not None for row in rows.rows)])
    return (some for some in product(*fitting) if len({column for _, column in some}) == len(some))


def _key(value: Any, known: set[str]) -> str | None:
    """The key that a value stands for: a month may be written as its first day."""
    plain = text(value)
    forms = (plain, plain[:10], plain[:7] if plain[7:10] in ("", "-01") else plain)
    return next((form for form in forms if form in known), None)


def _differs(
    plan: Plan, wanted: Rows, rows: Rows, way: Sequence[tuple[int, int]], figures: Sequence[int]
) -> str | None:
    """What is wrong where columns stand for each other in this way."""
    known = {at: {text(row[at]) for row in wanted.rows} for at, _ in way}
    said = [tuple(_key(row[c], known[w]) or "" for w, c in way) for row in rows.rows]
    by_key = {tuple(text(row[w]) for w, _ in way): row for row in wanted.rows}
    if sorted(said) != sorted(tuple(text(row[w]) for w, _ in way) for row in wanted.rows):
        unknown = next((key for key in said if key not in by_key), None)
        return f"{_named(unknown)}is not expected" if unknown else "a group comes twice"
    if len(by_key) != len(wanted.rows) and plan.groups:
        return "groups are put together that go by one name"
    free = [column for column in range(len(rows.columns)) if column not in {column for _, column in way}]
    free = free if plan.measures or plan.part else list(range(len(rows.columns)))
    ordered = bool(plan.order) or plan.descending is not None
    for figure in reversed(figures):
        pairs = {c: [(row[c], by_key[key][figure]) for row, key in zip(rows.rows, said, strict=True)] for c in free}
        right = [c for c in free if all(alike(one, other, plan.digits) for one, other in pairs[c])]
        if not right:
            numeric = [c for c in free if all(isinstance(row[c], int | float | None) for row in rows.rows)]
            told = zip(said, pairs[numeric[-1]], strict=True) if numeric else ()
            ends = (f"{_named(key)}{one} in the result, {other} when recounted" for key, (one, other) in told
                    if not alike(one, other, plan.digits))  # fmt: skip
            return next(ends, _OTHERS)
        column = figure if figure in right else right[-1]
        free.remove(column)
        if ordered and figure == figures[0]:
            pairs_in_order = zip(rows.rows, wanted.rows, strict=True)
            if not all(alike(row[column], other[figure], plan.digits) for row, other in pairs_in_order):
                return "the rows are not in the order that is asked for"
    return None


def _named(key: tuple[str, ...]) -> str:
    name = " / ".join(item or "(none)" for item in key)
    return f"{name}: " if name else ""
