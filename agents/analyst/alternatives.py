"""What a question comes to where it is read another way: only if that is the same, the reading does not matter."""

from collections.abc import Sequence
from math import isclose
from typing import Any

import structlog

from agents.analyst import wording
from agents.analyst.interpretation import Reading
from agents.analyst.plan import Plan
from agents.analyst.plan_sql import query
from agents.analyst.result_checks import Ask, Check, Verdict, doubted, verify
from agents.dataset import QueryFailed, Rows

log = structlog.get_logger()

_MOST_SHOWN = 3


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
        same = _figures(found) == _figures(rows)
        said = "the same" if same else _shown(other.plan, found)
        checks.append(Check("reading", same, f"{other.said[:1].upper()}{other.said[1:]}, it is {said}."))
    return checks


def _figures(rows: Rows) -> list["_Row"]:
    return [_Row(row) for row in rows.rows]


class _Row:
    """A row to compare: figures may differ by what adding them up in another order makes."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Row) or len(self._values) != len(other._values):
            return False
        return all(map(_alike, self._values, other._values))

    __hash__ = None  # type: ignore[assignment]


def _alike(value: Any, other: Any) -> bool:
    if isinstance(value, int | float) and isinstance(other, int | float):
        return isclose(value, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(value == other)


def _shown(plan: Plan, rows: Rows) -> str:
    points = wording.findings(plan, rows)
    return "; ".join(point.replace("*", "") for point in points[:_MOST_SHOWN])
