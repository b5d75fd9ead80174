"""Datasets in memory for tests: schemas as they are told, rows in DuckDB."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from agents.context import Resources
from agents.dataset import (
    ALL,
    Column,
    DatasetUnknown,
    ForeignKey,
    Kind,
    QueryFailed,
    Reader,
    Registered,
    Rows,
    Schema,
    Table,
    quoted,
)
from agents.datasets.key_inference import inferred
from agents.vehicles.range import Vehicles

_KINDS: Mapping[str, Kind] = {"INTEGER": "integer", "REAL": "number", "TEXT": "text", "DATE": "date"}


def column(text: str) -> Column:
    """`name TYPE`, with `?` behind it where it may be empty and a description behind `--`."""
    told, _, description = text.partition(" -- ")
    name, type_ = told.rstrip("?").rsplit(" ", 1)
    return Column(name, _KINDS.get(type_, "other"), type_, told.endswith("?"), description)


def table(name: str, columns: str, key: str = "", refers: Mapping[str, str] | None = None, **also: Any) -> Table:
    """`columns` as `column` reads them, with commas between; `refers` gives `table.column` for a column of its own;
    composite ones with `+`."""
    keys = []
    for own, there in (refers or {}).items():
        other, theirs = there.split(".")
        keys.append(ForeignKey(tuple(own.split("+")), other, tuple(theirs.split("+"))))
    made = tuple(column(one.strip()) for one in columns.split(",") if one.strip())
    return Table(also.pop("dataset", "fleet"), name, made, tuple(key.split()), tuple(keys), **also)


FLEET = (
    table(
        "fact_incidents",
        "incident_id INTEGER, vehicle_id INTEGER, dealer_id INTEGER?, part_id INTEGER?, reported_on DATE, cost REAL",
        "incident_id",
        {"vehicle_id": "dim_vehicles.vehicle_id", "dealer_id": "dim_dealers.dealer_id"},
        rows=20_000,
        description="Faults that customers reported.",
    ),
    table(
        "fact_service_orders",
        "order_id INTEGER, vehicle_id INTEGER, dealer_id INTEGER, labour_hours REAL",
        "order_id",
        {"vehicle_id": "dim_vehicles.vehicle_id", "dealer_id": "dim_dealers.dealer_id"},
        rows=9_000,
        description="Visits to a workshop.",
    ),
    table(
        "fact_purchase_orders",
        "order_id INTEGER, supplier_id INTEGER, part_id INTEGER",
        "order_id",
        {"supplier_id": "dim_suppliers.supplier_id"},
        rows=900,
    ),
    table("dim_vehicles", "vehicle_id INTEGER, vin TEXT, model TEXT", "vehicle_id", rows=5_000),
    table("dim_dealers", "dealer_id INTEGER, city TEXT", "dealer_id", rows=40),
    table("dim_parts", "part_id INTEGER, name TEXT, list_price REAL -- price without tax", "part_id", rows=700),
    table("dim_suppliers", "supplier_id INTEGER, name TEXT, parent_id INTEGER?", "supplier_id", rows=1),
)
"""A star schema with two references that nobody declared, `part_id` and `parent_id`."""

ODD = (
    table(
        "person",
        "id INTEGER, spouse INTEGER?, home address INTEGER?",
        "id",
        {"spouse": "person.id", "home address": "the house.no"},
        dataset="odd",
    ),
    table("the house", "no INTEGER, owner INTEGER", "no", {"owner": "person.id"}, dataset="odd"),
    table("order", "year INTEGER, number INTEGER, to TEXT?", "year number", dataset="odd"),
    table(
        'item "x"',
        "year INTEGER, number INTEGER, pos INTEGER, Größe (cm) REAL?",
        "year number pos",
        {"year+number": "order.year+number"},
        dataset="odd",
    ),
    table("shipment", "id INTEGER, year INTEGER, number INTEGER", "id", dataset="odd"),
    table("__empty__", "", dataset="odd"),
)
"""Cycles, a self reference, composite keys, names that are none."""


class InMemory:
    """See `agents.dataset.Datasets`."""

    def __init__(self, *tables: Table, rows: Mapping[str, Sequence[Sequence[Any]]] | None = None) -> None:
        self._tables = inferred(tables)
        self._rows = rows or {}
        self.asked: list[str] = []

    @property
    def source(self) -> "InMemory":
        return self

    def seen_by(self, reader: Reader) -> "InMemory":
        return self

    async def registered(self) -> tuple[Registered, ...]:
        return tuple(Registered(name, "", "memory", "") for name in dict.fromkeys(one.dataset for one in self._tables))

    async def schema(self, name: str) -> Schema:
        known = {table.dataset for table in self._tables}
        if name not in {ALL, *known}:
            raise DatasetUnknown(f"There is no dataset '{name}'. There are: {', '.join(sorted(known))}.")
        return Schema(name, "", tuple(one for one in self._tables if name in (ALL, one.dataset)))

    async def query(self, name: str, sql: str) -> Rows:
        self.asked.append(sql)
        with duckdb.connect(":memory:") as database:
            for one in self._tables:
                if not one.columns:
                    continue
                made = ", ".join(f"{quoted(column.name)} {column.type}" for column in one.columns)
                database.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(one.dataset)}")
                database.execute(f"CREATE TABLE {one.sql_name} ({made})")
                for row in self._rows.get(one.name, ()):
                    database.execute(f"INSERT INTO {one.sql_name} VALUES ({', '.join('?' * len(row))})", list(row))
            try:
                found = database.execute(sql).fetchall()
            except duckdb.Error as error:
                raise QueryFailed(str(error)) from error
        return Rows((), (), tuple(found), len(found), 0.0)

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        return ()


def resources(*tables: Table, rows: Mapping[str, Sequence[Sequence[Any]]] | None = None) -> Resources:
    """The resources of a server that has only these tables."""
    nothing: Any = None
    return Resources(Vehicles(), nothing, nothing, nothing, nothing, datasets=InMemory(*tables, rows=rows))
