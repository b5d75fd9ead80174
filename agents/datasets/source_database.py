"""A database that somebody registered by its URL, opened to be read and nothing else, and copied: its tables and views
with their keys and rows."""

import sqlite3
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import duckdb
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from agents.dataset import Column, ForeignKey, Table
from agents.datasets.pipe_messages import Described
from agents.datasets.plain_values import kind_of
from agents.datasets.reflection import Place, Reflected, SourceTable, reflected
from agents.datasets.row_copy import Copying, LeftOut
from agents.datasets.staging import CannotBeRead, free_names
from agents.datasets.url_secrets import without_secrets

_PATIENCE_S = 15


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
        raise CannotBeRead(f"The database cannot be read: {_reason(error, address)}") from error
    finally:
        engine.dispose()


def _sqlite(url: URL) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(url.database or '')}?mode=ro", uri=True, timeout=_PATIENCE_S, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _reason(error: Exception, address: str) -> str:
    """The driver's own words, in one line and without what is secret in the address."""
    return " ".join(without_secrets(str(getattr(error, "orig", None) or error), address).split())[:400]


def copied(address: str, into: duckdb.DuckDBPyConnection) -> Described:
    """All tables and views with their rows into the snapshot; what they are. Raises CannotBeRead."""
    with opened(address) as source:
        there = reflected(source, on_path=_chooses_schemas(make_url(address)))
        if not there.tables and not there.broken:
            raise CannotBeRead("The database has no tables.")
        naming = _Naming(there)
        copying = Copying(source, into)
        rows: dict[Place, int] = {}
        left_out = [f"{naming.called(place)}: {_reason(error, address)}" for place, error in there.broken]
        for source_table in there.tables:
            try:
                rows[source_table.place] = copying.copy(
                    source_table, naming.tables[source_table.place], naming.columns[source_table.place]
                )
            except LeftOut as reason:
                left_out.append(f"{naming.called(source_table.place)}: {_reason(reason, address)}")
        if not rows:
            raise CannotBeRead(f"Nothing in it can be read. {left_out[0]}")
        kept = _types(into)
        tables = tuple(
            _described(source_table, naming, kept, rows) for source_table in there.tables if source_table.place in rows
        )
    return Described(tables, tuple(left_out))


def _chooses_schemas(url: URL) -> bool:
    options = url.query.get("options", ())
    return any("search_path" in option for option in ([options] if isinstance(options, str) else options))


class _Naming:
    """How the snapshot calls tables and columns: DuckDB does not tell capital letters from small ones."""

    def __init__(self, there: Reflected) -> None:
        self._default = there.default
        called = {source_table.place: self.called(source_table.place) for source_table in there.tables}
        self.tables = dict(zip(called, free_names(called.values()), strict=True))
        self.columns = {
            source_table.place: free_names(column["name"] for column in source_table.columns)
            for source_table in there.tables
        }
        self._of = {
            source_table.place: dict(
                zip(
                    (str(column["name"]) for column in source_table.columns),
                    self.columns[source_table.place],
                    strict=True,
                )
            )
            for source_table in there.tables
        }
        self._keys = {source_table.place: source_table.primary_key for source_table in there.tables}

    def called(self, place: Place) -> str:
        schema, name = place
        return name if schema == self._default else f"{schema}.{name}"

    def schema(self, place: Place) -> str:
        return "" if place[0] == self._default else str(place[0])

    def group(self, place: Place, names: Sequence[str]) -> tuple[str, ...]:
        """The columns; none where one of them is not known."""
        columns = self._of.get(place, {})
        return tuple(columns[name] for name in names) if set(names) <= columns.keys() else ()

    def foreign_keys(self, source_table: SourceTable, copied: Container[Place]) -> Iterator[ForeignKey]:
        for reference in source_table.references:
            if reference.to not in copied:
                continue
            own = self.group(source_table.place, reference.columns)
            there = self.group(reference.to, reference.to_columns or self._keys.get(reference.to, ()))
            if own and len(own) == len(there):
                yield ForeignKey(own, self.tables[reference.to], there)


Types = Mapping[tuple[str, str], str]
"""DuckDB's type of each column of each table."""


def _types(into: duckdb.DuckDBPyConnection) -> Types:
    query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    return {(table, column): type_ for table, column, type_ in into.execute(query).fetchall()}


def _described(source_table: SourceTable, naming: _Naming, types: Types, rows: Mapping[Place, int]) -> Table:
    table = naming.tables[source_table.place]
    described = tuple(
        Column(
            name,
            kind_of(types[table, name]),
            types[table, name] if isinstance(column["type"], sa.types.NullType) else str(column["type"]),
            bool(column.get("nullable", True)) and column["name"] not in source_table.primary_key,
            column.get("comment") or source_table.comments.get(str(column["name"]).casefold(), ""),
        )
        for column, name in zip(source_table.columns, naming.columns[source_table.place], strict=True)
    )
    return Table(
        "",
        table,
        described,
        naming.group(source_table.place, source_table.primary_key),
        tuple(naming.foreign_keys(source_table, rows)),
        rows[source_table.place],
        source_table.comment,
        naming.schema(source_table.place),
        source_table.view,
        tuple(filter(None, (naming.group(source_table.place, names) for names in source_table.unique))),
    )
