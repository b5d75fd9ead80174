"""Diagrams in a part of Mermaid's language that every name fits in."""

from dataclasses import replace

import pytest

from agents.dataset import Column, ForeignKey, Table
from agents.datasets.key_inference import inferred
from agents.explorer.mermaid import MOST_CHARACTERS, MOST_RELATIONS, MOST_TABLES, er_diagram
from agents.explorer.relations import relations
from tests.unit.agents.explorer.er_language import read
from tests.unit.agents.explorer.names import NAMES, TYPES
from tests.unit.agents.tabled import FLEET, ODD, table


def drawn_as(name: str) -> str:
    """A name as a diagram shows it: on one line, and not for ever."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    return (plain if len(plain) <= 80 else f"{plain[:79]}…") or "(no name)"


def test_a_star_schema() -> None:
    tables = inferred(FLEET)
    boxes, ways = read(er_diagram(tables, relations(tables)).source)
    assert list(boxes) == [one.name for one in FLEET]
    assert boxes["fact_incidents"].columns == [
        ("INTEGER", "incident_id", "PK", ""),
        ("INTEGER", "vehicle_id", "FK", ""),
        ("INTEGER", "dealer_id", "FK", ""),
        ("INTEGER", "part_id", "FK", ""),
        ("DATE", "reported_on", "", ""),
        ("REAL", "cost", "", ""),
    ]
    assert ("dim_vehicles", "||--o{", "fact_incidents", "vehicle_id") in ways
    assert ("dim_dealers", "|o--o{", "fact_incidents", "dealer_id") in ways
    assert ("dim_parts", "|o..o{", "fact_incidents", "part_id (inferred)") in ways
    assert ("dim_suppliers", "|o..o{", "dim_suppliers", "parent_id (inferred)") in ways
    assert er_diagram(tables, relations(tables)).note == ""


def test_at_most_one_and_composite_keys() -> None:
    tables = (
        table("a", "id INTEGER", "id"),
        table("b", "a_id INTEGER", "a_id", {"a_id": "a.id"}),
        table("c", "x INTEGER, y INTEGER", "x y"),
        table("d", "id INTEGER, x INTEGER, y INTEGER?", "id", {"x+y": "c.x+y"}),
    )
    boxes, ways = read(er_diagram(tables, relations(tables)).source)
    assert ways == [("a", "||--o|", "b", "a_id"), ("c", "|o--o{", "d", "x, y")]
    assert boxes["b"].columns == [("INTEGER", "a_id", "PK, FK", "")]


def test_unique_columns_are_marked_and_make_a_relation_one_to_one() -> None:
    tables = (
        table("a", "id INTEGER, code TEXT, x INTEGER, y INTEGER", "id", unique=(("code",), ("x", "y"))),
        table("b", "id INTEGER, a_id INTEGER", "id", {"a_id": "a.id"}, unique=(("a_id",),)),
        table("c", "id INTEGER, a_id INTEGER?, n INTEGER", "id", {"a_id": "a.id"}, unique=(("a_id", "n"),)),
    )
    boxes, ways = read(er_diagram(tables, relations(tables)).source)
    assert ways == [("a", "||--o|", "b", "a_id"), ("a", "|o--o{", "c", "a_id")]
    assert [column[1:3] for column in boxes["a"].columns] == [("id", "PK"), ("code", "UK"), ("x", ""), ("y", "")]
    assert ("INTEGER", "a_id", "FK, UK", "") in boxes["b"].columns


def test_views_and_schemas_are_named() -> None:
    tables = (
        table("sales.orders", "id INTEGER", "id", schema="sales"),
        table("sales_orders", "id INTEGER", "id"),
        table("Odd Schema.t", "id INTEGER", "id", schema="Odd Schema"),
        table("hr.staff", "id INTEGER", "id", schema="hr"),
        table("per_day", "day DATE", view=True),
    )
    boxes, _ = read(er_diagram(tables).source)
    assert {name: box.label for name, box in boxes.items()} == {
        "table_1": "sales.orders",
        "sales_orders": "sales_orders",
        "table_3": "Odd Schema.t",
        "hr_staff": "hr.staff",
        "per_day": "per_day (view)",
    }


def test_cycles_composite_keys_and_odd_names() -> None:
    tables = inferred(ODD)
    boxes, ways = read(er_diagram(tables, relations(tables)).source)
    assert [box.label for box in boxes.values()] == [one.name for one in sorted(ODD, key=lambda one: not one.columns)]
    assert len(ways) == len(relations(tables)) == 5
    item = next(box for box in boxes.values() if box.label == 'item "x"')
    assert item.columns[-1] == ("REAL", "Gr_e_cm", "", "Größe (cm)")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_any_name_of_a_table_and_of_a_column(name: str) -> None:
    columns = (Column(name, "integer", "INTEGER", False), Column("other", "integer", "INTEGER"))
    key = ForeignKey(("other",), name, (name,))
    one = Table("odd", name, columns, (name,), (key,))
    boxes, ways = read(er_diagram([one], relations([one])).source)
    (box,) = boxes.values()
    assert box.label == drawn_as(name)
    assert drawn_as(name) in (box.columns[0][3], box.columns[0][1])
    assert len(ways) == 1


@pytest.mark.parametrize("type_", TYPES, ids=range(len(TYPES)))
def test_any_type(type_: str) -> None:
    one = Table("odd", "t", (Column("c", "other", type_),))
    (box,) = read(er_diagram([one]).source)[0].values()
    assert len(box.columns) == 1
    if type_ == "NUMERIC(10, 2)":
        assert box.columns[0][0] == "NUMERIC(10,2)"


def test_all_names_in_one_diagram_stay_apart() -> None:
    tables = [table(name, "id INTEGER", "id") for name in dict.fromkeys(NAMES)]
    boxes, _ = read(er_diagram(tables).source)
    assert sorted(box.label for box in boxes.values()) == sorted(drawn_as(one.name) for one in tables)


def test_the_same_name_in_two_datasets() -> None:
    tables = [table("orders", "id INTEGER", "id", dataset=name) for name in ("east", "west")]
    boxes, _ = read(er_diagram(tables).source)
    assert {box.label for box in boxes.values()} == {"orders", "west.orders"}


def test_nothing_to_draw() -> None:
    assert er_diagram([]).source == "erDiagram"
    assert read(er_diagram([table("empty", "")]).source)[0]["empty"].columns == []


def many(count: int, columns: int) -> list[Table]:
    names = ", ".join(f"column_number_{n} INTEGER" for n in range(columns))
    return [
        table(
            f"table_number_{n}",
            f"id INTEGER, next INTEGER, {names}",
            "id",
            {"next": f"table_number_{(n + 1) % count}.id"},
        )
        for n in range(count)
    ]


def test_more_tables_than_can_be_drawn() -> None:
    tables = [table("alone", "id INTEGER"), *many(MOST_TABLES + 50, 30)]
    diagram = er_diagram(tables, relations(tables))
    boxes, ways = read(diagram.source)
    assert len(boxes) == MOST_TABLES
    assert "alone" not in boxes, "those with relations come first"
    assert len(ways) == MOST_TABLES - 1
    assert len(diagram.source) <= MOST_CHARACTERS
    assert diagram.note == ("The diagram shows 200 of 251 tables, 199 of 250 relations, of the columns only the keys.")


def test_more_columns_than_can_be_drawn() -> None:
    tables = many(3, 100)
    diagram = er_diagram(tables, relations(tables))
    assert all(len(box.columns) == 40 for box in read(diagram.source)[0].values())
    assert diagram.note == "The diagram shows at most 40 columns of a table."


def test_more_relations_than_can_be_drawn() -> None:
    (one,) = many(1, 0)
    keys = tuple(ForeignKey(("next",), "table_number_0", ("id",), True, str(n)) for n in range(MOST_RELATIONS + 1))
    tables = [replace(one, foreign_keys=keys)]
    diagram = er_diagram(tables, relations(tables))
    assert len(read(diagram.source)[1]) == MOST_RELATIONS
    assert diagram.note == "The diagram shows 400 of 401 relations."
