"""Copies of datasets where something is in the way: a source that fails or is gone, a copy that is damaged."""

import asyncio
import time
from pathlib import Path

import pytest

from agents.dataset import DatasetUnavailable
from agents.datasets import snapshots
from tests.datasets import catalogue_in, database, places


async def test_what_cannot_be_copied_is_not_registered(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        (tmp_path / "a.json").write_text("{")
        with pytest.raises(DatasetUnavailable):
            await catalogue.add("a", str(tmp_path / "a.json"))
        assert await catalogue.registered() == ()


async def test_a_source_that_is_gone_is_told(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        path = places(tmp_path)
        await catalogue.add("a", str(path))
        path.unlink()
        with pytest.raises(DatasetUnavailable, match="pitcrew datasets remove a"):
            await catalogue.query("a", "SELECT 1")


async def test_a_copy_stays_where_a_new_one_fails(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        await catalogue.add("a", database(tmp_path / "x.db", "CREATE TABLE t (n); INSERT INTO t VALUES (1);"))
        (tmp_path / "x.db").rename(tmp_path / "y.db")
        with pytest.raises(DatasetUnavailable):
            await catalogue.refresh("a")
        assert (await catalogue.query("a", "SELECT n FROM t")).rows == ((1,),)


async def test_a_failure_is_not_repeated_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        path = places(tmp_path)
        await catalogue.add("a", str(path))
        path.write_text("")
        reasons = []
        began = time.perf_counter()
        for _ in range(50):
            with pytest.raises(DatasetUnavailable) as raised:
                await catalogue.query("a", "SELECT 1")
            reasons.append(str(raised.value))
        assert set(reasons) == {"places.csv is empty."}
        assert time.perf_counter() - began < 10
        monkeypatch.setattr(snapshots, "RETRY_S", 0)
        path.write_text("id\n5\n")
        assert (await catalogue.query("a", "SELECT id FROM places")).rows == ((5,),)


async def test_closing_does_not_wait_for_a_copy(tmp_path: Path) -> None:
    slow = tmp_path / "slow.csv"
    slow.write_text("n,t\n" + "".join(f"{n},text {n}\n" for n in range(1_500_000)))
    async with catalogue_in(tmp_path) as catalogue:
        adding = asyncio.create_task(catalogue.add("slow", str(slow)))
        while not list((tmp_path).glob("snapshots/.slow.*/data.duckdb")):
            await asyncio.sleep(0.01)
        began = time.perf_counter()
    assert time.perf_counter() - began < 3
    with pytest.raises((DatasetUnavailable, asyncio.CancelledError, RuntimeError)):
        await adding
    assert list((tmp_path / "snapshots").iterdir()) == []


async def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        await catalogue.add("a", database(tmp_path / "x.db", "CREATE TABLE t (n);"))
    (schema,) = (tmp_path / "snapshots").glob("*/schema.json")
    schema.write_text("[{")
    async with catalogue_in(tmp_path) as catalogue:
        with pytest.raises(DatasetUnavailable, match="pitcrew datasets refresh a"):
            await catalogue.schema("a")
        assert (await catalogue.refresh("a")).tables[0].name == "t"
