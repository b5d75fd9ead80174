"""A small shop's figures, for tests of the analyst: nothing like the bundled ones, with odd names, and known by heart.

Orders of four customers in two countries, with lines that would multiply an order's own figures if they were joined.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.plan import Source
from agents.dataset import (
    Column,
    DatasetUnknown,
    ForeignKey,
    QueryFailed,
    Reader,
    Registered,
    Rows,
    Schema,
    Table,
    quoted,
)

CUSTOMERS = [(1, "Ada", "Norway"), (2, "Ben", "Norway"), (3, "Cyd", "Chile"), (4, "O'Dea; DROP", "Chile")]
ORDERS = [
    (n, 1 + n % 4, date(2025, 1, 1) + timedelta(days=9 * n), Decimal(n * n) / 8, "open" if n % 3 else "closed")
    for n in range(1, 81)
]
LINES = [(number, line, line * 2, "tea" if line == 1 else "mug") for number in range(1, 81) for line in (1, 2, 3)]

SCHEMA = Schema(
    "shop",
    "A small shop.",
    (
        Table("shop", "customers", (
            Column("id", "integer", "INTEGER", False), Column("name", "text", "VARCHAR", False),
            Column("country", "text", "VARCHAR"),
        ), ("id",), (), 4),
        Table("shop", "orders", (
            Column("id", "integer", "INTEGER", False), Column("customer_id", "integer", "INTEGER"),
            Column("placed_on", "date", "DATE", False), Column("amount_eur", "number", "DECIMAL"),
            Column("status", "text", "VARCHAR"),
        ), ("id",), (ForeignKey(("customer_id",), "customers", ("id",)),), 80),
        Table("shop", "order lines", (
            Column("order id", "integer", "INTEGER", False), Column("line", "integer", "INTEGER", False),
            Column("select", "integer", "INTEGER", description="How many pieces."),
            Column('pro"duct', "text", "VARCHAR"),
        ), ("order id", "line"), (ForeignKey(("order id",), "orders", ("id",)),), 240),
    ),
)  # fmt: skip


class Shop:
    """The contract of datasets over a database in memory. `queries` are those that were run."""

    def __init__(self, schema: Schema = SCHEMA) -> None:
        self._schema = schema
        self._connection = duckdb.connect()
        self.queries: list[str] = []
        rows = {"customers": CUSTOMERS, "orders": ORDERS, "order lines": LINES}
        self._connection.execute("CREATE SCHEMA shop")
        for table in SCHEMA.tables:
            columns = ", ".join(f"{quoted(one.name)} {one.type}" for one in table.columns)
            self._connection.execute(f"CREATE TABLE {table.sql_name} ({columns})")
            marks = ", ".join("?" for _ in table.columns)
            self._connection.executemany(f"INSERT INTO {table.sql_name} VALUES ({marks})", rows[table.name])

    @property
    def source(self) -> "Shop":
        return self

    def seen_by(self, reader: Reader) -> "Shop":
        return self

    async def registered(self) -> tuple[Registered, ...]:
        return (Registered("shop", "A small shop.", "memory", "2025-01-01"),)

    async def schema(self, name: str) -> Schema:
        if name not in ("shop", "all"):
            raise DatasetUnknown("There is only shop.")
        return self._schema

    async def query(self, name: str, sql: str) -> Rows:
        self.queries.append(sql)
        try:
            cursor = self._connection.cursor().execute(sql)
        except duckdb.Error as error:
            raise QueryFailed(str(error)) from error
        names = tuple(one[0] for one in cursor.description or ())
        rows = tuple(tuple(map(plain, row)) for row in cursor.fetchall())
        return Rows(names, tuple("other" for _ in names), rows, len(rows), 0.1)

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        rows = await self.query(name, f"SELECT DISTINCT {quoted(column)} FROM {table.sql_name} ORDER BY 1")
        return tuple(row[0] for row in rows.rows)


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


VALUES: Mapping[tuple[Source, str], tuple[str, ...]] = {
    (Source("shop", "customers"), "name"): tuple(one[1] for one in CUSTOMERS),
    (Source("shop", "customers"), "country"): ("Norway", "Chile"),
    (Source("shop", "orders"), "status"): ("open", "closed"),
    (Source("shop", "order lines"), 'pro"duct'): ("tea", "mug"),
}
LEXICON = Lexicon(SCHEMA, VALUES)
