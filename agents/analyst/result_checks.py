"""Whether a result is right: a plan's figures are worked out a second time and compared, and what must hold anyway is
checked. `valid` comes from nothing else.

The confidence grows with the number and kind of the checks that agree: it is 1 minus the product of what each leaves
open (`_LEAVES_OPEN`), times 0.95 for each thing that was taken for granted in reading the question, at most 0.99.
Where a check disagrees it is 0.05, and where none could be made 0.2. A figure that recounts, but for which the question
could be read otherwise, has at most 0.4.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from msgspec.structs import replace

from agents.analyst.expectation import alike, disagreement, expected, text
from agents.analyst.plan_sql import literal, query, titles
from agents.analyst.reading.plan import Field, Measure, Plan, Scalar
from agents.analyst.recount import lookups, recount, recount_rows
from agents.dataset import QueryFailed, Rows

log = structlog.get_logger()

Ask = Callable[[str], Awaitable[Rows]]
"""Runs a query on the dataset. Raises QueryFailed."""
Kind = Literal["recount", "order", "total", "complement", "rows", "span", "shape", "mentions", "reading"]
_LEAVES_OPEN: dict[Kind, float] = {
    "recount": 0.25, "order": 0.6, "total": 0.65, "complement": 0.7, "rows": 0.7, "span": 0.7, "shape": 0.8,
    "mentions": 0.75, "reading": 0.7,
}  # fmt: skip
REJECTED, UNCHECKED, DOUBTED, MOST = 0.05, 0.2, 0.4, 0.99


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
    steps = (_listed,) if not (plan.measures or plan.part) else (_recounted,)
    for step in (*steps, _complement):
        try:
            checks += await step(plan, rows, ask)
        except QueryFailed as failure:
            log.info("check_not_made", check=step.__name__, why=str(failure)[:200])
    known = any(check.kind == "recount" for check in checks)
    return verdict(checks if known or not all(check.agreed for check in checks) else (), assumed)


async def _recounted(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    wanted = await asyncio.to_thread(expected, plan, await ask(recount(plan)))
    if not wanted.whole:
        return []
    wrong = await asyncio.to_thread(disagreement, plan, wanted, rows)
    how = "row by row, without joins and by other functions"
    checks = [Check("recount", wrong is None, f"Recounted {how}: {wrong or 'the same figures'}.")]
    if wrong is None and plan.limit and plan.groups:
        checks.append(
            Check("order", True, f"Of {len(wanted.chosen):,} groups none that is left out comes before these.")
        )
    return checks


async def _complement(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Rows that count, counted one way, and those that do not, counted the other way, are all rows."""
    if not plan.conditions and not plan.spans:
        return []
    count = replace(plan, groups=(), measures=(Measure("count"),), part=(), having=None, share=False, limit=None,
                    descending=None, order=(), keys=(), shown=(), sides=(), skip=0, digits=None)  # fmt: skip
    some = sum(row[-1] for row in (await ask(query(count))).rows)
    others, everything = (await ask(recount_rows(count, "sum(CASE WHEN counts THEN 0 ELSE 1 END), count(*)"))).rows[0]
    others = int(others or 0)
    said = f"{some:,} rows meet the filters and {others:,} do not: {some + others:,} of {everything:,} in all."
    return [Check("complement", some + others == everything, said)]


