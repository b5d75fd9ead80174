"""Inferred foreign keys held against the rows: whether the values of the one side are among those of the other."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import groupby

from agents.dataset import LONGEST_SQL, Datasets, DatasetUnavailable, DatasetUnknown, QueryFailed, quoted
from agents.explorer.relations import Relation

SAMPLE = 1_000
"""Different values that are looked up."""
MOST_ROWS = 500_000
"""Of a table that is looked through for this."""
MOST_CHECKED = 24
SECONDS = 5.0
_UNION = " UNION ALL "
_MOSTLY = 0.9
"""How many of the values have to be there: rows are not always clean, and a name alone is no proof."""


async def held_against_rows(found: Sequence[Relation], datasets: Datasets) -> tuple[Relation, ...]:
    """The relations without those that the rows speak against; where they speak for one, its reason says so. Declared
    ones stay as they are, and so do those that cannot be checked within SECONDS."""
    doubtful = [match for match in found if not match.key.declared and _small(match)][:MOST_CHECKED]
    verdicts: dict[int, Relation | None] = {}
    try:
        async with asyncio.timeout(SECONDS):
            for dataset, ones in groupby(sorted(doubtful, key=_dataset), key=_dataset):
                async for item, judged in _checked(dataset, list(ones), datasets):
                    verdicts[id(item)] = judged
    except TimeoutError:
        pass  # what is not known to be wrong stays
    return tuple(kept for match in found if (kept := verdicts.get(id(match), match)) is not None)


def _dataset(relation: Relation) -> str:
    return relation.table.dataset


def _small(relation: Relation) -> bool:
    return max(relation.table.rows or 0, relation.to.rows or 0) <= MOST_ROWS


async def _checked(
    dataset: str, ones: Sequence[Relation], datasets: Datasets
) -> AsyncIterator[tuple[Relation, Relation | None]]:
    """Relations with what their rows say, or None where they say that it is none. Many are asked about at once; where
    that fails or is too long, half of them, so that one that cannot be checked does not take the others with it."""
    waiting = deque([ones])
    while waiting:
        batch = waiting.popleft()
        halves = (batch[: len(batch) // 2], batch[len(batch) // 2 :]) if len(batch) > 1 else ()
        counts = _UNION.join(_sql(number, item) for number, item in enumerate(batch))
        if len(counts) > LONGEST_SQL:
            waiting.extend(halves)
            continue
        try:
            rows = (await datasets.query(dataset, counts)).rows
        except (DatasetUnknown, DatasetUnavailable):
            return
        except QueryFailed as failed:
            if failed.busy:
                return
            waiting.extend(halves)
            continue
        for number, *told in rows:
            yield batch[number], _judged(batch[number], *told)


def _judged(relation: Relation, sampled: int, there: int, keys: int, keyed: int) -> Relation | None:
    if keys < keyed or there < _MOSTLY * sampled:
        return None
    if not sampled:
        return relation
    told = f"all {sampled:,}" if there == sampled else f"{there:,} of {sampled:,}"
    values = f"{told} sampled values are" if sampled > 1 else "its only value is"
    return replace(relation, key=replace(relation.key, reason=f"{relation.key.reason}; {values} found there"))


def _sql(number: int, relation: Relation) -> str:
    """The relation's number, how many values were sampled, how many of them were found, and of the table referred to
    how many different keys and how many rows with a key it has."""
    pairs = [
        (f"k{n}", *names) for n, names in enumerate(zip(relation.key.columns, relation.key.to_columns, strict=True))
    ]
    ours = ", ".join(f"{quoted(column)} AS {name}" for name, column, _ in pairs)
    filled = " AND ".join(f"{quoted(column)} IS NOT NULL" for _, column, _ in pairs)
    theirs = ", ".join(f"{quoted(column)} AS {name}" for name, _, column in pairs)
    keyed = " AND ".join(f"{quoted(column)} IS NOT NULL" for _, _, column in pairs)
    same = " AND ".join(f"s.{name} = k.{name}" for name, _, _ in pairs)
    # The names are quoted, and the engine that runs this reads one SELECT only.
    sampled = f"SELECT DISTINCT {ours} FROM {relation.table.sql_name} WHERE {filled} LIMIT {SAMPLE}"  # noqa: S608
    known = f"SELECT DISTINCT {theirs} FROM {relation.to.sql_name} WHERE {keyed}"  # noqa: S608
    there = f"SELECT count(*) FROM s WHERE EXISTS (SELECT 1 FROM k WHERE {same})"  # noqa: S608
    rows = f"SELECT count(*) FROM {relation.to.sql_name} WHERE {keyed}"  # noqa: S608
    counts = f"{number}, (SELECT count(*) FROM s), ({there}), (SELECT count(*) FROM k), ({rows})"  # noqa: S608
    return f"(WITH s AS ({sampled}), k AS ({known}) SELECT {counts})"
