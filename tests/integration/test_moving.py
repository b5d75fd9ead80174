"""An embedded installation taken along to PostgreSQL by the real command. `tests/faults/test_cluster.py` goes on with a
conversation that was moved."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    func,
    insert,
    select,
    text,
    update,
)

from api.cli.moving import MADE_AGAIN
from api.compose.sharing import kept_apart
from api.migrations import declared
from api.settings import Settings
from orchestrator.graph.savers import moving as states
from orchestrator.graph.savers.sqlite import open_saver
from rag.database import open_database
from rag.vectors import metadata as vector_tables
from tests.databases import migrate, postgres
from tests.serving import environment, pitcrew

TABLES = [table for metadata in declared() for table in metadata.sorted_tables]
ROWS = 2_003
"""More than are copied at a time, and no round number."""


def value(column: "Column[Any]", number: int) -> Any:
    """What stands in the column in row `number`; the same where it refers to another table's."""
    for key in column.foreign_keys:
        return value(key.column, number)
    if isinstance(column.type, Boolean):
        return number % 2 == 0
    if isinstance(column.type, Float):
        return number + 0.1
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, JSON):
        return ["Träger", None, number]
    if isinstance(column.type, LargeBinary):
        return bytes([0, 255, number % 256])
    if column.nullable and number % 2:
        return None
    return f"{column.name} ä 🚗 {number}"[-(getattr(column.type, "length", None) or 99) :]


def fill(connection: Connection, rows: int = 3) -> None:
    """Something in every table; of the audit log's chain there is one row already."""
    for table in TABLES:
        if table.name == "audit_chain":
            connection.execute(update(table).values(number=rows))
            continue
        made = [{column.name: value(column, number) for column in table.columns} for number in range(1, rows + 1)]
        if table.name == "runs":
            made = [row | {"status": "waiting"} for row in made]
        connection.execute(insert(table), made)


