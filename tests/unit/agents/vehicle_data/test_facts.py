"""Facts out of tables: every table about vehicles is found, and each fact lies in its row."""

import json
from functools import cache

import pytest

from agents.language.words import vocabulary
from agents.vehicle_data.attributes import Attribute
from agents.vehicle_data.fact_table import VehicleData, parse
from agents.vehicle_data.facts import WHEEL_DIAMETER, Fact, facts, measured
from agents.vehicles.applicability import Fitment
from agents.vehicles.range import Vehicles
from tests import bundled

ABOUT_VEHICLES = vocabulary("""
handbook/changing-a-wheel.md handbook/jump-starting.md handbook/lights-wipers-and-bulbs.md
handbook/seats-and-child-seats.md maintenance/brake-fluid-and-filters.md maintenance/fixed-price-services.html
maintenance/schedule-heron.md maintenance/schedule-osprey.md maintenance/schedule-plover.md
maintenance/schedule-wren.md maintenance/timing-belt-and-chain.md maintenance/twelve-volt-battery.md
maintenance/warranty.md specs/accessories.md specs/batteries-and-charging.md specs/colours-and-trims.md
specs/dimensions-and-weights.csv specs/engines-and-performance.csv specs/equipment.csv
specs/fluids-and-capacities.csv specs/heron-2025.md specs/heron-2026.md specs/infotainment-and-connectivity.html
specs/osprey.md specs/plover.md specs/safety-equipment.md specs/towing-and-loads.md specs/tyres-and-pressures.csv
specs/tyres-and-wheels.html specs/wren.md
""")

OTHER_MAKER = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases,make
Alba,Alba S,2024;2025,electric,electricity,,Norvik
Alba,Alba L,2024;2025,electric,electricity,,Norvik
Brio,Brio,2025,petrol,petrol,little Brio,Norvik
"""
)


@cache
def fitment() -> Fitment:
    return Fitment(bundled.vehicles())


@cache
def found() -> tuple[Fact, ...]:
    return tuple(facts(bundled.chunks(), fitment()))


@cache
def data() -> VehicleData:
    return parse(bundled.chunks(), bundled.vehicles())


def attribute(of: VehicleData, name: str) -> Attribute:
    (one,) = of.attributes.named(name)
    return one


def values(of: VehicleData, name: str) -> dict[tuple[str, int], str]:
    return {(entry.variant, entry.year): entry.value for entry in of.values(attribute(of, name))}


def test_every_table_about_vehicles_is_found() -> None:
    missing = ABOUT_VEHICLES - {fact.chunk.document_id for fact in found()}
    assert not missing


@pytest.mark.parametrize("other", ["warning-lamps", "guided-checks", "workshops", "dealers", "fuses", "privacy"])
def test_tables_of_other_things_are_none_of_vehicles(other: str) -> None:
    assert not [fact for fact in found() if other in fact.chunk.document_id]


def test_each_fact_lies_in_its_row() -> None:
    assert len(found()) > 1000
    for fact in found():
        chunk = fact.chunk
        assert chunk.start <= fact.start < fact.end <= chunk.end
        row = chunk.text[fact.start - chunk.start : fact.end - chunk.start]
        assert "\n" not in row
        printed = fact.value.split("(")[1].rstrip(")") if fact.attribute == WHEEL_DIAMETER else fact.value
        printed = printed if printed in row else printed.removeprefix("no, ")
        # a unit may have a column of its own, and a cell may say "same" as the one before
        assert all(word in row for word in printed.split()) or "same" in row, (fact, row)


def test_each_cell_of_a_plain_table_is_a_fact_of_its_car() -> None:
    """Every cell of the dimensions, read a second time by the standard library."""
    import csv

    with (bundled.ROOT / "specs/dimensions-and-weights.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stated = {
        (car, fact.value)
        for fact in found()
        if fact.chunk.document_id == "specs/dimensions-and-weights.csv"
        for car in fact.cars
    }
    for row in rows:
        car = (row["variant"], int(row["model_year"]))
        for column, cell in list(row.items())[3:]:
            bare = cell.replace(".", "").isdigit()
            printed = f"{cell} {column.rsplit('_', 1)[1]}" if bare else cell
            assert (car, printed) in stated, (car, column)


def test_the_performance_table_agrees_with_the_documents() -> None:
    """Each of its figures stands, to the digit, in another document of the car's model."""
    own = "specs/engines-and-performance.csv"
    texts: dict[str, str] = {}
    for chunk in bundled.chunks():
        if chunk.document_id != own:
            texts[chunk.document_id] = texts.get(chunk.document_id, "") + chunk.text
    for fact in found():
        if fact.chunk.document_id != own or fact.amount is None:
            continue
        models = {car[0].split()[0].casefold() for car in fact.cars}
        about = [text for name, text in texts.items() if any(model in name for model in models) or "engines" in name]
        about.append(texts["specs/batteries-and-charging.md"])
        assert any(fact.value in text for text in about), (fact.attribute, fact.value, models)


def test_two_tables_never_disagree() -> None:
    """Whatever several tables say of one attribute and car is the same figure."""
    for one in data().attributes.all:
        by_car: dict[tuple[str, int], dict[str, set[float]]] = {}
        for fact in found():
            unit = fact.amount.unit if fact.amount else None
            if fact.amount and fact.attribute == one.name and unit and unit.measure in one.measures:
                for car in fact.cars:
                    by_car.setdefault(car, {}).setdefault(fact.chunk.document_id, set()).add(fact.amount.value)
        for car, documents in by_car.items():
            assert len({frozenset(values) for values in documents.values()}) == 1, (one.name, car, documents)


