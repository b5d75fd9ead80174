"""How tables hang together."""

from typing import Any

import pytest

from agents.datasets.key_inference import inferred
from agents.explorer.relations import Relation, between, kinds, relations
from tests.unit.agents.tabled import FLEET, ODD, table

ALL = relations(inferred(FLEET))
NAMED = {one.name: one for one in inferred(FLEET)}


def ways(*names: str) -> set[str]:
    return {
        f"{one.table.name}.{'+'.join(one.key.columns)}>{one.to.name}"
        for one in between(ALL, [NAMED[name] for name in names])
    }


def test_neighbours() -> None:
    assert ways("fact_incidents", "dim_vehicles") == {"fact_incidents.vehicle_id>dim_vehicles"}
    assert ways("dim_vehicles", "fact_incidents") == ways("fact_incidents", "dim_vehicles")


def test_two_facts_are_related_over_the_dimensions_that_they_share() -> None:
    assert ways("fact_incidents", "fact_service_orders") == {
        f"{fact}.{dimension}_id>dim_{dimension}s"
        for fact in ("fact_incidents", "fact_service_orders")
        for dimension in ("vehicle", "dealer")
    }


def test_a_longer_way_over_inferred_ones() -> None:
    assert ways("fact_incidents", "dim_suppliers") == {
        "fact_incidents.part_id>dim_parts",
        "fact_purchase_orders.part_id>dim_parts",
        "fact_purchase_orders.supplier_id>dim_suppliers",
    }


def test_three_tables_are_connected_with_each_other() -> None:
    assert ways("dim_vehicles", "dim_dealers", "dim_parts") >= {
        "fact_incidents.vehicle_id>dim_vehicles",
        "fact_incidents.dealer_id>dim_dealers",
        "fact_incidents.part_id>dim_parts",
    }


def test_no_way() -> None:
    alone = table("alone", "id INTEGER", "id")
    assert between(ALL, [NAMED["dim_parts"], alone]) == ()


def test_cycles_and_references_to_itself_come_to_an_end() -> None:
    found = relations(inferred(ODD))
    person, house = ODD[0], ODD[1]
    assert {one.key.columns for one in between(found, [person, house])} == {("home address",), ("owner",)}


def test_views_are_views_and_change_nothing_for_others() -> None:
    views = (
        table("v_vehicles", "vehicle_id INTEGER, dealer_id INTEGER", view=True),
        table("vehicles_view", "id INTEGER", view=True),
    )
    found = inferred((*FLEET, *views))
    before, now = kinds(inferred(FLEET)), kinds(found)
    assert {place: kind for place, kind in now.items() if place in before} == before
    assert {kind for place, kind in now.items() if place not in before} == {"VIEW"}
    assert relations(inferred(FLEET)) == tuple(one for one in relations(found) if not one.table.view)
    assert {one.to.name for one in relations(found) if one.table.view} == {"dim_vehicles", "dim_dealers"}


def test_a_reference_to_a_table_of_another_schema_is_inferred() -> None:
    tables = inferred(
        (
            table("crm.customers", "id INTEGER", "id", schema="crm"),
            table("sales.orders", "id INTEGER, customer_id INTEGER", "id", schema="sales"),
        )
    )
    (one,) = relations(tables)
    assert (one.table.name, one.to.name) == ("sales.orders", "crm.customers")


def test_optional_and_single() -> None:
    (one,) = relations(
        (
            table("a", "id INTEGER", "id"),
            table("b", "a_id INTEGER, note TEXT", "a_id", {"a_id": "a.id"}),
        )
    )
    assert (one.optional, one.single) == (False, True)
    spouse = relations(ODD)[0]
    assert (spouse.optional, spouse.single) == (True, False)
    item = next(one for one in relations(ODD) if one.table.name == 'item "x"')
    assert (item.optional, item.single) == (False, False), "its key has one column more"


def test_what_refers_to_a_table_that_is_not_there_is_left_out() -> None:
    assert relations((table("b", "a_id INTEGER", "a_id", {"a_id": "gone.id"}),)) == ()


def test_kinds() -> None:
    found = {name: kind for (_, name), kind in kinds(inferred(FLEET)).items()}
    assert {name for name, kind in found.items() if kind == "FACT"} == {
        "fact_incidents", "fact_service_orders", "fact_purchase_orders",
    }  # fmt: skip
    assert "TABLE" not in found.values()


def test_kinds_without_prefixes() -> None:
    tables = (
        table("orders", "id INTEGER, car INTEGER, dealer INTEGER", "id", {"car": "cars.id", "dealer": "dealers.id"}),
        table("lines", "id INTEGER, order INTEGER", "id", {"order": "orders.id"}),
        table("cars", "id INTEGER, maker INTEGER", "id", {"maker": "makers.id"}),
        table("makers", "id INTEGER", "id"),
        table("dealers", "id INTEGER", "id"),
        table("settings", "name TEXT", "name"),
    )
    assert [kind for _, kind in sorted(kinds(tables).items())] == [
        "DIMENSION", "DIMENSION", "FACT", "DIMENSION", "FACT", "TABLE",
    ]  # fmt: skip


def test_very_many_ways_are_found_without_comparing_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    hubs = [table(f"hub_{n}", "id INTEGER", "id") for n in range(12)]
    columns = ", ".join(f"c{k} INTEGER" for k in range(8))
    others = [
        table(f"t_{n}", f"id INTEGER, {columns}", "id", {f"c{k}": f"hub_{(n + k) % 12}.id" for k in range(8)})
        for n in range(120)
    ]
    found = relations([*hubs, *others])
    compared = 0
    equal = Relation.__eq__

    def counted(one: Relation, other: Any) -> Any:
        nonlocal compared
        compared += 1
        return equal(one, other)

    monkeypatch.setattr(Relation, "__eq__", counted)
    ways = between(found, [*hubs, hubs[0]])
    assert compared == 0
    keys = [(way.table.name, way.key.columns) for way in ways]
    assert len(set(keys)) == len(keys) > 500
