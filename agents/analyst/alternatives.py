"""What a question comes to: its figures, and what they are where it is read another way. Only if that is the same, the
reading does not matter."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import isclose
from typing import Any

import structlog

from agents.analyst import wording
from agents.analyst.plan_sql import query
from agents.analyst.reading.candidates import Reading, read_question
from agents.analyst.reading.lexicons import lexicon_of
from agents.analyst.reading.plan import Plan
from agents.analyst.result_checks import Ask, Check, Verdict, doubted, verify
from agents.dataset import Datasets, QueryFailed, Rows

log = structlog.get_logger()

_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """`rows` is None where the question has no reading, or its query failed; `said` is then why, or else the query."""

    plan: Plan | None
    rows: Rows | None
    verdict: Verdict | None
    said: str


async def work_out(datasets: Datasets, text: str, dataset: str, now: datetime, before: Plan | None = None) -> WorkedOut:
    """What the analyst's rules make of a question; `before` is the plan of the question before it. Raises
    DatasetUnknown, DatasetUnavailable."""
    lexicon = await lexicon_of(datasets, dataset)
    reading = await asyncio.to_thread(read_question, text, lexicon, dataset, now, before)
    if not isinstance(reading, Reading):
        unknown = f"Not understood: {', '.join(reading.unknown)}. " if reading.unknown else ""
        return WorkedOut(before, None, None, (unknown + reading.reason).strip())
    sql, ask = query(reading.plan), partial(datasets.query, dataset)
    try:
        rows = await ask(sql)
    except QueryFailed as failure:
        return WorkedOut(reading.plan, None, None, str(failure))
    return WorkedOut(reading.plan, rows, await checked(reading, rows, ask), sql)


async def checked(reading: Reading, rows: Rows, ask: Ask) -> Verdict:
    """Whether `rows` are what the question asks for: worked out a second time, and read in every way that it has."""
    found = await verify(reading.plan, rows, ask, len(reading.assumed))
    return doubted(found, await otherwise(reading, rows, ask))


async def otherwise(reading: Reading, rows: Rows, ask: Ask) -> list[Check]:
    """One check for every other reading and every doubt; one that cannot be worked out counts as another figure."""
    checks = [Check("reading", False, f"It is not certain {doubt}.") for doubt in reading.doubts]
    if reading.plan.measures and len(rows.rows) == 1 and rows.rows[0][-1] is None:
        checks.append(Check("reading", False, "No figures fit what is asked."))
    if reading.unused:
        words = ", ".join(wording.number(word) for word in reading.unused)
        checks.append(Check("reading", False, f"These words of the question were not used: {words}."))
    for other in reading.others:
        try:
            found = await ask(query(other.plan))
        except QueryFailed as failure:
            log.info("reading_not_tried", why=str(failure)[:200])
            checks.append(Check("reading", False, f"It is otherwise {other.said}."))
            continue
        same = _same(found, rows)
        said = "the same" if same else _shown(other.plan, found)
        checks.append(Check("reading", same, f"{other.said[:1].upper()}{other.said[1:]}, it is {said}."))
    return checks


def _same(one: Rows, other: Rows) -> bool:
    """Whether two results hold the same, but for what adding figures up in another order makes."""
    whole = [len(row) for row in one.rows] == [len(row) for row in other.rows]
    pairs = zip(one.rows, other.rows, strict=False)
    return whole and all(all(map(_equal, row, found)) for row, found in pairs)


def _equal(value: Any, other: Any) -> bool:
    numbers = isinstance(value, int | float) and isinstance(other, int | float)
    return isclose(value, other, rel_tol=1e-9, abs_tol=1e-9) if numbers else bool(value == other)


def _shown(plan: Plan, rows: Rows) -> str:
    points = wording.findings(plan, rows)
    return "; ".join(point.replace("*", "") for point in points[:_MOST_SHOWN])
