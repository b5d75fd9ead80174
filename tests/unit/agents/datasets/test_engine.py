"""The engine reaches nothing by itself, also where a query that nobody has checked gets to it."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from agents.datasets.pipe_messages import DATA, Attached, Limits
from agents.datasets.query_process import Engine, TooMuch
from agents.datasets.single_select import Refused, check
from agents.datasets.snapshot_process import make
from tests.datasets import places


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "made").mkdir()
    make(str(places(tmp_path)), tmp_path / "made")
    opened = Engine((Attached("things", str(tmp_path / "made" / DATA)),), Limits())
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/places.csv')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM '{folder}/places.csv'",
        "SELECT * FROM folder",
        "COPY places TO '{folder}/stolen.csv'",
        "COPY (SELECT 1) TO '{folder}/stolen.parquet'",
        "EXPORT DATABASE '{folder}/stolen'",
        "ATTACH '{folder}/stolen.db' AS stolen",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '100GB'",
        "SET temp_directory = '{folder}'",
        "SET python_enable_replacements = true",
        "CREATE TABLE things.main.t (n INTEGER)",
        "INSERT INTO places VALUES (9, 'x')",
        "DELETE FROM places",
        "DROP TABLE places",
        "CREATE PERSISTENT SECRET s (TYPE s3)",
    ],
)
def test_it_reaches_nothing(engine: Engine, tmp_path: Path, sql: str) -> None:
    folder = str(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(duckdb.Error):
        engine.select(sql.format(folder=folder), "{}", Limits())
    assert sorted(tmp_path.rglob("*")) == before
    assert engine.select("SELECT count(*) FROM places", "{}", Limits()).rows == [[3]]


def test_it_goes_on_where_a_result_was_too_much(engine: Engine) -> None:
    with pytest.raises(TooMuch):
        engine.select("SELECT repeat('x', 1000) FROM range(100)", "{}", Limits(result_bytes=10_000))
    assert engine.select("SELECT count(*) FROM places", "{}", Limits()).rows == [[3]]


@pytest.mark.parametrize(
    "name", ["duckdb_databases", "DuckDB_Tables", "sqlite_master", "pg_class", "pragma_database_list"]
)
def test_a_name_of_a_querys_own_hides_no_table_of_the_engines(engine: Engine, name: str) -> None:
    """The name counts only within the query that gives it; outside it is the engine's again."""
    sql = f"SELECT (WITH {name} AS (SELECT 1 AS one) SELECT one FROM {name}), * FROM {name}"
    with pytest.raises(Refused):
        check(json.loads(engine.parsed(sql)), engine.tables)
