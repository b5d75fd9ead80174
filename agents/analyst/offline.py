"""A question about figures worked out without a model, and without a conversation around it: for measuring."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from agents.analyst.alternatives import checked
from agents.analyst.plan_sql import query
from agents.analyst.reading.candidates import Reading, read_question
from agents.analyst.reading.lexicons import library
from agents.analyst.reading.plan import Plan
from agents.analyst.result_checks import Verdict
from agents.dataset import Datasets, QueryFailed, Rows


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
    lexicon = await library(datasets).lexicon(dataset)
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
