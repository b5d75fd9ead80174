"""A database that somebody registered by its URL, opened to be read and nothing else: its tables with their keys, as
SQLAlchemy's inspector tells them, and their rows."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import duckdb
import orjson
import sqlalchemy as sa
from sqlalchemy.engine import URL, Inspector, make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from agents.dataset import Column, ForeignKey, Table
from agents.datasets import rules
from agents.datasets.comments import comments
from agents.datasets.plain import kind_of
from agents.datasets.staging import CannotBeRead, check_rows, free_names, settle, stage

_PATIENCE_S = 15
_BATCH = 2_000
_MOST_DIGITS = 38  # of DuckDB's decimals


def _postgresql(url: URL) -> dict[str, Any]:
    """The URL's own options may say more, such as a search_path; of two settings of one thing the last one counts."""
    own = url.query.get("options", "")
    read_only = "-c default_transaction_read_only=on -c statement_timeout=600000"
    options = " ".join([*((own,) if isinstance(own, str) else own), read_only])
    return {"options": options, "connect_timeout": _PATIENCE_S}


def _any_other(url: URL) -> dict[str, Any]:
    return {}


_READ_ONLY: Mapping[str, Callable[[URL], dict[str, Any]]] = {"postgresql": _postgresql}


@contextmanager
def opened(address: str) -> Iterator[sa.Connection]:
    """The database, read-only. Raises CannotBeRead."""
    try:
        url = make_url(address)
        if url.get_backend_name() == "sqlite":
            engine = sa.create_engine("sqlite://", creator=lambda: _sqlite(url), poolclass=NullPool)
        else:
            arguments = _READ_ONLY.get(url.get_backend_name(), _any_other)(url)
            engine = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise CannotBeRead(f"The driver {error.name} for this kind of database is missing: install it.") from error
    except (NoSuchModuleError, SQLAlchemyError) as error:
        raise CannotBeRead("SQLAlchemy does not know this URL: use one such as sqlite:///file.db.") from error
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise CannotBeRead(f"The database cannot be read: {_reason(error, url)}") from error
    finally:
        engine.dispose()


def _sqlite(url: URL) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(url.database or '')}?mode=ro", uri=True, timeout=_PATIENCE_S, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _reason(error: Exception, url: URL) -> str:
    """The driver's own words, in one line and without the password."""
    text = " ".join(str(getattr(error, "orig", None) or error).split())[:400]
    return text.replace(str(url.password), "***") if url.password else text


def copied(address: str, into: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """All tables with their rows into the snapshot; what they are. Raises CannotBeRead."""
    with opened(address) as source:
        inspector = sa.inspect(source)
        found = inspector.get_table_names()
        if not found:
            raise CannotBeRead("The database has no tables.")
        names = dict(zip(found, free_names(found), strict=True))
        columns = {name: inspector.get_columns(name) for name in found}
        renamed = {name: _renamed(columns[name]) for name in found}
        counts, total = {}, 0
        for name in found:
            counts[name] = _copy(source, into, name, names[name], columns[name], renamed[name])
            total += counts[name]
            check_rows(total)
        return tuple(_described(inspector, into, name, names, columns[name], renamed, counts[name]) for name in found)


def _renamed(columns: Sequence[Any]) -> dict[str, str]:
    named = [column["name"] for column in columns]
    return dict(zip(named, free_names(named), strict=True))


def _copy(
    source: sa.Connection,
    into: duckdb.DuckDBPyConnection,
    name: str,
    table: str,
    columns: Sequence[Any],
    renamed: Mapping[str, str],
) -> int:
    # Columns without their types: the driver's own values, which no conversion of SQLAlchemy can stumble over.
    selected: Any = sa.select(*(sa.column(column["name"]) for column in columns)).select_from(sa.table(name))
    result = source.execution_options(stream_results=True, yield_per=_BATCH).execute(selected)
    count = stage(into, len(columns), ([text_of(value) for value in row] for row in result))
    settle(into, table, list(renamed.values()), [rules_for(column["type"]) for column in columns])
    return count


def rules_for(type_: Any) -> Sequence[rules.Rule]:
    """What a declared type asks for, where the values keep to it."""
    match type_:
        case sa.Boolean():
            return rules.FLAG, rules.INTEGER, rules.TEXT
        case sa.Integer():
            return rules.INTEGER, rules.LONG, rules.NUMBER, rules.TEXT
        case sa.Float():
            return rules.NUMBER, rules.TEXT
        case sa.Numeric():
            digits = type_.precision or 0
            exact = [rules.decimal(digits, type_.scale or 0)] if 0 < digits <= _MOST_DIGITS else []
            return *exact, rules.NUMBER, rules.TEXT
        case sa.DateTime():
            return rules.TIMESTAMP, rules.UTC, rules.DATE, rules.TEXT
        case sa.Date():
            return rules.DATE, rules.MIDNIGHT, rules.TIMESTAMP, rules.TEXT
        case sa.Time():
            return rules.TIME, rules.TEXT
        case sa.LargeBinary():
            return rules.BLOB, rules.TEXT
        case sa.types.NullType():
            return rules.SEEN
    return (rules.TEXT,)


def text_of(value: Any) -> str | None:
    """A driver's value as a text that the rules can read."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case dt.datetime():
            aware = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return aware.isoformat(" ")
        case Decimal():
            return format(value, "f")
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | dict():
            return orjson.dumps(value, default=str).decode()
    return str(value)


def _described(
    inspector: Inspector,
    into: duckdb.DuckDBPyConnection,
    name: str,
    names: Mapping[str, str],
    columns: Sequence[Any],
    renamed: Mapping[str, Mapping[str, str]],
    rows: int,
) -> Table:
    about, said = _said(inspector, name)
    here = renamed[name]
    kept = {
        row[0]: row[1]
        for row in into.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE NOT internal AND table_name = ?", [names[name]]
        ).fetchall()
    }
    described = tuple(
        Column(
            here[column["name"]],
            kind_of(kept[here[column["name"]]]),
            str(column["type"]),
            bool(column.get("nullable", True)),
            column.get("comment") or said.get(column["name"].casefold(), ""),
        )
        for column in columns
    )
    key = tuple(here[column] for column in inspector.get_pk_constraint(name).get("constrained_columns") or ())
    return Table("", names[name], described, key, tuple(_foreign(inspector, name, names, renamed)), rows, about)


def _foreign(
    inspector: Inspector, name: str, names: Mapping[str, str], renamed: Mapping[str, Mapping[str, str]]
) -> Iterator[ForeignKey]:
    for key in inspector.get_foreign_keys(name):
        other = key["referred_table"]
        if other not in names or key.get("referred_schema"):
            continue
        there = renamed[other]
        targets = key["referred_columns"] or inspector.get_pk_constraint(other).get("constrained_columns") or []
        if set(targets) <= there.keys() and len(targets) == len(key["constrained_columns"]):
            own = tuple(renamed[name][column] for column in key["constrained_columns"])
            yield ForeignKey(own, names[other], tuple(there[column] for column in targets))


def _said(inspector: Inspector, name: str) -> tuple[str, Mapping[str, str]]:
    """What the database says about the table and its columns."""
    if inspector.dialect.name == "sqlite":
        bind = inspector.bind
        assert isinstance(bind, sa.Connection)
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
        return comments(bind.execute(query, {"name": name}).scalar() or "")
    try:
        return inspector.get_table_comment(name).get("text") or "", {}
    except NotImplementedError:  # how SQLAlchemy says that this kind of database has no comments
        return "", {}