async def parked(folder: Path) -> None:
    """A state of one parked run, with what its task has written."""
    async with open_saver(folder / "parked.db") as saver:
        graph = saver.graph_saver
        config: Any = {"configurable": {"thread_id": "id ä 🚗 1", "checkpoint_ns": ""}}
        versions = {"question": "00000000000000000000000000000001.0.5", "said": "00000000000000000000000000000001.0.7"}
        checkpoint: Any = {
            "v": 4, "id": "1ef4f797-8335-6428-8001-8a1503f9b875", "ts": "2026-11-24T10:00:00+00:00",
            "channel_values": {"question": ["And the Heron?"], "said": "So far"}, "channel_versions": versions,
            "versions_seen": {}, "updated_channels": None,
        }  # fmt: skip
        at = await graph.aput(config, checkpoint, {"source": "loop", "step": 1, "parents": {}}, versions)
        await graph.aput_writes(at, [("said", "more"), ("__interrupt__", ["Shall I?"])], "task-1", "~path")
        await saver.settle()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of an embedded installation that has something of everything."""
    made = tmp_path / "data"
    made.mkdir()
    database = open_database(f"sqlite:///{made / 'pitcrew.db'}")
    migrate(database)
    with database.begin() as connection:
        fill(connection)
    database.dispose()
    vectors = open_database(f"sqlite:///{made / 'vectors.db'}", durable=False)
    vector_tables.create_all(vectors)
    with vectors.begin() as connection:
        for table in vector_tables.sorted_tables:
            rows = [{column.name: value(column, number) for column in table.columns} for number in range(ROWS)]
            connection.execute(insert(table), rows)
    vectors.dispose()
    asyncio.run(parked(made))
    return made


@pytest.fixture
def target(tmp_path: Path) -> Iterator[str]:
    with postgres(tmp_path) as url:
        yield url


@pytest.fixture
def opened(target: str) -> Iterator[Engine]:
    database = open_database(target)
    yield database
    database.dispose()


def move(folder: Path, target: str, source: str | None = None) -> "subprocess.CompletedProcess[str]":
    arguments = ("migrate", "--from", source or f"sqlite:{folder / 'pitcrew.db'}", "--to", target)
    return pitcrew(*arguments, env=environment(folder.parent / "elsewhere"))


def refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """It failed with one line that says why, and nothing of an address's password."""
    assert done.returncode in (1, 2), (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr
    for word in words:
        assert word in " ".join(done.stderr.split()), done.stderr


def holds_nothing(database: Engine) -> bool:
    with database.connect() as connection:
        there = connection.execute(text("SELECT to_regclass('conversations') IS NOT NULL")).scalar()
        return not there or not any(
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in TABLES
            if table.name != "audit_chain"
        )


def test_every_table_is_moved_and_counted(folder: Path, target: str, opened: Engine) -> None:
    done = move(folder, target)
    assert done.returncode == 0, done.stderr
    told = {name: (there, here) for name, there, here in (line.split() for line in done.stdout.splitlines()[1:])}
    assert told == {table.name: ("3", "3") for table in TABLES} | {
        "audit_chain": ("1", "1"),
        "vectors": ("2,003", "2,003"),
        "checkpoints": ("1", "1"),
        "checkpoint_writes": ("2", "2"),
    }
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").connect() as there, opened.connect() as here:
        for table in TABLES:
            keys = [column.name for column in table.primary_key]
            rows = [
                sorted(
                    (row._asdict() for row in side.execute(select(table))), key=lambda row: [row[key] for key in keys]
                )
                for side in (there, here)
            ]
            assert rows[0] == rows[1], table.name
        driver: Any = here.connection.driver_connection
        assert states.here(driver) == states.there(folder / "parked.db")
        # Numbers that the database gives go on.
        releases = TABLES_BY_NAME["releases"]
        row = {column.name: value(column, 9) for column in releases.columns if column.name != "id"}
        made = here.execute(insert(releases).values(row)).inserted_primary_key
        assert made is not None
        assert made[0] == 4
    refused(move(folder, target), "holds something already", "move to an empty one")


TABLES_BY_NAME = {table.name: table for table in TABLES}


def test_what_is_not_copied_is_made_again_over_there(folder: Path) -> None:
    """A table that a migration makes and nobody declares would be left behind."""
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
        left = {name for name in names if name not in TABLES_BY_NAME and not name.startswith(("sqlite_", *MADE_AGAIN))}
        assert left == set()


def test_a_database_with_an_unknown_table_is_refused(folder: Path, target: str, opened: Engine) -> None:
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE mine (id INTEGER)"))
    refused(move(folder, target), "tables that Pitcrew does not know: mine")
    assert holds_nothing(opened)


def test_what_cannot_be_moved_leaves_nothing_behind(folder: Path, target: str, opened: Engine) -> None:
    """A name that is longer than PostgreSQL lets it be; put right, all of it goes over."""
    change = text("UPDATE conversations SET session_id = :name WHERE id LIKE '%1'")
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(change, {"name": "x" * 300})
    refused(move(folder, target), "conversations could not be moved", "Nothing was moved")
    assert holds_nothing(opened)
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(change, {"name": "x"})
    assert move(folder, target).returncode == 0


def test_servers_and_workers_must_be_stopped(folder: Path, target: str, opened: Engine) -> None:
    embedded = Settings(_env_file=None, data_dir=folder)
    with kept_apart(embedded, open_database(embedded.sql_url)):
        refused(move(folder, target), "at work on the database of --from", "Stop it")
    shared = Settings(_env_file=None, database_url=target, redis_url="redis://r", chroma_url="http://c")
    with kept_apart(shared, opened):
        refused(move(folder, target), "at work on the database of --to", "Stop it")
    assert holds_nothing(opened)


def test_another_version_is_refused(folder: Path, target: str, opened: Engine) -> None:
    older = text("UPDATE alembic_version SET version_num = '0001'")
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(older)
    refused(move(folder, target), "is not at this version", "pitcrew migrate")
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = (SELECT :head)"), {"head": head()})
    migrate(opened)
    with opened.begin() as connection:
        connection.execute(older)
    refused(move(folder, target), "--to is of another version")


def head() -> str:
    from api.migrations import head_revision

    return str(head_revision())


def test_a_parked_run_without_its_state_is_refused(folder: Path, target: str, opened: Engine) -> None:
    with open_database(f"sqlite:///{folder / 'pitcrew.db'}").begin() as connection:
        connection.execute(text("UPDATE runs SET status = 'parked' WHERE id LIKE '%2'"))
    refused(move(folder, target), "1 runs have none", "Nothing was moved")
    (folder / "parked.db").unlink()
    refused(move(folder, target), "1 runs wait for a customer's answer", "parked.db")
    assert holds_nothing(opened)


@pytest.mark.parametrize(
    ("source", "to", "words"),
    [
        (None, "sqlite:///elsewhere.db", "--to is a PostgreSQL"),
        (None, "", "--to is a PostgreSQL"),
        (None, "postgresql://pitcrew:s3cret@127.0.0.1:1/pitcrew", "--to cannot be used"),
        (None, "postgresql://pitcrew:s3cret@127.0.0.1:99999999/pitcrew", "--to cannot be used"),
        (None, "\x00\n" + "x" * 100_000, "--to cannot be used"),
        (None, "oracle://pitcrew:s3cret@db/pitcrew", "--to cannot be used"),
        ("postgresql://pitcrew:s3cret@db/pitcrew", "postgresql://db/x", "--from is the database that is moved"),
        ("sqlite:", "postgresql://db/x", "--from is the database that is moved"),
        ("sqlite:///nowhere/pitcrew.db", "postgresql://db/x", "There is no database"),
        ("sqlite:" + "x" * 5_000, "postgresql://db/x", ""),
    ],
)  # fmt: skip
def test_addresses_that_name_nothing(folder: Path, source: str | None, to: str, words: str) -> None:
    if "\x00" in to:
        to = to.replace("\x00", "")  # no argument of a program can hold one
    refused(move(folder, to, source), words)


def test_what_is_no_database(folder: Path, target: str, opened: Engine) -> None:
    (folder / "letter.db").write_bytes(b"Dear Sir or Madam, " * 1_000)
    refused(move(folder, target, f"sqlite:{folder / 'letter.db'}"), "--from cannot be used")
    (folder / "empty.db").touch()
    refused(move(folder, target, f"sqlite:{folder / 'empty.db'}"), "is not at this version")
    refused(move(folder, target, f"sqlite:{folder / 'chroma'}"), "There is no database")
    assert holds_nothing(opened)


def test_to_goes_with_from(tmp_path: Path) -> None:
    done = pitcrew("migrate", "--to", "postgresql://db/x", env=environment(tmp_path / "data"))
    assert done.returncode == 2
    assert "--to goes with --from" in " ".join(done.stderr.split())
