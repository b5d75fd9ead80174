"""Snapshots of files and databases as they come."""

import time
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from agents.dataset import ForeignKey, Table, quoted
from agents.datasets import row_copy
from agents.datasets.pipe_messages import DATA, SCHEMA, Described
from agents.datasets.snapshot_process import make
from agents.datasets.source_database import opened
from agents.datasets.staging import CannotBeRead
from agents.datasets.table_files import tables_of
from tests import documents
from tests.datasets import database


def made(address: str, folder: Path) -> tuple[Table, ...]:
    into = folder / "made"
    into.mkdir()
    make(address, into)
    assert not (into / "work").exists()
    return described(into).tables


def described(into: Path) -> Described:
    return msgspec.json.decode((into / SCHEMA).read_bytes(), type=Described)


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    connection = duckdb.connect(str(folder / "made" / DATA), read_only=True)
    try:
        found: list[tuple[object, ...]] = connection.execute(f"SELECT * FROM {quoted(table)}").fetchall()
        return found
    finally:
        connection.close()


CYCLE = """
CREATE TABLE staff (-- Who works here.
  id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id), town TEXT, street TEXT,
  FOREIGN KEY (town, street) REFERENCES place (town, street));
CREATE TABLE place (town TEXT, street TEXT, head INTEGER REFERENCES staff, PRIMARY KEY (town, street));
CREATE TABLE "odd ""name""; --" ("select" INTEGER, "Select 2" TEXT);
INSERT INTO staff VALUES (1, NULL, 'Holm', 'Quay'); INSERT INTO place VALUES ('Holm', 'Quay', 1);
"""


def test_cyclic_and_composite_keys(tmp_path: Path) -> None:
    odd, place, staff = sorted(made(database(tmp_path / "x.db", CYCLE), tmp_path), key=lambda table: table.name)
    assert odd.name == 'odd "name"; --'
    assert [column.name for column in odd.columns] == ["select", "Select 2"]
    assert place.primary_key == ("town", "street")
    assert place.foreign_keys == (ForeignKey(("head",), "staff", ("id",)),)
    assert set(staff.foreign_keys) == {
        ForeignKey(("boss",), "staff", ("id",)),
        ForeignKey(("town", "street"), "place", ("town", "street")),
    }
    assert staff.description == "Who works here."
    assert rows(tmp_path, "staff") == [(1, None, "Holm", "Quay")]


UNIQUE = """
CREATE TABLE car (id INTEGER PRIMARY KEY, vin TEXT UNIQUE, plate TEXT, land TEXT, "the ÑAME" TEXT CONSTRAINT u UNIQUE,
  note TEXT /* UNIQUE */, UNIQUE (plate, land));
CREATE TABLE engine (number TEXT PRIMARY KEY, car_id INTEGER NOT NULL REFERENCES car (id), cc INTEGER, maker TEXT);
CREATE UNIQUE INDEX one_engine ON engine (car_id);
CREATE UNIQUE INDEX some_only ON engine (cc) WHERE cc > 0;
CREATE UNIQUE INDEX computed ON engine (lower(maker));
CREATE INDEX no_key ON engine (maker);
"""


def test_what_is_unique(tmp_path: Path) -> None:
    car, engine = made(database(tmp_path / "x.db", UNIQUE), tmp_path)
    assert set(car.unique) == {("vin",), ("plate", "land"), ("the ÑAME",)}
    assert engine.unique == (("car_id",),)
    assert [column.nullable for column in engine.columns] == [False, False, True, True]


VIEWS = """
CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO a VALUES (1, 10), (2, NULL);
CREATE VIEW "the sums" AS SELECT id AS "a id", n * 2 AS twice FROM a;
CREATE VIEW on_views AS SELECT count(*) AS how_many FROM "the sums";
CREATE VIEW broken AS SELECT x FROM gone;
CREATE VIEW endless AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;
CREATE VIEW stuck AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) AS m FROM c;
CREATE VIEW heavy AS SELECT zeroblob(900000000) AS z;
"""


def test_views_are_copied_and_those_that_cannot_be_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_copy, "VIEWS_S", 1.0)
    monkeypatch.setattr(row_copy, "MOST_ROWS", 1_000)
    tables = {table.name: table for table in made(database(tmp_path / "x.db", VIEWS), tmp_path)}
    assert {name: (table.view, table.rows, table.primary_key) for name, table in tables.items()} == {
        "a": (False, 2, ("id",)),
        "the sums": (True, 2, ()),
        "on_views": (True, 1, ()),
    }
    assert rows(tmp_path, "the sums") == [(1, 20), (2, None)]
    left_out = dict(told.split(": ", 1) for told in described(tmp_path / "made").left_out)
    assert left_out == {
        "broken": "no such table: main.gone",
        "endless": "with it there would be more than 1,000 rows",
        "heavy": "string or blob too big",
        "stuck": "reading it took too long",
    }


def test_views_alone_are_a_database(tmp_path: Path) -> None:
    (view,) = made(database(tmp_path / "x.db", "CREATE VIEW v AS SELECT 1 AS n;"), tmp_path)
    assert (view.name, view.view, view.rows) == ("v", True, 1)


def test_nothing_but_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotBeRead, match=r"Nothing in it can be read\. v: no such table"):
        made(database(tmp_path / "x.db", "CREATE VIEW v AS SELECT 1 FROM gone;"), tmp_path)


def test_very_many_tables(tmp_path: Path) -> None:
    script = "".join(
        f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, other INTEGER UNIQUE REFERENCES t{max(n - 1, 0)} (id));"
        for n in range(300)
    )
    begun = time.monotonic()
    tables = made(database(tmp_path / "x.db", f"BEGIN; {script} COMMIT;"), tmp_path)
    assert len(tables) == 300
    assert all(len(table.foreign_keys) == 1 for table in tables)
    assert time.monotonic() - begun < 60


