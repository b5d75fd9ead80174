"""The rows of a database's tables and views on their way into a snapshot."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from agents.datasets.driver_values import rules_for, text_of
from agents.datasets.reflection import SourceTable, apart
from agents.datasets.staging import MOST_ROWS, check_rows, discard, settle, stage

VIEWS_S = 60.0
"""For reading all views together: one may take for ever, and the tables behind it are copied anyway."""
_BATCH = 2_000
_LONGEST_VALUE = 16 << 20  # bytes that a view of SQLite may make up
_STEPS = 10_000  # of SQLite between two looks at the clock
_FORBIDDEN = "42501"
"""The SQLSTATE of "insufficient privilege" (PostgreSQL's manual, appendix A)."""


class LeftOut(Exception):
    """A view that fails or takes too much, or a table that may not be read; the text is the reason, which may hold
    secrets of the address."""


class Copying:
    """Copies one table after the other, the views last. Counts all their rows together."""

    def __init__(self, source: sa.Connection, into: duckdb.DuckDBPyConnection) -> None:
        self._source = source
        self._into = into
        self._rows = 0
        self._views_until: float | None = None

    def copy(self, source_table: SourceTable, table: str, names: Sequence[str]) -> int:
        """The rows as a table of the snapshot, with these names for its columns; how many. Raises LeftOut,
        CannotBeRead, SQLAlchemyError."""
        if source_table.view and self._views_until is None:
            self._limit_views()
        try:
            with apart(self._source):
                count = self._copy(source_table, table, names)
        except (SQLAlchemyError, sqlite3.Error) as error:
            driver = getattr(error, "orig", None) or error
            if not source_table.view and getattr(driver, "sqlstate", None) != _FORBIDDEN:
                raise
            discard(self._into)
            raise LeftOut("reading it took too long" if self._late() else str(driver).partition("\n")[0]) from error
        except LeftOut:
            discard(self._into)
            raise
        self._rows += count
        check_rows(self._rows)
        return count

    def _copy(self, source_table: SourceTable, table: str, names: Sequence[str]) -> int:
        schema, name = source_table.place
        # Columns without their types: the driver's own values, which no conversion of SQLAlchemy can stumble over.
        columns: list[sa.ColumnClause[Any]] = [sa.column(column["name"]) for column in source_table.columns]
        selected: Any = sa.select(*columns).select_from(sa.table(name, schema=schema))
        options = {"stream_results": True, "yield_per": _BATCH}
        with closing(self._source.execute(selected, execution_options=options)) as result:
            rows = ([text_of(value) for value in row] for row in result)
            count = stage(self._into, len(names), self._bounded(rows) if source_table.view else rows)
        settle(self._into, table, names, [rules_for(column["type"]) for column in source_table.columns])
        return count

    def _bounded(self, rows: Iterator[list[str | None]]) -> Iterator[list[str | None]]:
        """A view that is too large is left out: it is not what keeps the tables from being copied."""
        for count, row in enumerate(rows, self._rows + 1):
            if count > MOST_ROWS:
                raise LeftOut(f"with it there would be more than {MOST_ROWS:,} rows")
            if not count % _BATCH and self._late():
                raise LeftOut("reading it took too long")
            yield row

    def _late(self) -> bool:
        return self._views_until is not None and time.monotonic() > self._views_until

    def _limit_views(self) -> None:
        self._views_until = time.monotonic() + VIEWS_S
        match self._source.dialect.name:
            case "sqlite":
                driver = self._source.connection.driver_connection
                assert isinstance(driver, sqlite3.Connection)
                driver.set_progress_handler(self._late, _STEPS)
                driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            case "postgresql":
                self._source.execute(sa.text(f"SET statement_timeout = {VIEWS_S * 1000:.0f}"))
