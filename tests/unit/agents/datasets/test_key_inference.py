"""Foreign keys read off names and types: what is found, and above all what is not."""

from collections.abc import Iterable

import pytest

from agents.dataset import Table
from agents.datasets.key_inference import inferred
from tests.unit.agents.tabled import FLEET, ODD, table


def found(tables: Iterable[Table]) -> set[str]:
    """The inferred ones as `table.columns -> table.columns`."""
    return {
        f"{one.name}.{'+'.join(key.columns)} -> {key.to_table}.{'+'.join(key.to_columns)}"
        for one in inferred(tuple(tables))
        for key in one.foreign_keys
        if not key.declared
    }


def test_the_references_that_a_star_schema_forgot_to_declare() -> None:
    assert found(FLEET) == {
        "fact_incidents.part_id -> dim_parts.part_id",
        "fact_purchase_orders.part_id -> dim_parts.part_id",
        "dim_suppliers.parent_id -> dim_suppliers.supplier_id",
    }


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("vehicle_id INTEGER", "vehicles.id"),
        ("vehicleId INTEGER", "vehicles.id"),
        ("VEHICLE_ID INTEGER", "vehicles.id"),
        ("vehicle_key INTEGER", "vehicles.id"),
        ("replaced_vehicle_id INTEGER", "vehicles.id"),
        ("country_code TEXT", "dim_country.code"),
        ("home_dealer_id INTEGER", "home_dealers.id"),
        ("any_dealer_id INTEGER", "dealers.id"),
        ("vin TEXT", "cars.vin"),
    ],
)
def test_a_column_named_after_a_table_or_its_key(column: str, target: str) -> None:
    tables = (
        table("vehicles", "id INTEGER", "id"),
        table("dim_country", "code TEXT", "code"),
        table("dealers", "id INTEGER", "id"),
        table("home_dealers", "id INTEGER", "id"),
        table("cars", "vin TEXT", "vin"),
        table("notes", f"note INTEGER, {column}", "note"),
    )
    name = column.split()[0]
    assert found(tables) == {f"notes.{name} -> {target}"}


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("vehicle_id TEXT", "another type than the key"),
        ("vehicle TEXT", "says nothing of a key"),
        ("id INTEGER", "its own"),
        ("name TEXT", "a name that many columns have"),
        ("dealer_id INTEGER", "no such table"),
        ("line_id INTEGER", "the key of that table has two columns"),
        ("twin_id INTEGER", "two tables are called so"),
        ("year INTEGER", "half of a key"),
    ],
)
def test_what_only_looks_like_one_is_none(columns: str, why: str) -> None:
    tables = (
        table("vehicles", "id INTEGER, name TEXT", "id"),
        table("names", "name TEXT", "name"),
        table("lines", "year INTEGER, number INTEGER", "year number"),
        table("dim_twin", "id INTEGER", "id"),
        table("fact_twins", "id INTEGER", "id"),
        table("notes", f"note INTEGER, {columns}", "note"),
    )
    assert found(tables) == set(), why


def test_a_composite_key_is_referred_to_by_all_of_its_columns() -> None:
    assert found(ODD) == {"shipment.year+number -> order.year+number"}


def test_a_part_of_a_composite_reference_refers_to_nothing_else() -> None:
    tables = (
        table("visits", "id INTEGER", "id"),
        table("lines", "visit_id INTEGER, line INTEGER", "visit_id line", {"visit_id": "visits.id"}),
        table("remarks", "visit_id INTEGER, line INTEGER", "", {"visit_id+line": "lines.visit_id+line"}),
    )
    assert found(tables) == set()


def test_tables_with_the_same_composite_key_do_not_refer_to_each_other() -> None:
    days = [table(name, "day DATE, dealer INTEGER, sold INTEGER", "day dealer") for name in ("sold", "ordered")]
    assert found(days) == set()


def test_a_table_that_links_others_is_not_referred_to_by_their_keys() -> None:
    tables = (
        table("vehicles", "vehicle_id INTEGER", "vehicle_id"),
        table("parts", "part_id INTEGER", "part_id"),
        table(
            "fits",
            "vehicle_id INTEGER, part_id INTEGER",
            "vehicle_id part_id",
            {"vehicle_id": "vehicles.vehicle_id", "part_id": "parts.part_id"},
        ),
        table("repairs", "id INTEGER, vehicle_id INTEGER, part_id INTEGER", "id"),
    )
    assert found(tables) == {
        "repairs.vehicle_id -> vehicles.vehicle_id",
        "repairs.part_id -> parts.part_id",
    }


def test_a_file_declares_no_key_so_one_that_is_called_like_it_will_do() -> None:
    tables = (table("vehicles", "vehicle_id INTEGER, model TEXT"), table("visits", "visit INTEGER, vehicle_id INTEGER"))
    assert found(tables) == {"visits.vehicle_id -> vehicles.vehicle_id"}
    reason = inferred(tables)[1].foreign_keys[0].reason
    assert "what looks like its key" in reason


def test_declared_ones_are_not_found_again_and_neither_are_found_ones() -> None:
    once = inferred(FLEET)
    assert inferred(once) == once
    for one in once:
        assert len({(key.columns, key.to_table) for key in one.foreign_keys}) == len(one.foreign_keys)


def test_nothing_refers_from_one_dataset_to_another() -> None:
    tables = (
        table("vehicles", "id INTEGER", "id", dataset="one"),
        table("visits", "vehicle_id INTEGER", dataset="two"),
    )
    assert found(tables) == set()


def test_hostile_names_are_read_without_harm() -> None:
    names = ["", " ", "_", "id", "_id", "\x00", "x" * 100_000, "'; DROP TABLE", "№", "ID" * 3_000]
    tables = [table("t", "id INTEGER", "id")]
    tables += [Table("fleet", name, table("n", "a INTEGER").columns, ("a",)) for name in names]
    assert isinstance(inferred(tuple(tables)), tuple)