def test_a_database_that_keeps_to_no_types(tmp_path: Path) -> None:
    url = database(
        tmp_path / "x.db",
        """CREATE TABLE t (n INTEGER, d DATE, b BOOLEAN, p NUMERIC(8, 2), x BLOB, "N 2");
        INSERT INTO t VALUES (1, '2026-01-01', 1, 1.10, x'00ff', 'a');
        INSERT INTO t VALUES ('two', '', 7, 2.239, 'text', NULL);""",
    )
    (table,) = made(url, tmp_path)
    assert [column.kind for column in table.columns] == ["text", "text", "integer", "number", "text", "text"]
    assert [column.type for column in table.columns][:4] == ["INTEGER", "DATE", "BOOLEAN", "NUMERIC(8, 2)"]
    assert rows(tmp_path, "t")[1] == ("two", "", 7, 2.239, "text", None)


def test_a_database_is_only_read(tmp_path: Path) -> None:
    url = database(tmp_path / "x.db", "CREATE TABLE t (n); INSERT INTO t VALUES (1);")
    before = (tmp_path / "x.db").read_bytes()
    (tmp_path / "x.db").chmod(0o400)
    made(url, tmp_path)
    assert (tmp_path / "x.db").read_bytes() == before
    (tmp_path / "x.db").chmod(0o600)
    with pytest.raises(CannotBeRead, match="readonly"), opened(url) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")


@pytest.mark.parametrize("text", ["", "not a database at all, but long enough to be looked at" * 50])
def test_no_database(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.db").write_text(text)
    with pytest.raises(CannotBeRead, match=r"tables|cannot be read"):
        made(f"sqlite:///{tmp_path / 'x.db'}", tmp_path)


@pytest.mark.parametrize(
    "url", ["nosuch://x/y", "http://[", "postgresql+nosuch://x/y", "postgresql+psycopg://a:pass@127.0.0.1:1/b"]
)
def test_urls_that_lead_nowhere(tmp_path: Path, url: str) -> None:
    with pytest.raises(CannotBeRead) as raised:
        made(url, tmp_path)
    assert "pass" not in str(raised.value).replace("password", "")


@pytest.mark.parametrize("name", ["a*b", "a[1]", "x;y", "'quoted'", "{a,b}", "select", "Ünï", "a\\b", " "])
def test_names_of_files_are_no_patterns(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.csv").write_text("n\n1\n")
    (tmp_path / "aXb.csv").write_text("n\n2\n")
    (table,) = made(str(tmp_path / f"{name}.csv"), tmp_path)
    assert table.name == (name.strip() or "unnamed")
    assert rows(tmp_path, table.name) == [(1,)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Straße;Größe\nMühlenweg;groß\nÄgidienplatz;übergroß\n"
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    (table,) = made(str(tmp_path / "a.csv"), tmp_path)
    assert [column.name for column in table.columns] == ["Straße", "Größe"]
    assert rows(tmp_path, "a") == [("Mühlenweg", "groß"), ("Ägidienplatz", "übergroß")]


def test_headers_that_are_alike_or_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,ID,,id\n1,2,3,4\n")
    (table,) = made(str(tmp_path / "a.csv"), tmp_path)
    names = [column.name for column in table.columns]
    assert len({name.casefold() for name in names}) == 4
    assert rows(tmp_path, "a") == [(1, 2, 3, 4)]


def test_nested_values_are_json(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1, "tags": ["a", "b"], "at": {"x": 1}}\n{"n": 2, "tags": null}\n')
    (table,) = made(str(tmp_path / "a.jsonl"), tmp_path)
    assert [column.kind for column in table.columns] == ["integer", "text", "text"]
    assert rows(tmp_path, "a")[0] == (1, '["a","b"]', '{"x":1}')


def test_sheets_are_tables(tmp_path: Path) -> None:
    sheets = {"First": [["id", "day"], [1, "2026-01-01"]], "Empty": [], "Second": [["id"], [2], [3]]}
    (tmp_path / "a.xlsx").write_bytes(
        documents.xlsx({name: documents.sheet_rows(held) for name, held in sheets.items()})  # type: ignore[arg-type]
    )
    first, second = made(str(tmp_path / "a.xlsx"), tmp_path)
    assert (first.name, [column.kind for column in first.columns]) == ("First", ["integer", "date"])
    assert (second.name, second.rows) == ("Second", 2)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""),
        ("a.json", b"{not json"),
        ("a.json", b""),
        ("a.jsonl", b'{"a": 1}\n[2'),
        ("a.parquet", b"PAR1 and nothing else"),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.xlsx", b""),
        ("a.pdf", b"%PDF-1.7"),
        ("a", b"n\n1\n"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CannotBeRead) as raised:
        made(str(tmp_path / name), tmp_path)
    assert str(tmp_path / "made") not in str(raised.value)


class Counting:
    """A connection that counts its queries."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *arguments: Any) -> Any:
        self.count += 1
        return self._connection.execute(*arguments)


def test_a_file_more_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    for n in range(12):
        (tmp_path / f"t{n:02}.csv").write_text("a,b\n1,2\n")
    (tmp_path / "work").mkdir()
    counts = []
    for files in (4, 8, 12):
        with duckdb.connect(":memory:") as connection:
            counting: Any = Counting(connection)
            made = tables_of(counting, sorted(tmp_path.glob("*.csv"))[:files], tmp_path / "work")
        assert [(one.name, one.rows, len(one.columns)) for one in made] == [(f"t{n:02}", 1, 2) for n in range(files)]
        counts.append(counting.count)
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0
