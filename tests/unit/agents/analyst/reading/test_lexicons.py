"""The lexicons of datasets: made once for everybody, and again when there is something new to know."""

import asyncio
import gc
from collections import Counter
from dataclasses import replace

import pytest

from agents.analyst.reading import lexicons as kept
from agents.analyst.reading.lexicons import Library, lexicon_of
from agents.dataset import DatasetUnknown, QueryFailed, Schema, Table
from tests.unit.agents.analyst.reading.shop import SCHEMA, Shop

COLUMNS = sum(column.kind == "text" for table in SCHEMA.tables for column in table.columns)


class Asked(Shop):
    """Counts what it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.version = ""
        self.counts: Counter[str] = Counter()
        self.failures: dict[str, list[QueryFailed]] = {}

    async def schema(self, name: str) -> Schema:
        return replace(await super().schema(name), version=self.version)

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        self.counts[column] += 1
        await asyncio.sleep(0)
        if self.failures.get(column):
            raise self.failures[column].pop()
        return await super().values(name, table, column, most)


async def test_whoever_asks_at_once_waits_for_one_lexicon() -> None:
    datasets = Asked()
    made = await asyncio.gather(*(lexicon_of(datasets, "shop") for _ in range(12)))
    assert set(datasets.counts.values()) == {1}
    assert all(one is made[0] for one in made)
    assert len(made[0].values) == COLUMNS


async def test_values_that_could_not_be_had_in_the_crowd_are_asked_for_again() -> None:
    datasets = Asked()
    datasets.failures["country"] = [QueryFailed("Too many queries are waiting.", busy=True)]
    shelf = Library()
    assert len((await shelf.lexicon(datasets, "shop")).values) == COLUMNS - 1
    assert len((await shelf.lexicon(datasets, "shop")).values) == COLUMNS
    assert (await shelf.lexicon(datasets, "shop")) is (await shelf.lexicon(datasets, "shop"))


async def test_values_that_took_too_long_are_asked_for_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = Asked()
    datasets.failures["country"] = [QueryFailed("The query was ended.", limit=True)] * 2
    shelf = Library()
    assert len((await shelf.lexicon(datasets, "shop")).values) == COLUMNS - 1
    assert len((await shelf.lexicon(datasets, "shop")).values) == COLUMNS - 1
    assert datasets.counts["country"] == 1
    monkeypatch.setattr(kept, "_AGAIN_S", 0.0)
    assert len((await shelf.lexicon(datasets, "shop", fresh=True)).values) == COLUMNS - 1
    assert len((await shelf.lexicon(datasets, "shop")).values) == COLUMNS
    assert datasets.counts["country"] == 3


async def test_other_rows_are_learned_where_the_tables_are_the_same() -> None:
    datasets = Asked()
    shelf = Library()
    first = await shelf.lexicon(datasets, "shop")
    assert await shelf.lexicon(datasets, "shop") is first
    datasets.version = "tuesday"
    assert await shelf.lexicon(datasets, "shop") is not first


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    datasets = Asked()
    shelf = Library()
    first, second = (asyncio.create_task(shelf.lexicon(datasets, "shop")) for _ in range(2))
    while not datasets.counts:
        await asyncio.sleep(0)
    first.cancel()
    assert len((await second).values) == COLUMNS


async def test_names_that_nobody_knows_leave_nothing_behind() -> None:
    datasets, shelf = Asked(), Library()
    for number in range(100):
        with pytest.raises(DatasetUnknown):
            await shelf.lexicon(datasets, f"no {number}")
    gc.collect()
    assert len(shelf._making) == len(shelf._kept) == 0
    assert not datasets.counts
