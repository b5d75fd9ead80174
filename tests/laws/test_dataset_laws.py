"""What every dataset promises, wherever it comes from: files, folders, databases."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, text

from agents.dataset import ALL, MOST_ROWS, Datasets, DatasetUnknown, QueryFailed, Schema, Table
from agents.datasets.collection import DatasetCatalogue
from tests import documents
from tests.databases import postgres
from tests.datasets import catalogue_in, database

HEAD = ("id", "select", "Größe in m", "price", "day", "at", "open")
ROWS: list[tuple[object, ...]] = [
    (7, 'O\'Brien; "quoted"', 1.5, "19.90", "2026-02-28", "2026-02-28 07:30:00", True),
    (3, "Πόλη 🚗\ttab", -0.25, "0.05", "2024-02-29", "2026-02-28 07:30:01", False),
    (5, None, None, None, None, None, None),
    (1, "007", 1e-7, "1234567.10", "1999-12-31", "1999-12-31 23:59:59", True),
]
EXPECTED = [
    (7, 'O\'Brien; "quoted"', 1.5, 19.9, "2026-02-28", "2026-02-28T07:30:00", True),
    (3, "Πόλη 🚗\ttab", -0.25, 0.05, "2024-02-29", "2026-02-28T07:30:01", False),
    (5, None, None, None, None, None, None),
    (1, "007", 1e-7, 1234567.1, "1999-12-31", "1999-12-31T23:59:59", True),
]
KINDS = ("integer", "text", "number", "number", "date", "timestamp", "boolean")
TABLE = "the table"
CREATE = f"""CREATE TABLE "{TABLE}" ( -- What is sold where.
  "id" INTEGER NOT NULL, -- Its number.
  "select" TEXT, "Größe in m" DOUBLE PRECISION, "price" NUMERIC(12, 2),
  "day" DATE, "at" TIMESTAMP, "open" BOOLEAN);"""


def texts(row: tuple[object, ...]) -> list[str]:
    return ["" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in row]


def separated(folder: Path, suffix: str, mark: str) -> Path:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & set('";,\t') else text

    lines = [mark.join(cell(text) for text in row) for row in (list(HEAD), *(texts(row) for row in ROWS))]
    path = folder / f"{TABLE}{suffix}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def csv(folder: Path) -> str:
    return str(separated(folder, ".csv", ","))


def tsv(folder: Path) -> str:
    return str(separated(folder, ".tsv", "\t"))


def semicolons(folder: Path) -> str:
    return str(separated(folder, ".csv", ";"))


def objects() -> list[dict[str, object]]:
    named = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    return [one | {"price": one["price"] and float(str(one["price"]))} for one in named]


def json_lines(folder: Path) -> str:
    path = folder / f"{TABLE}.jsonl"
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in objects()), encoding="utf-8")
    return str(path)


def json_list(folder: Path) -> str:
    path = folder / f"{TABLE}.json"
    path.write_text(json.dumps(objects()), encoding="utf-8")
    return str(path)


def parquet(folder: Path) -> str:
    connection = duckdb.connect(":memory:")
    connection.execute(CREATE)
    connection.executemany(f'INSERT INTO "{TABLE}" VALUES (?, ?, ?, ?, ?, ?, ?)', ROWS)
    connection.execute(f"COPY \"{TABLE}\" TO '{folder / TABLE}.parquet'")
    connection.close()
    return str(folder / f"{TABLE}.parquet")


def workbook(folder: Path) -> str:
    path = folder / f"{TABLE}.xlsx"
    rows = [list(HEAD), *(texts(row) for row in ROWS)]
    path.write_bytes(documents.xlsx({"One": documents.sheet_rows(rows)}))
    return str(path)


def folder_of_files(folder: Path) -> str:
    separated(folder, ".csv", ",")
    (folder / "notes.md").write_text("no table")
    return str(folder)


def folder_with_schema(folder: Path) -> str:
    (folder / "schema.sql").write_text(CREATE, encoding="utf-8")
    return folder_of_files(folder)


def sqlite_url(folder: Path) -> str:
    url = database(folder / "figures.db", CREATE)
    with sqlite3.connect(folder / "figures.db") as connection:
        connection.executemany(f'INSERT INTO "{TABLE}" VALUES (?, ?, ?, ?, ?, ?, ?)', ROWS)
    connection.close()
    return url


def sqlite_file(folder: Path) -> str:
    return sqlite_url(folder).removeprefix("sqlite:///")


SOURCES: dict[str, Callable[[Path], str]] = {
    "csv": csv,
    "tsv": tsv,
    "semicolons": semicolons,
    "jsonl": json_lines,
    "json": json_list,
    "parquet": parquet,
    "xlsx": workbook,
    "folder": folder_of_files,
    "schema": folder_with_schema,
    "sqlite URL": sqlite_url,
    "sqlite file": sqlite_file,
}


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[DatasetCatalogue]:
    async with catalogue_in(tmp_path) as opened:
        yield opened


def only(schema: Schema) -> Table:
    (table,) = schema.tables
    return table


@pytest.mark.parametrize("source", SOURCES)
async def test_a_source_keeps_names_kinds_values_and_order(
    catalogue: DatasetCatalogue, tmp_path: Path, source: str
) -> None:
    (tmp_path / "source").mkdir()
    address = SOURCES[source](tmp_path / "source")
    await catalogue.add("shop", address, "What is\nsold.")
    datasets: Datasets = catalogue
    (one,) = await datasets.registered()
    assert (one.name, one.description, one.origin) == ("shop", "What is sold.", "added")
    assert one.source.removeprefix("sqlite:///") == address.removeprefix("sqlite:///")
    schema = await datasets.schema("shop")
    table = only(schema)
    assert (schema.name, schema.description) == ("shop", "What is sold.")
    assert (table.dataset, table.name, table.rows) == ("shop", TABLE, len(ROWS))
    assert tuple(column.name for column in table.columns) == HEAD
    assert tuple(column.kind for column in table.columns) == KINDS
    found = await datasets.query("shop", f"SELECT * FROM {table.sql_name}")
    assert found.columns == HEAD
    assert found.kinds == KINDS
    assert list(found.rows) == EXPECTED
    assert found.total == len(ROWS)
    assert (await datasets.query("shop", f'SELECT "select" FROM "{TABLE}" WHERE id = 1')).rows == (("007",),)
    sums = await datasets.query("shop", f'SELECT sum(price), sum("Größe in m"), count(*) FROM shop."{TABLE}"')
    assert sums.rows == ((1234587.05, pytest.approx(1.2500001), 4),)


@pytest.mark.parametrize("source", ["csv", "schema", "sqlite URL"])
async def test_a_source_can_be_forgotten(catalogue: DatasetCatalogue, tmp_path: Path, source: str) -> None:
    (tmp_path / "source").mkdir()
    address = SOURCES[source](tmp_path / "source")
    await catalogue.add("shop", address)
    await catalogue.remove("shop")
    assert await catalogue.registered() == ()
    assert list((tmp_path / "snapshots").iterdir()) == []
    with pytest.raises(DatasetUnknown):
        await catalogue.schema("shop")
    assert Path(address.removeprefix("sqlite:///")).exists()


async def test_values_are_the_most_frequent_first(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nNess\nHolm\nNess\n\nAre\n", encoding="utf-8")
    await catalogue.add("shop", str(tmp_path / "a.csv"))
    table = only(await catalogue.schema("shop"))
    assert await catalogue.values("shop", table, "name") == ("Ness", "Are", "Holm")
    assert await catalogue.values(ALL, table, "name") == ("Ness", "Are", "Holm")
    assert await catalogue.values("shop", table, "name", most=2) == ()
    (tmp_path / "a.csv").write_text("name\nNew\n", encoding="utf-8")
    assert await catalogue.values("shop", table, "name") == ("New",)


async def test_texts_that_are_too_long_to_be_names_are_no_values(tmp_path: Path) -> None:
    from agents.datasets.pipe_messages import Limits

    async with catalogue_in(tmp_path, limits=Limits(result_bytes=10_000)) as catalogue:
        (tmp_path / "a.csv").write_text(f"name,note\nNess,{'x' * 20_000}\n", encoding="utf-8")
        await catalogue.add("shop", str(tmp_path / "a.csv"))
        table = only(await catalogue.schema("shop"))
        assert await catalogue.values("shop", table, "note") == ()
        assert await catalogue.values("shop", table, "name") == ("Ness",)


async def test_all_stands_for_every_dataset(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text(f"id,of\n1,{name}\n", encoding="utf-8")
        await catalogue.add(name, str(tmp_path / f"{name}.csv"), f"The {name}.")
    schema = await catalogue.schema(ALL)
    assert [table.sql_name for table in schema.tables] == ['"one"."one"', '"two"."two"']
    assert "The one." in schema.description
    found = await catalogue.query(ALL, 'SELECT a."of", b."of" FROM one.one a JOIN "two"."two" b USING (id)')
    assert found.rows == (("one", "two"),)
    assert (await catalogue.query(ALL, 'SELECT "of" FROM two')).rows == (("two",),)
    with pytest.raises(QueryFailed):
        await catalogue.query("one", "SELECT * FROM two.two")


async def test_a_dataset_that_is_gone_does_not_take_the_others_with_it(
    catalogue: DatasetCatalogue, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("id\n1\n", encoding="utf-8")
        await catalogue.add(name, str(tmp_path / f"{name}.csv"))
    (tmp_path / "one.csv").unlink()
    assert [table.name for table in (await catalogue.schema(ALL)).tables] == ["two"]


async def test_a_changed_file_is_read_again(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(path))
    assert (await catalogue.query("shop", "SELECT n FROM a")).rows == ((1,),)
    path.write_text("n\n3\n", encoding="utf-8")
    assert (await catalogue.query("shop", "SELECT n FROM a")).rows == ((3,),)
    path.write_text("n,m\n2,x\n", encoding="utf-8")
    assert (await catalogue.query("shop", "SELECT n, m FROM a")).rows == ((2, "x"),)
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


async def test_a_schema_tells_when_rows_may_have_changed(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(path))
    datasets: Datasets = catalogue
    before, all_before = await datasets.schema("shop"), await datasets.schema(ALL)
    assert await datasets.schema("shop") == before
    path.write_text("n\n2\n", encoding="utf-8")
    after, all_after = await datasets.schema("shop"), await datasets.schema(ALL)
    assert after.tables == before.tables
    assert after.version != before.version
    assert all_after.version != all_before.version


async def test_a_database_is_read_again_when_it_is_said(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    url = database(tmp_path / "x.db", "CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1);")
    await catalogue.add("shop", url)
    database(tmp_path / "x.db", "INSERT INTO a VALUES (2);")
    assert (await catalogue.query("shop", "SELECT count(*) FROM a")).rows == ((1,),)
    await catalogue.refresh("shop")
    assert (await catalogue.query("shop", "SELECT count(*) FROM a")).rows == ((2,),)


async def test_questions_are_answered_while_a_dataset_is_copied_again(
    catalogue: DatasetCatalogue, tmp_path: Path
) -> None:
    url = database(
        tmp_path / "x.db",
        "CREATE TABLE a (n INTEGER); WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 50000) "
        "INSERT INTO a SELECT n FROM c;",
    )
    await catalogue.add("shop", url)
    bundled = tmp_path / "bundled"
    (bundled / "own").mkdir(parents=True)
    (bundled / "datasets.toml").write_text("[own]\ndescription = 'x'")
    (bundled / "own" / "a.csv").write_text("n\n1\n")
    async with catalogue_in(tmp_path / "bundled", bundled=bundled) as other:
        for datasets, name, count in ((catalogue, "shop", 50_000), (other, "own", 1)):
            table = only(await datasets.schema(name))
            ended = asyncio.Event()
            waits: list[float] = []

            async def ask(datasets: DatasetCatalogue = datasets, name: str = name, table: Table = table) -> None:
                while not ended.is_set():  # noqa: B023 (it is awaited below)
                    begun = asyncio.get_running_loop().time()
                    found = await datasets.query(name, f"SELECT count(*) FROM {table.sql_name}")
                    assert found.rows == ((count,),)  # noqa: B023
                    assert (await datasets.schema(name)).tables == (table,)
                    waits.append(asyncio.get_running_loop().time() - begun)  # noqa: B023

            asking = [asyncio.create_task(ask()) for _ in range(3)]
            began = asyncio.get_running_loop().time()
            for _ in range(2):
                await datasets.refresh(name)
            took = (asyncio.get_running_loop().time() - began) / 2
            ended.set()
            await asyncio.gather(*asking)
            assert len(waits) > 10, "nobody waited until the copy was made"
            assert sorted(waits)[len(waits) // 2] < took


async def test_datasets_are_copied_before_anybody_asks(tmp_path: Path) -> None:
    bundled = tmp_path / "bundled"
    for name in ("bad", "good"):
        (bundled / name).mkdir(parents=True)
    (bundled / "datasets.toml").write_text("[bad]\ndescription = 'x'\n[good]\ndescription = 'y'")
    (bundled / "good" / "a.csv").write_text("n\n1\n")
    async with catalogue_in(tmp_path, bundled=bundled) as catalogue:
        await asyncio.wrap_future(catalogue.prepare())
        (copy,) = (tmp_path / "snapshots").glob("good.*")
        made = copy.stat().st_mtime_ns
        assert (await catalogue.query("good", "SELECT n FROM a")).rows == ((1,),)
        assert copy.stat().st_mtime_ns == made
    async with catalogue_in(tmp_path, bundled=bundled) as catalogue:
        catalogue.prepare()  # and closed at once


async def test_more_rows_than_are_given_are_counted(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(tmp_path / "a.csv"))
    found = await catalogue.query("shop", "SELECT range AS n FROM range(12345) ORDER BY n DESC; -- all of them")
    assert (len(found.rows), found.total) == (MOST_ROWS, 12345)
    assert found.rows[0] == (12344,)
    exact = await catalogue.query("shop", f"SELECT * FROM range({MOST_ROWS})")
    assert (len(exact.rows), exact.total) == (MOST_ROWS, MOST_ROWS)


async def test_many_may_ask_at_once(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(tmp_path / "a.csv"))
    found = await asyncio.gather(*(catalogue.query("shop", f"SELECT n + {at} FROM a") for at in range(20)))
    assert [one.rows for one in found] == [((1 + at,),) for at in range(20)]
    assert len(catalogue.process_ids) <= 2


async def test_two_programs_may_copy_the_same_at_once(tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as one, catalogue_in(tmp_path) as other:
        (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
        await one.add("shop", str(tmp_path / "a.csv"))
        (tmp_path / "a.csv").write_text("n\n2\n", encoding="utf-8")
        found = await asyncio.gather(*(each.query("shop", "SELECT n FROM a") for each in (one, other)))
        assert [rows.rows for rows in found] == [((2,),), ((2,),)]
        assert len(list((tmp_path / "snapshots").iterdir())) == 1


async def test_columns_of_one_name_are_told_apart(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(tmp_path / "a.csv"))
    found = await catalogue.query("shop", 'SELECT n, n + 1 AS n, 3 AS "N" FROM a')
    assert found.dicts() == ({"n": 1, "n_2": 2, "N_3": 3},)


async def test_an_ended_process_is_replaced(tmp_path: Path) -> None:
    from agents.datasets.pipe_messages import Limits

    async with catalogue_in(tmp_path, limits=Limits(idle_s=0.05)) as catalogue:
        (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
        await catalogue.add("shop", str(tmp_path / "a.csv"))
        for _ in range(3):
            assert (await catalogue.query("shop", "SELECT n FROM a")).rows == ((1,),)
            await asyncio.sleep(0.2)  # longer than a process waits for the next query


async def test_an_unknown_dataset_is_told_with_those_that_there_are(
    catalogue: DatasetCatalogue, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
    await catalogue.add("shop", str(tmp_path / "a.csv"))
    for name in ("", "shops", "x" * 5000, "../../etc", "a\0b", '"; DROP'):
        with pytest.raises(DatasetUnknown, match="There are: shop"):
            await catalogue.schema(name)
        with pytest.raises(DatasetUnknown):
            await catalogue.query(name, "SELECT 1")


async def test_postgresql(catalogue: DatasetCatalogue, tmp_path: Path) -> None:
    with postgres(tmp_path) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(CREATE))
            for row in ROWS:
                named = {f"v{at}": value for at, value in enumerate(row)}
                marks = ", ".join(f":{name}" for name in named)
                connection.execute(text(f'INSERT INTO "{TABLE}" VALUES ({marks})'), named)
        engine.dispose()
        await catalogue.add("shop", url)
        found = await catalogue.query("shop", f'SELECT * FROM "{TABLE}"')
        assert list(found.rows) == EXPECTED