async def _listed(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Listed rows are as many as there are to list, all of them count, and where an order is asked for, they stand in
    it, and not enough others come before the last one to take its place."""
    counted = int((await ask(recount_rows(plan, "sum(CASE WHEN counts THEN 1 ELSE 0 END)"))).rows[0][0] or 0)
    number = min(plan.limit or counted, max(counted - plan.skip, 0))
    if plan.limit == 1 and not plan.skip and plan.order:
        number = len(rows.rows) if counted else 0  # those that share the first place, see `_ranks`
    said = f"{counted:,} rows are to be counted, of which {len(rows.rows):,} are listed; {number:,} should be."
    everything = number == counted <= len(rows.rows)
    checks = [Check("recount" if everything else "shape", len(rows.rows) == number, said)]
    if rows.rows:
        checks += [*await _members(plan, rows, ask), *await _ranks(plan, rows, ask, counted)]
    return checks


async def _members(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Every row that is listed, found again by its key, is one that counts, and none is listed twice. Rows without a
    key are found by what they are ranked by, where no two share that."""
    keys = plan.keys or tuple(item.field for item in plan.order if not item.field.path)
    if not keys or any(key not in plan.shown for key in keys):
        return []
    places = _places([titles(plan)[plan.shown.index(key)] for key in keys], rows)
    if places is None:
        return []
    found_keys = [tuple(row[place] for place in places) for row in rows.rows]
    if any(not isinstance(value, int | float | str | bool) for key in found_keys for value in key):
        return []
    listed = set(found_keys)
    names = lookups(plan)
    found = ", ".join(f"({', '.join(map(_sought, key, keys))})" for key in sorted(listed, key=str))
    of_them = f"({', '.join(names[key] for key in keys)}) IN ({found})"
    some = int(
        (await ask(recount_rows(plan, f"sum(CASE WHEN counts AND {of_them} THEN 1 ELSE 0 END)"))).rows[0][0] or 0
    )
    if not plan.keys and (len(listed) < len(rows.rows) or some > len(rows.rows)):
        return []
    said = f"Looked up by {' and '.join(key.column for key in keys)}, {some:,} of the {len(rows.rows):,} rows count."
    return [Check("recount", some == len(rows.rows) == len(listed), said)]


def _sought(value: Scalar, key: Field) -> str:
    """A value of a result as its column holds it: days come as text."""
    return f"TRY_CAST({literal(value)} AS TIMESTAMP)" if key.kind in ("date", "timestamp") else literal(value)


async def _ranks(plan: Plan, rows: Rows, ask: Ask, counted: int) -> list[Check]:
    """What the rows are ranked by is what all rows that count have in these places, and nothing else has a single one
    that is asked for."""
    if not plan.order or plan.order[0].field not in plan.shown:
        return []
    order = plan.order[0]
    places = _places([titles(plan)[plan.shown.index(order.field)]], rows)
    if places is None:
        return []
    name = lookups(plan)[order.field]
    ranked = f"list_position([{', '.join(map(literal, order.scale))}], {name})" if order.scale else name
    before = 1 if plan.skip else 0
    sql = (
        f"SELECT v FROM ({recount_rows(plan, f'{ranked} AS v, counts')}) WHERE counts "  # noqa: S608
        f"ORDER BY v {'DESC' if order.descending else 'ASC'} NULLS LAST LIMIT {len(rows.rows) + 1 + before} "
        f"OFFSET {plan.skip - before}"
    )
    wanted = [row[0] for row in (await ask(sql)).rows]
    listed = [_ranked(row[places[0]], order.scale) for row in rows.rows]
    found = wanted[before : before + len(listed)]
    same = len(found) == len(listed) and all(map(alike, listed, found))
    told = "stand" if same else "do not stand"
    checks = [Check("order", same, f"The rows {told} in the order that is asked for, and in their places.")]
    if plan.skip or plan.limit == 1:
        around = [*wanted[:before], *wanted[before + len(listed) :]]
        alone = not any(alike(item, listed[0]) for item in around if item is not None)
        checks.append(Check("total", alone, f"{'No other row has' if alone else 'Other rows have'} the same place."))
    return checks


def _places(names: Sequence[str], rows: Rows) -> tuple[int, ...] | None:
    """Where columns stand in a result; None where one of them does not."""
    folded = [column.casefold() for column in rows.columns]
    wanted = [name.casefold() for name in names]
    return tuple(map(folded.index, wanted)) if all(name in folded for name in wanted) else None


def _ranked(value: Any, scale: tuple[str, ...]) -> Any:
    return scale.index(text(value)) + 1 if text(value) in scale else None if scale else value
