"""Copies of datasets where something is in the way: a source that fails or is gone, a copy that is damaged."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agents.dataset import ALL, DatasetUnavailable
from agents.datasets import snapshots
from agents.datasets.collection import DatasetCatalogue
from agents.datasets.pipe_messages import SnapshotRequest
from rag.isolation.pipes import Process
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


def slow_source(folder: Path, rows: int = 1_500_000) -> Path:
    """A file whose copy takes some seconds, or with fewer rows some tenths of one."""
    path = folder / "slow.csv"
    path.write_text("n,t\n" + "".join(f"{n},text {n}\n" for n in range(rows)))
    return path


async def copy_begun(folder: Path) -> None:
    async with asyncio.timeout(60):
        while not list(folder.glob("snapshots/.slow.*/data.duckdb")):
            await asyncio.sleep(0.01)


async def test_closing_does_not_wait_for_a_copy(tmp_path: Path) -> None:
    slow = slow_source(tmp_path)
    async with catalogue_in(tmp_path) as catalogue:
        adding = asyncio.create_task(catalogue.add("slow", str(slow)))
        await copy_begun(tmp_path)
        began = time.perf_counter()
    assert time.perf_counter() - began < 3
    with pytest.raises((DatasetUnavailable, asyncio.CancelledError, RuntimeError)):
        await adding
    assert list((tmp_path / "snapshots").iterdir()) == []


async def test_closing_ends_a_copy_whose_process_is_just_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, go = threading.Event(), threading.Event()

    def started(*arguments: str, most: int) -> Process:
        starting.set()
        assert go.wait(60)
        return Process(*arguments, most=most)

    monkeypatch.setattr(snapshots, "Process", started)
    async with catalogue_in(tmp_path) as catalogue:
        adding = asyncio.create_task(catalogue.add("slow", str(slow_source(tmp_path))))
        assert await asyncio.to_thread(starting.wait, 60)
        threading.Timer(0.2, go.set).start()
        began = time.perf_counter()
    assert time.perf_counter() - began < 3
    with pytest.raises(DatasetUnavailable, match="stopping"):
        await adding


async def test_a_copy_that_is_stopped_has_not_failed(tmp_path: Path) -> None:
    """Whoever stops a server may signal all of its processes at once (`timeout`, systemd)."""
    bundled = tmp_path / "bundled"
    (bundled / "slow").mkdir(parents=True)
    slow_source(bundled / "slow", 400_000)
    (bundled / "datasets.toml").write_text('[slow]\ndescription = "Numbers."\n')
    async with catalogue_in(tmp_path, bundled=bundled) as catalogue:
        with capture_logs() as logs:
            preparing = catalogue.prepare()
            await copy_begun(tmp_path)
            stop_copies(catalogue)
            await asyncio.to_thread(preparing.result, 60)
        assert logs == []
        asking = asyncio.create_task(catalogue.query("slow", "SELECT count(*) FROM slow"))
        await copy_begun(tmp_path)
        stop_copies(catalogue)
        with pytest.raises(DatasetUnavailable, match="was stopped"):
            await asking
        assert (await catalogue.query("slow", "SELECT count(*) FROM slow")).rows == ((400_000,),)


def stop_copies(catalogue: DatasetCatalogue) -> None:
    for child in catalogue._snapshots._children:
        os.kill(child.id, signal.SIGTERM)


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, of: str) -> Iterator[tuple[list[str], threading.Event]]:
    """Copies of addresses with these letters do not begin before the event is set; the list has those that wanted to,
    and the others."""
    wanted: list[str] = []
    go = threading.Event()
    build = snapshots.Snapshots._build

    def later(self: snapshots.Snapshots, one: SnapshotRequest) -> None:
        wanted.append(Path(one.address).name)
        if of in one.address:
            assert go.wait(60)
        build(self, one)

    monkeypatch.setattr(snapshots.Snapshots, "_build", later)
    try:
        yield wanted, go
    finally:
        go.set()


async def test_those_who_wait_for_a_copy_hold_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        slow = tmp_path / "slow.csv"
        slow.write_text("n\n1\n")
        await catalogue.add("slow", str(slow))
        await catalogue.add("quick", str(places(tmp_path)))
        slow.write_text("n\n2\n")
        with held_up(monkeypatch, "slow.csv") as (wanted, go):
            waiting = [asyncio.create_task(catalogue.query("slow", "SELECT n FROM slow")) for _ in range(12)]
            every = asyncio.create_task(catalogue.schema(ALL))
            async with asyncio.timeout(30):
                while not wanted:
                    await asyncio.sleep(0.005)
                assert (await catalogue.query("quick", "SELECT count(*) FROM places")).rows == ((3,),)
                assert [one.name for one in await catalogue.registered()] == ["quick", "slow"]
                assert (await catalogue.add("other", str(tmp_path / "places.csv"))).name == "other"
            waiting[0].cancel()  # who asked first; the others still get their copy
            assert not any(one.done() for one in waiting[1:])
            go.set()
            found = await asyncio.gather(*waiting[1:])
            assert {table.dataset for table in (await every).tables} == {"quick", "slow"}
        assert {one.rows for one in found} == {((2,),)}
        assert wanted == ["slow.csv", "places.csv"]


async def test_what_cannot_be_listed_leaves_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with catalogue_in(tmp_path) as catalogue:

        def full(*told: object) -> None:
            raise DatasetUnavailable("The list of datasets cannot be changed now: try again in a minute.")

        with monkeypatch.context() as patched:
            patched.setattr(catalogue._registry, "add", full)
            with pytest.raises(DatasetUnavailable):
                await catalogue.add("a", str(places(tmp_path)))
        assert list((tmp_path / "snapshots").iterdir()) == []
        assert (await catalogue.add("a", str(places(tmp_path)))).tables[0].rows == 3
        (before,) = (tmp_path / "snapshots").iterdir()
        with monkeypatch.context() as patched:
            patched.setattr(catalogue._registry, "touch", full)
            with pytest.raises(DatasetUnavailable):
                await catalogue.refresh("a")
        assert list((tmp_path / "snapshots").iterdir()) == [before]


async def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        await catalogue.add("a", database(tmp_path / "x.db", "CREATE TABLE t (n);"))
    (schema,) = (tmp_path / "snapshots").glob("*/schema.json")
    schema.write_text("[{")
    async with catalogue_in(tmp_path) as catalogue:
        with pytest.raises(DatasetUnavailable, match="pitcrew datasets refresh a"):
            await catalogue.schema("a")
        assert (await catalogue.refresh("a")).tables[0].name == "t"
