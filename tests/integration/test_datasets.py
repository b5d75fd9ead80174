"""`pitcrew datasets` as a black box."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.serving import environment, pitcrew


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


def run(data: Path, *arguments: str, **options: object) -> tuple[int, str, str]:
    done = pitcrew("datasets", *arguments, env=environment(data), timeout=60, **options)
    return done.returncode, done.stdout, done.stderr


def lines(stdout: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_bundled_datasets_are_there_and_can_be_asked(data: Path) -> None:
    code, out, err = run(data, "list", "--json")
    assert code == 0, err
    (one,) = lines(out)
    assert (one["name"], one["origin"]) == ("operations", "bundled")
    code, out, err = run(data, "query", "operations", "SELECT count(*) AS n FROM incidents", "--json")
    assert (code, lines(out)) == (0, [{"n": 5200}]), err
    code, out, _ = run(data, "show", "operations")
    assert code == 0
    assert '"operations"."incidents", 5200 rows: Facts' in out
    assert "-> vehicles.vehicle_id" in out


def test_the_life_of_a_dataset(data: Path) -> None:
    path = data / "sold.csv"
    path.write_text("day,euros\n2026-01-01,10.10\n2026-01-02,20.20\n", encoding="utf-8")
    code, out, err = run(data, "add", "sold", str(path), "--description", "What was sold.", "--json")
    assert code == 0, err
    assert lines(out) == [
        {"name": "sold", "description": "What was sold.", "rows": 2, "tables": [{"name": "sold", "rows": 2}]}
    ]
    assert run(data, "add", "sold", str(path))[0] == 1
    code, out, _ = run(data, "query", "sold", "-", input="SELECT sum(euros) AS total, min(day) AS since FROM sold")
    assert (code, out.split()) == (0, ["total", "since", "30.3", "2026-01-01"])
    code, out, err = run(data, "show", "all", "--json")
    assert code == 0, err
    (shown,) = lines(out)
    assert {table["dataset"] for table in shown["tables"]} == {"operations", "sold"}  # type: ignore[attr-defined]
    assert run(data, "refresh", "sold")[0] == 0
    assert run(data, "remove", "sold")[0] == 0
    code, _, err = run(data, "show", "sold")
    assert (code, "There are: operations" in err) == (1, True)
    assert path.exists()


def test_a_database_by_its_url(data: Path) -> None:
    with sqlite3.connect(data / "stock.db") as connection:
        connection.execute("CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO parts VALUES (1, 'bolt')")
    connection.close()
    code, _, err = run(data, "add", "stock", "-", input=f"sqlite:///{data / 'stock.db'}\n")
    assert code == 0, err
    assert "1 row." in err
    code, out, _ = run(data, "query", "stock", "SELECT * FROM parts", "--json")
    assert lines(out) == [{"id": 1, "name": "bolt"}]
    assert run(data, "remove", "stock", "--json")[1].strip() == '{"name":"stock","removed":true}'


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "Bad Name", "."], 2, "cannot be a name"),
        (["add", "gone", "no-such-file.csv"], 2, "does not exist"),
        (["add", "pg", "postgresql+psycopg://reader:s3cret@127.0.0.1:1/x"], 1, ""),
        (["add", "x", "nosuch://y"], 1, "SQLAlchemy does not know"),
        (["remove", "operations"], 2, "comes with the knowledge base"),
        (["refresh", "nobody"], 1, "There is no dataset"),
        (["query", "operations", "DROP TABLE incidents"], 1, "Only SELECT"),
        (["query", "operations", "SELECT nothing FROM incidents"], 1, "nothing"),
    ],
)
def test_what_goes_wrong_is_said(data: Path, arguments: list[str], code: int, said: str) -> None:
    found, out, err = run(data, *arguments)
    assert (found, out) == (code, ""), err
    assert said in err
    assert "s3cret" not in err
    assert "Traceback" not in err


def test_the_help_teaches() -> None:
    done = pitcrew("datasets", "add", "--help", env=environment(Path("/nonexistent")), timeout=60)
    assert done.returncode == 0
    assert "Example: pitcrew datasets add" in " ".join(done.stdout.split())


def test_ingesting_the_knowledge_base_copies_its_datasets(ingested: Path) -> None:
    assert list((ingested / "datasets").glob("operations.*/schema.json"))
