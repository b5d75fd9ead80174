"""Queries that want to get out, or to hold everything up: none does, and the next honest one is answered."""

import asyncio
import os
import resource
import signal
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from agents.dataset import QueryFailed, Rows
from agents.datasets.collection import DatasetCatalogue
from agents.datasets.pipe_messages import Limits
from tests.datasets import catalogue_in, places

PAYLOADS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("hostile_queries.toml").read_text("utf-8"))
TIGHT = Limits(wall_s=1.5, cpu_s=2, count_s=0.3)
LONGEST_GAP_S = 0.25
HONEST = "SELECT count(*) FROM places"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def catalogue(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatasetCatalogue]:
    folder = tmp_path_factory.mktemp("hostile")
    async with catalogue_in(folder, limits=TIGHT) as opened:
        await opened.add("things", str(places(folder)))
        await opened.query("things", HONEST)
        yield opened


class Heartbeat:
    """`longest_s`: the longest time that the event loop was away for while the block ran, but for two, which are the
    hiccups of a busy machine: what holds up the loop does it with every query."""

    def __init__(self) -> None:
        self.gaps: list[float] = [0.0, 0.0, 0.0]

    @property
    def longest_s(self) -> float:
        return sorted(self.gaps)[-3]


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Heartbeat]:
    beat = Heartbeat()

    async def beats() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            beat.gaps.append(now - last)
            last = now

    task = asyncio.create_task(beats())
    try:
        yield beat
    finally:
        task.cancel()


async def outcome(catalogue: DatasetCatalogue, sql: str) -> QueryFailed | Rows:
    try:
        return await catalogue.query("things", sql)
    except QueryFailed as error:
        return error


def test_there_are_enough_of_them() -> None:
    assert len({sql for listed in PAYLOADS.values() for sql in listed}) >= 120


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_no_single_select_of_the_tables_is_refused(catalogue: DatasetCatalogue) -> None:
    async with heartbeat() as beat:
        for sql in PAYLOADS["refused"]:
            said = await outcome(catalogue, sql)
            assert isinstance(said, QueryFailed), sql
            assert said.refused, (sql, str(said))
            assert not said.limit
            assert str(said)[-1] in ".\n^" or "Syntax error" in str(said), str(said)
    assert beat.longest_s < LONGEST_GAP_S
    assert (await catalogue.query("things", HONEST)).rows == ((3,),)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sql", PAYLOADS["failed"])
async def test_what_cannot_be_is_told_in_words_that_help(catalogue: DatasetCatalogue, sql: str) -> None:
    said = await outcome(catalogue, sql)
    assert isinstance(said, QueryFailed)
    assert not said.limit
    assert len(str(said)) < 1000
    assert "data.duckdb" not in str(said)
    assert "snapshots" not in str(said)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_takes_too_much_is_ended_and_holds_nobody_up(catalogue: DatasetCatalogue) -> None:
    async with heartbeat() as beat:
        began = time.perf_counter()
        outcomes = await asyncio.gather(*(outcome(catalogue, sql) for sql in PAYLOADS["limited"]))
        took = time.perf_counter() - began
    for sql, said in zip(PAYLOADS["limited"], outcomes, strict=True):
        assert isinstance(said, QueryFailed), (sql, said)
        assert said.limit, (sql, str(said))
        # What took too long may end in time when the machine is idle; what was too large never will.
        assert said.too_large == ("was ended" not in str(said)), (sql, str(said))
    assert beat.longest_s < LONGEST_GAP_S
    assert took < len(outcomes) * 5
    assert (await catalogue.query("things", HONEST)).rows == ((3,),)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_odd_gives_little_or_a_reason(catalogue: DatasetCatalogue) -> None:
    async with heartbeat() as beat:
        for sql in PAYLOADS["bounded"]:
            said = await outcome(catalogue, sql)
            if isinstance(said, Rows):
                assert len(said.rows) <= TIGHT.rows
                continue
            assert said.limit or not said.refused, sql
            assert len(str(said)) < 1000, sql
            for inner in ("Stack Trace", "INTERNAL", "/", "data.duckdb", "snapshots", "process"):
                assert inner not in str(said), (sql, str(said))
    assert beat.longest_s < LONGEST_GAP_S
    assert (await catalogue.query("things", HONEST)).rows == ((3,),)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sql", PAYLOADS["broken"])
