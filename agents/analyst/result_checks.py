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
from datetime import date
from itertools import pairwise
from typing import Literal

import structlog
from msgspec.structs import replace

from agents.analyst.expectation import Expected, alike, disagreement, expected, text
from agents.analyst.plan_sql import joined, literal, query, titles
from agents.analyst.reading.plan import Measure, Order, Plan
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
    for step in (*steps, _kept, _complement, _spans):
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
    if plan.groups or len(plan.spans) > 1:
        checks += await _total(plan, wanted, ask)
    return checks


async def _total(plan: Plan, wanted: Expected, ask: Ask) -> list[Check]:
    """All groups together have as many rows, and add up to as much, as without grouping."""
    overall = replace(plan, groups=(), spans=plan.spans[:1], having=None, limit=None, share=False, descending=None,
                      digits=None, skip=0)  # fmt: skip
    if len(plan.spans) > 1:
        return []
    measures = () if plan.part or plan.sides else tuple(measure for measure in plan.measures if measure.adds_up)
    asked = replace(overall, part=(), measures=(*measures, Measure("count")))
    found = (await ask(query(asked))).rows[0]
    if plan.when and any(group.unit for group in plan.groups) and not plan.spans:
        return []  # rows without a day belong to no group
    sums = [sum(line.figures[plan.measures.index(measure)] or 0 for line in wanted.lines) for measure in measures] + [
        sum(line.rows for line in wanted.lines)
    ]
    agreed = all(alike(float(sum_ or 0), float(other or 0)) for sum_, other in zip(sums, found, strict=True))
    said = f"{len(wanted.lines):,} groups add up to {_plain(sums[0])}, without groups it is {_plain(found[0])}."
    return [Check("total", agreed, said)]


