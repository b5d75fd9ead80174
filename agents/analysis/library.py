"""The lexicons of the datasets, made when a dataset is first asked about and kept until its schema changes."""

import asyncio
from collections import OrderedDict
from weakref import WeakKeyDictionary, ref

from agents.analysis.lexicon import Lexicon
from agents.analysis.plan import Source
from agents.dataset import Datasets, QueryFailed, Schema

_MOST_KEPT = 16
_MOST_COLUMNS = 300
"""Text columns whose values are looked at; of a wider dataset the values of the first ones are known."""
_AT_ONCE = 4


_libraries: "WeakKeyDictionary[Datasets, Library]" = WeakKeyDictionary()


def library(datasets: Datasets) -> "Library":
    """The library of these datasets, as long as they are there."""
    return _libraries.setdefault(datasets, Library(datasets))


class Library:
    """Of one catalogue of datasets."""

    def __init__(self, datasets: Datasets) -> None:
        self._weak = ref(datasets)  # the table of libraries ends with its datasets
        self._kept: OrderedDict[str, Lexicon] = OrderedDict()

    async def lexicon(self, name: str, *, fresh: bool = False) -> Lexicon:
        """The lexicon of the dataset; a `fresh` one reads the values again. Raises DatasetUnknown,
        DatasetUnavailable."""
        datasets = self._weak()
        assert datasets is not None, "a library ends with its datasets"
        schema = await datasets.schema(name)
        held = self._kept.get(name)
        if held is not None and held.schema == schema and not fresh:
            self._kept.move_to_end(name)
            return held
        lexicon = await _made(datasets, name, schema)
        self._kept[name] = lexicon
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return lexicon


async def _made(datasets: Datasets, name: str, schema: Schema) -> Lexicon:
    places = [(table, column) for table in schema.tables for column in table.columns if column.kind == "text"]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def known(place: int) -> tuple[str, ...]:
        table, column = places[place]
        async with gate:
            try:
                return await datasets.values(name, table, column.name)
            except QueryFailed:  # its names are known all the same
                return ()

    found = await asyncio.gather(*(known(place) for place in range(min(len(places), _MOST_COLUMNS))))
    values = {
        (Source(table.dataset, table.name), column.name): texts
        for (table, column), texts in zip(places, found, strict=False)
        if texts
    }
    return await asyncio.to_thread(Lexicon, schema, values)