def test_vehicles_in_columns_are_read() -> None:
    assert values(data(), "Wading depth")["Osprey 2.2D manual", 2026] == "700 mm"
    assert values(data(), "Drive modes")["Osprey 2.2D automatic", 2026] == "2H, 4A, 4H, 4L"
    assert values(data(), "Heat pump")["Wren 42", 2026] == "standard"


def test_a_cell_of_several_variants_is_shared_out() -> None:
    display = values(data(), "Central display size in inches")
    assert (display["Osprey 2.2D manual", 2026], display["Osprey 2.2D automatic", 2026]) == ("8.0", "10.1")
    seats = values(data(), "Heated front seats")
    assert (seats["Wren 58", 2026], seats["Wren 42", 2026]) == ("standard on Wren 58", "option on Wren 42")


def test_what_tells_rows_of_one_car_apart_is_their_detail() -> None:
    pressures = data().values(attribute(data(), "Rear full load"), frozenset({("Wren 58", 2026)}))
    assert [(entry.value, entry.detail) for entry in pressures] == [
        ("2.9 bar", "195/55 R16, standard"),
        ("3.0 bar", "205/45 R17, optional"),
    ]
    gas = data().values(attribute(data(), "refrigerant quantity"), frozenset({("Wren 58", 2025)}))
    assert {(entry.value, entry.detail) for entry in gas} == {
        ("0.72 kg", "without heat pump"),
        ("0.95 kg", "with heat pump"),
    }


def test_tyre_sizes_give_the_wheels_diameter() -> None:
    wheels = data().values(attribute(data(), WHEEL_DIAMETER), frozenset({("Heron 1.5T", 2026)}))
    assert {entry.amount.value for entry in wheels if entry.amount} == {17.0, 18.0}


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ("115 kW (156 hp)", "", (115, "kW")),
        ("6 h 30 min at 7.4 kW", "", (6.5, "h")),
        ("11 kW, three-phase", "", (11, "kW")),
        ("10.1", "Central display size in inches", (10.1, "inches")),
        ("2.5", "Rear (bar)", (2.5, "bar")),
        ("149", "Price", (149, None)),
        ("lithium-ion, 1.4 kWh", "", (1.4, "kWh")),
        ("15,000 km or 12 months", "", None),
        ("1,445 kg / 1,975 kg", "", None),
        ("engine 142 Nm; electric motor 206 Nm (not added together)", "", None),
        ("DOT 4 LV", "", None),
        ("option on Wren 58 only", "", None),
        ("yes, 12-volt battery only", "", None),
        ("not approved for towing", "", None),
        ("", "", None),
    ],
)
def test_a_cell_gives_one_figure_or_none(value: str, name: str, expected: tuple[float, str | None] | None) -> None:
    amount = measured(value, name)
    assert (amount and (amount.value, amount.unit.label if amount.unit else None)) == expected


def test_another_makers_tables_are_read_the_same() -> None:
    table = b"""# Norvik data

| | Alba S | Alba L 2024 | Alba L 2025 |
|---|---|---|---|
| Cargo volume | 12 cubic feet | 15 cubic feet | same |

## Little Brio

| Brio | |
|---|---|
| Range | 310 miles |
"""
    rows = b"vehicle,model_year,tank_l,colour\nAlba L,2025,40,red\nBrio,2025,38,blue\n"
    chunks = [*bundled.chunks_of("data/norvik.md", table), *bundled.chunks_of("data/more.csv", rows)]
    made = parse(chunks, OTHER_MAKER)
    assert values(made, "Cargo volume") == {
        ("Alba S", 2024): "12 cubic feet",
        ("Alba S", 2025): "12 cubic feet",
        ("Alba L", 2024): "15 cubic feet",
        ("Alba L", 2025): "15 cubic feet",
    }
    assert values(made, "Range") == {("Brio", 2025): "310 miles"}
    assert values(made, "Tank") == {("Alba L", 2025): "40 l", ("Brio", 2025): "38 l"}


@pytest.mark.parametrize(
    "text",
    [
        "| Model | Power |\n|---|---|\n| Wren 42 |\n| | |\n",
        "| Wren 42 | Wren 58 |\n|---|---|\n| | |\n",
        "| Model | Power |\n|---|---|\n" + "| Wren 42 | 85 kW |\n" * 2000,
        "| Model | " + "x" * 3000 + " |\n|---|---|\n| Wren 42 | " + "9" * 1000 + " |\n",
        "| Model | Power |\n|---|---|\n| Wren 42'; DROP TABLE facts; -- | 85 kW'); DELETE FROM facts; -- |\n",
    ],
)
def test_odd_tables_do_no_harm(text: str) -> None:
    made = parse(bundled.chunks_of("specs/odd.md", f"# Odd\n\n{text}".encode()), bundled.vehicles())
    for one in made.attributes.all:
        assert json.dumps([entry.value for entry in made.values(one)])


def test_nothing_is_made_of_nothing() -> None:
    assert parse([], Vehicles()).attributes.all == ()
    assert parse([], bundled.vehicles()).attributes.meant("power") == ()


def test_what_is_for_some_cars_only_the_others_do_not_have() -> None:
    pump = values(data(), "Heat pump")
    assert pump["Wren 58", 2025] == "option on Wren 58 only"
    assert pump["Wren 42", 2025] == "no, option on Wren 58 only"
