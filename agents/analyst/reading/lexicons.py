"""The lexicons of the datasets, made when a dataset is first asked about and kept until it changes."""

import asyncio
import math
import time
from dataclasses import replace
from datetime import date
from weakref import WeakKeyDictionary, WeakValueDictionary

from cachetools import LRUCache

from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Place, Profile
from agents.analyst.reading.plan import Source
from agents.dataset import Datasets, DatasetSource, QueryFailed, Schema, Table, quoted

_MOST_KEPT = 16
_MOST_COLUMNS = 300
"""Text columns whose values are looked at; of a wider dataset the values of the first ones are known."""
_MOST_VALUES = 3_000
"""Different values of a column that are known by name."""
_MOST_PROFILED = 60
"""Columns of a table whose contents are looked at."""
_MOST_FIGURES = 40
"""Different figures of a column that are known one by one."""
_AT_ONCE = 4
_FIGURE, _DAY = "CAST({0}({1}) AS DOUBLE)", "strftime({0}({1}), '%Y-%m-%d')"
_ENDS = {"integer": _FIGURE, "number": _FIGURE, "date": _DAY, "timestamp": _DAY}
"""The lowest and the highest of a column, by its kind."""
_AGAIN_S = 60.0
"""After which values are asked for again that could not be had."""


_libraries: "WeakKeyDictionary[DatasetSource, Library]" = WeakKeyDictionary()


async def lexicon_of(datasets: Datasets, name: str, *, fresh: bool = False) -> Lexicon:
    """The lexicon of a dataset as somebody sees it; a `fresh` one is made again. Raises DatasetUnknown,
    DatasetUnavailable."""
    return await _libraries.setdefault(datasets.source, Library()).lexicon(datasets, name, fresh=fresh)


class Library:
    """The lexicons of one source of datasets: one for all who see the same of a dataset."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, str], tuple[Lexicon, float]] = LRUCache(_MOST_KEPT)
        self._making: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def lexicon(self, datasets: Datasets, name: str, *, fresh: bool = False) -> Lexicon:
        """See `lexicon_of`."""
        schema = await datasets.schema(name)
        seen = (name, schema.version)
        making = self._making.setdefault(seen, asyncio.Lock())
        async with making:  # whoever else asks for it waits for this one, instead of asking every column again
            lexicon, until = self._kept.get(seen, (None, 0.0))
            if lexicon is None or lexicon.schema != schema or fresh or time.monotonic() >= until:
                lexicon, keep_s = await _made(datasets, name, schema)
                self._kept[seen] = lexicon, time.monotonic() + keep_s
        return lexicon


async def _made(datasets: Datasets, name: str, schema: Schema) -> tuple[Lexicon, float]:
    """A lexicon, and for how many seconds it is of use: one that lacks values is not for good, and one that lacks them
    because others were asking is for this once."""
    places = [(table, column) for table in schema.tables for column in table.columns if column.kind == "text"]
    gate = asyncio.Semaphore(_AT_ONCE)
    keep_s = math.inf

    async def known(place: int) -> tuple[str, ...]:
        nonlocal keep_s
        table, column = places[place]
        async with gate:
            try:
                return await datasets.values(name, table, column.name, _MOST_VALUES)
            except QueryFailed as failed:  # its names are known all the same
                keep_s = min(keep_s, 0.0 if failed.busy else _AGAIN_S)
                return ()

    found = await asyncio.gather(*(known(place) for place in range(min(len(places), _MOST_COLUMNS))))
    values = {
        (Source(table.dataset, table.name), column.name): texts
        for (table, column), texts in zip(places, found, strict=False)
        if texts
    }
    profiles: dict[Place, Profile] = {}
    for table in schema.tables:
        async with gate:
            try:
                profiles |= await _profiled(datasets, name, table)
            except QueryFailed as failed:
                keep_s = min(keep_s, 0.0 if failed.busy else _AGAIN_S)
    return await asyncio.to_thread(Lexicon, schema, values, profiles), keep_s


async def _profiled(datasets: Datasets, name: str, table: Table) -> dict[Place, Profile]:
    """What stands in the columns of a table, in one pass over it."""
    columns = [column for column in table.columns if column.kind != "other"][:_MOST_PROFILED]
    if not columns:
        return {}
    asked = []
    for column in columns:
        cell = quoted(column.name)
        form = _ENDS.get(column.kind, "NULL")
        ends = [form.format(end, cell) for end in ("min", "max")]
        asked += [f"count(DISTINCT {cell})", f"count(*) - count({cell})", *ends]
    found = (await datasets.query(name, f"SELECT {', '.join(asked)} FROM {table.sql_name}")).rows[0]  # noqa: S608
    source = Source(table.dataset, table.name)
    profiles = {}
    for at, column in zip(range(0, len(found), 4), columns, strict=True):
        distinct, missing, low, high = found[at : at + 4]
        made = Profile(int(distinct or 0), int(missing or 0))
        if column.kind in ("date", "timestamp") and low is not None:
            made = replace(made, first=date.fromisoformat(low), last=date.fromisoformat(high))
        elif column.kind in ("integer", "number"):
            made = replace(made, low=low, high=high)
        profiles[source, column.name] = made
    few = [place for place, found in profiles.items() if found.low is not None and found.distinct <= _MOST_FIGURES]
    if few:
        listed = (f"list(DISTINCT CAST({quoted(column)} AS DOUBLE))" for _, column in few)
        figures = (await datasets.query(name, f"SELECT {', '.join(listed)} FROM {table.sql_name}")).rows[0]  # noqa: S608
        for place, values in zip(few, figures, strict=True):
            profiles[place] = replace(profiles[place], figures=tuple(item for item in values if item is not None))
    return profiles