async def test_what_the_engine_stumbles_over_is_told_and_troubles_no_other(
    catalogue: DatasetCatalogue, sql: str
) -> None:
    said = await outcome(catalogue, sql)
    assert isinstance(said, QueryFailed)
    assert "/" not in str(said)
    assert "Stack" not in str(said)
    assert "process" not in str(said), "it was not the query that ended it"
    for _ in range(4):  # more than there are processes
        assert (await catalogue.query("things", HONEST)).rows == ((3,),)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT '" + "x" * 10_000_000 + "'", id="10 MB"),
        pytest.param("SELECT " + "(" * 9_000 + "1" + ")" * 9_000, id="brackets"),
        pytest.param("SELECT " + "1+" * 9_900 + "1", id="sums"),
        pytest.param("SELECT " + "-" * 9_999 + " 1", id="signs"),
        pytest.param("SELECT " + "NOT " * 4_500 + "true", id="denials"),
        pytest.param("SELECT * FROM " + "(SELECT * FROM " * 1_200 + "places" + ")" * 1_200, id="subqueries"),
        pytest.param("SELECT " + "[" * 9_000 + "]" * 9_000, id="lists"),
        pytest.param(" UNION ALL ".join(["SELECT 1"] * 1_000), id="unions"),
        pytest.param("SELECT " + "CASE WHEN true THEN " * 900 + "1" + " END" * 900, id="cases"),
        pytest.param("WITH " + ", ".join(f"a{n} AS (SELECT 1)" for n in range(900)) + " SELECT 1", id="names"),
        pytest.param("SELECT \ud800", id="half a character"),
    ],
)
async def test_long_and_deep_queries(catalogue: DatasetCatalogue, sql: str) -> None:
    async with heartbeat() as beat:
        said = await outcome(catalogue, sql)
    assert isinstance(said, QueryFailed | Rows)
    assert beat.longest_s < LONGEST_GAP_S
    assert (await catalogue.query("things", HONEST)).rows == ((3,),)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_processes_see_no_environment_and_can_write_no_file(catalogue: DatasetCatalogue) -> None:
    await catalogue.query("things", HONEST)
    children = catalogue.process_ids
    assert 1 <= len(children) <= 2
    for number in children:
        limits = Path(f"/proc/{number}/limits").read_text().splitlines()
        files = next(line for line in limits if line.startswith("Max file size"))
        memory = next(line for line in limits if line.startswith("Max address space"))
        assert files.split()[3] == "0"
        assert int(memory.split()[3]) == TIGHT.memory_bytes
        names = {one.partition(b"=")[0] for one in Path(f"/proc/{number}/environ").read_bytes().split(b"\0") if one}
        assert names <= {b"PATH", b"LD_LIBRARY_PATH", b"PYTHONPATH", b"LC_CTYPE"}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0  # nothing of this is the server's own limit
    assert os.environ.get("PATH")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_query_whose_process_is_stopped_has_not_reached_a_limit(catalogue: DatasetCatalogue) -> None:
    await catalogue.query("things", HONEST)
    long = "SELECT sum(a.range * b.range) FROM range(1000000) a, range(100000) b"
    asking = asyncio.create_task(catalogue.query("things", long))
    await asyncio.sleep(0.3)
    stopped = catalogue.process_ids
    for number in stopped:
        os.kill(number, signal.SIGTERM)
    with pytest.raises(QueryFailed, match="was stopped") as raised:
        await asking
    assert (raised.value.busy, raised.value.limit) == (True, False)
    for _ in stopped:  # each of them may still be ending, and whoever meets it is told to ask again
        with suppress(QueryFailed):
            await catalogue.query("things", HONEST)
    assert (await catalogue.query("things", HONEST)).rows == ((3,),)
