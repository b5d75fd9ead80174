"""A folder with a schema.sql: its keys hold, and nothing but CREATE TABLE gets through."""

import sqlite3
from pathlib import Path

import pytest

from agents.datasets.folder import built
from agents.datasets.staging import CannotBeRead

GOOD = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id)); CREATE TABLE b (id INTEGER PRIMARY KEY);"


def folder(place: Path, schema: str, **tables: str) -> Path:
    place.mkdir()
    (place / "schema.sql").write_text(schema, encoding="utf-8")
    for name, text in tables.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def test_rows_come_in_with_their_nulls(tmp_path: Path) -> None:
    made = folder(tmp_path / "f", GOOD, a='id,b\n1,7\n2,\n3,""\n', b="id\n7\n")
    built(made, tmp_path / "x.db")
    with sqlite3.connect(tmp_path / "x.db") as connection:
        assert connection.execute("SELECT * FROM a").fetchall() == [(1, 7), (2, None), (3, None)]
    connection.close()


@pytest.mark.parametrize(
    ("schema", "tables"),
    [
        (GOOD, {"a": "id,b\n1,8\n", "b": "id\n7\n"}),  # refers to nothing
        (GOOD, {"a": "id,b\n1,7\n1,7\n", "b": "id\n7\n"}),  # a key twice
        (GOOD, {"a": "id,b\n1,7\n"}),  # a table without a file
        (GOOD, {"a": "id,c\n1,7\n", "b": "id\n7\n"}),  # another column
        (GOOD, {"a": "id,id\n1,7\n", "b": "id\n7\n"}),
        (GOOD, {"a": "id,b\n1\n", "b": "id\n7\n"}),  # a short row
        (GOOD, {"a": "", "b": "id\n7\n"}),
        (GOOD, {"a": 'id,b\n1,"7\n', "b": "id\n7\n"}),
        ("CREATE TABLE a (id INTEGER NOT NULL, b TEXT NOT NULL);", {"a": "id,b\n1,\n"}),
        ("CREATE TABLE a (id INTEGER CHECK (id > 5));", {"a": "id\n1\n"}),
        ("", {"a": "id\n1\n"}),
    ],
)
def test_rows_that_do_not_fit_are_told(tmp_path: Path, schema: str, tables: dict[str, str]) -> None:
    with pytest.raises(CannotBeRead, match=r"."):
        built(folder(tmp_path / "f", schema, **tables), tmp_path / "x.db")


@pytest.mark.parametrize(
    "schema",
    [
        "ATTACH '/tmp/stolen.db' AS x;",
        "ATTACH DATABASE ':memory:' AS x;",
        "PRAGMA journal_mode = WAL;",
        "PRAGMA writable_schema = ON;",
        "CREATE TABLE a AS SELECT * FROM sqlite_master;",
        "CREATE TEMP TABLE a (id);",
        "CREATE TABLE temp.a (id);",
        "CREATE VIEW v AS SELECT 1;",
        "CREATE INDEX i ON a (id);",
        "CREATE UNIQUE INDEX sqlite_autoindex_x ON a (id);",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
        "CREATE VIRTUAL TABLE v USING fts5(x);",
        "INSERT INTO a VALUES (1);",
        "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 1, 'x');",
        "DELETE FROM sqlite_master;",
        "UPDATE a SET id = 1;",
        "DROP TABLE a;",
        "ALTER TABLE a RENAME TO b;",
        "SELECT load_extension('/tmp/x.so');",
        "SELECT writefile('/tmp/x', 'x');",
        "VACUUM INTO '/tmp/stolen.db';",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r;",
        "CREATE TABLE c (id DEFAULT (load_extension('x')));CREATE TABLE",
        "REINDEX; ANALYZE;",
        "not sql",
        "CREATE TABLE c (",
        "\0",
        ".read /etc/passwd",
    ],
)
def test_nothing_but_create_table_gets_through(tmp_path: Path, schema: str) -> None:
    made = folder(tmp_path / "f", f"CREATE TABLE a (id INTEGER);\n{schema}", a="id\n1\n", c="id\n1\n")
    with pytest.raises(CannotBeRead, match=r"schema\.sql"):
        built(made, tmp_path / "x.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "x.db"]
