"""Writes the tables of the operations data beside this file: always the same bytes.

    python knowledge_base/datasets/operations/generate.py [FOLDER]

Vehicles, figures, trouble codes and dealers are those of the knowledge base; everything that happens to them is made up
by a seeded generator. Some of it has a reason that a question can find: batteries suffer in winter and air conditioning
in summer, vans wear out brakes, an update of March 2026 troubles one model's software, one supplier's parts fail more.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dimensions import (
    HERE,
    SUPPLIERS,
    Chance,
    Row,
    customers,
    dates,
    dealers,
    models,
    parts,
    technicians,
    vehicles,
)
from facts import incidents, lines, orders

SEED = 2026


def write(path: Path, rows: Iterable[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(" ")
    return str(value)


def main(folder: Path) -> None:
    """Write all tables; the columns are those of the schema, in its order."""
    chance = Chance(SEED)
    range_, workshops = models(), dealers()
    staff, keepers = technicians(chance, workshops), customers(chance)
    fleet = vehicles(chance, range_, keepers, workshops)
    reports = incidents(chance, fleet, workshops)
    store = parts(chance)
    booked = orders(chance, fleet, reports, staff)
    used = lines(chance, booked, reports, store, fleet)
    suppliers = [{"supplier_id": number} | supplier for number, supplier in enumerate(SUPPLIERS, 1)]
    tables = {
        "dates": dates(), "models": range_, "dealers": workshops, "technicians": staff, "customers": keepers,
        "vehicles": fleet, "suppliers": suppliers, "parts": store, "incidents": reports, "service_orders": booked,
        "order_parts": used,
    }  # fmt: skip
    for name, rows in tables.items():
        write(folder / f"{name}.csv", rows, columns_of(name))


def columns_of(table: str) -> list[str]:
    """The columns of a table, as the schema lists them."""
    body = (HERE / "schema.sql").read_text(encoding="utf-8").split(f"CREATE TABLE {table} (")[1].split("\n);")[0]
    names = [line.split()[0] for line in body.split("\n")[1:]]
    return [name for name in names if name.islower()]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
