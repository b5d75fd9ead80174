"""A folder of CSV files with a `schema.sql` that says how they hang together: a SQLite database whose keys hold."""

import csv
import itertools
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from agents.dataset import quoted
from agents.datasets.staging import CannotBeRead

SCHEMA = "schema.sql"
_BATCH = 1_000
_LET_THROUGH = frozenset(
    {
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,  # of a primary key; a statement of that kind is refused below
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_TRANSACTION,
    }
)
_CATALOGUE = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence", "sqlite_autoindex"})


def built(folder: Path, database: Path) -> None:
    """Make the database. Raises CannotBeRead: also where a row breaks a key."""
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")  # rows come table by table, and are checked at the end
        tables = _declare(connection, folder)
        for table in tables:
            _fill(connection, folder / f"{table}.csv", table)
        _check(connection)
        connection.commit()
    except sqlite3.Error as error:
        raise CannotBeRead(f"The tables do not fit {SCHEMA}: {error}.") from error
    finally:
        connection.close()


def _declare(connection: sqlite3.Connection, folder: Path) -> list[str]:
    try:
        text = (folder / SCHEMA).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CannotBeRead(f"{SCHEMA} is not in UTF-8: convert it.") from error
    connection.set_authorizer(_authorised)
    try:
        connection.executescript(text)
    except (sqlite3.Error, ValueError) as error:
        advice = "Only CREATE TABLE statements may stand there."
        raise CannotBeRead(f"{SCHEMA} cannot be used: {error}. {advice}") from error
    finally:
        connection.set_authorizer(None)
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    tables = [str(row[0]) for row in named if not str(row[0]).startswith("sqlite_")]
    if missing := [name for name in tables if not (folder / f"{name}.csv").is_file()]:
        raise CannotBeRead(f"{SCHEMA} declares tables without a file: add {', '.join(missing[:5])} as CSV.")
    if not tables:
        raise CannotBeRead(f"{SCHEMA} declares no table.")
    return tables


def _authorised(action: int, text: str | None, other: str | None, place: str | None, _: str | None) -> int:
    """Whether SQLite may do one step of a statement: nothing but what CREATE TABLE takes."""
    if action not in _LET_THROUGH or place == "temp":
        return sqlite3.SQLITE_DENY
    written = action in {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE}
    if written and text not in _CATALOGUE:
        return sqlite3.SQLITE_DENY
    index = action == sqlite3.SQLITE_CREATE_INDEX
    if index and not (text or "").startswith("sqlite_autoindex"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _fill(connection: sqlite3.Connection, path: Path, table: str) -> None:
    csv.field_size_limit(sys.maxsize)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            head = next(reader, [])
            if set(head) - set(columns) or len(set(head)) != len(head) or not head:
                raise CannotBeRead(f"{path.name}: its first line must name columns of the table: {', '.join(columns)}.")
            marks = ", ".join("?" for _ in head)
            names = ", ".join(quoted(name) for name in head)
            insert = f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})"  # noqa: S608
            rows = _rows(reader, path.name, len(head))
            while batch := list(itertools.islice(rows, _BATCH)):
                connection.executemany(insert, batch)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CannotBeRead(f"{path.name} is no CSV in UTF-8: {error}.") from error
    except sqlite3.Error as error:
        raise CannotBeRead(f"{path.name} does not fit {SCHEMA}: {error}.") from error


def _rows(reader: Iterator[list[str]], name: str, width: int) -> Iterator[list[str | None]]:
    for number, row in enumerate(reader, 2):
        if not row:
            continue
        if len(row) != width:
            raise CannotBeRead(f"{name}, row {number} has {len(row)} cells, the first line {width}.")
        yield [cell if cell != "" else None for cell in row]


def _check(connection: sqlite3.Connection) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        table, row, parent, _ = broken
        raise CannotBeRead(f"{table}.csv, row {row} refers to a row of {parent} that is not there.")