async def _kept(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Joining other tables multiplies no row."""
    if not any(field.path for field in plan.fields):
        return []
    with_others = (await ask(joined(plan))).rows[0][0]
    alone = (await ask(f"SELECT count(*) FROM {plan.source.sql}")).rows[0][0]  # noqa: S608
    said = f"{plan.source.table} has {alone:,} rows, and {with_others:,} with the tables that it is joined to."
    return [Check("rows", with_others == alone, said)]


async def _complement(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Rows that count, counted one way, and those that do not, counted the other way, are all rows."""
    if not plan.conditions and not plan.spans:
        return []
    count = replace(plan, groups=(), measures=(Measure("count"),), part=(), having=None, share=False, limit=None,
                    descending=None, order=(), shown=(), sides=(), skip=0, digits=None)  # fmt: skip
    some = sum(row[-1] for row in (await ask(query(count))).rows)
    others, everything = (await ask(recount_rows(count, "sum(CASE WHEN counts THEN 0 ELSE 1 END), count(*)"))).rows[0]
    others = int(others or 0)
    said = f"{some:,} rows meet the filters and {others:,} do not: {some + others:,} of {everything:,} in all."
    return [Check("complement", some + others == everything, said)]


async def _spans(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """No row that counts lies outside the time that is asked for."""
    if not plan.when or not plan.spans:
        return []
    ends = replace(
        plan, groups=(), part=(), having=None, share=False, limit=None, descending=None, order=(), shown=(), sides=(),
        digits=None, skip=0, measures=(Measure("minimum", plan.when), Measure("maximum", plan.when)),
    )  # fmt: skip
    found = [row[-2:] for row in (await ask(query(ends))).rows if row[-1] is not None]
    if not found:
        return []
    first, last = min(str(match) for match, _ in found), max(str(match) for _, match in found)
    bounds = (min(span.first or date.min for span in plan.spans), max(span.last or date.max for span in plan.spans))
    agreed = bounds[0].isoformat() <= first[:10] and last[:10] <= bounds[1].isoformat()
    return [Check("span", agreed, f"The rows lie between {first[:10]} and {last[:10]}.")]


async def _listed(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Listed rows are as many as there are to list, all of them count, they stand in order, and not enough others come
    before the last one to take its place."""
    counted = int((await ask(recount_rows(plan, "sum(CASE WHEN counts THEN 1 ELSE 0 END)"))).rows[0][0] or 0)
    number = min(plan.limit or counted, max(counted - plan.skip, 0))
    if plan.limit == 1 and not plan.skip and plan.order:
        number = len(rows.rows) if counted else 0  # those that share the first place, see `_first_ones`
    said = f"{counted:,} rows are to be counted, of which {len(rows.rows):,} are listed; {number:,} should be."
    everything = number == counted <= len(rows.rows)
    checks = [Check("recount" if everything else "shape", len(rows.rows) == number, said)]
    if rows.rows:
        checks += [*await _members(plan, rows, ask), *await _first_ones(plan, rows, ask, number, counted)]
    return checks


async def _members(plan: Plan, rows: Rows, ask: Ask) -> list[Check]:
    """Every row that is listed, found again by its key, is one that counts, and none is listed twice."""
    keys = [
        item.field
        for item in plan.order
        if not (item.field.path or item.descending or item.field.kind in ("date", "timestamp"))
        and item.field in plan.shown
    ]
    places = _places([titles(plan)[plan.shown.index(key)] for key in keys], rows)
    if not keys or places is None:
        return []
    found_keys = [tuple(row[place] for place in places) for row in rows.rows]
    if any(not isinstance(value, int | float | str | bool) for key in found_keys for value in key):
        return []
    listed = set(found_keys)
    names = lookups(plan)
    found = ", ".join(f"({', '.join(map(literal, key))})" for key in sorted(listed, key=str))
    of_them = f"({', '.join(names[key] for key in keys)}) IN ({found})"
    some = int(
        (await ask(recount_rows(plan, f"sum(CASE WHEN counts AND {of_them} THEN 1 ELSE 0 END)"))).rows[0][0] or 0
    )
    said = f"Looked up by {' and '.join(key.column for key in keys)}, {some:,} of the {len(rows.rows):,} rows count."
    return [Check("recount", some == len(rows.rows) == len(listed), said)]


async def _first_ones(plan: Plan, rows: Rows, ask: Ask, number: int, counted: int) -> list[Check]:
    """The rows stand in their order, and few enough others come before the last one."""
    if not plan.order or (places := _places([_title(plan, plan.order[0])], rows)) is None:
        return []
    order, at = plan.order[0], places[0]
    values = [_ranked(row[at], order.scale) for row in rows.rows]
    inside = all(_in_order(value, other, order.descending) for value, other in pairwise(values))
    checks = [
        Check("order", inside, f"The rows {'stand' if inside else 'do not stand'} in the order that is asked for.")
    ]
    last = values[-1]
    if last is not None:
        name = lookups(plan)[order.field]
        ranked = f"list_position([{', '.join(map(literal, order.scale))}], {name})" if order.scale else name
        before = f"{ranked} {'>' if order.descending else '<'} {literal(last)}"
        some = f"sum(CASE WHEN counts AND {before} THEN 1 ELSE 0 END)"
        better = int((await ask(recount_rows(plan, some))).rows[0][0] or 0)
        said = f"{better:,} rows come before the last one that is listed; {number:,} are listed."
        first = better < number or number == counted
        if plan.limit == 1 and not plan.skip:
            same = f"sum(CASE WHEN counts AND {ranked} = {literal(last)} THEN 1 ELSE 0 END)"
            first = better == 0 and (await ask(recount_rows(plan, same))).rows[0][0] == number
        if plan.skip:  # nothing else is to have that place
            same = f"sum(CASE WHEN counts AND {ranked} = {literal(last)} THEN 1 ELSE 0 END)"
            first = better == plan.skip and (await ask(recount_rows(plan, same))).rows[0][0] == 1
        checks.append(Check("total", first, said))
    return checks


def _title(plan: Plan, order: Order) -> str:
    return titles(plan)[plan.shown.index(order.field)] if order.field in plan.shown else order.field.column


def _places(names: Sequence[str], rows: Rows) -> tuple[int, ...] | None:
    """Where columns stand in a result; None where one of them does not."""
    folded = [column.casefold() for column in rows.columns]
    wanted = [name.casefold() for name in names]
    return tuple(map(folded.index, wanted)) if all(name in folded for name in wanted) else None


def _ranked(value: object, scale: tuple[str, ...]) -> float | str | None:
    if scale:
        return float(scale.index(text(value)) + 1) if text(value) in scale else None
    return value if isinstance(value, int | float | str) or value is None else str(value)


def _in_order(one: float | str | None, other: float | str | None, descending: bool) -> bool:
    if one is None or other is None:
        return other is None
    if isinstance(one, str) != isinstance(other, str):
        return False
    return one >= other if descending else one <= other  # type: ignore[operator]


def _plain(value: object) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, int | float) else str(value)
