"""The tools over the spec tables: what they give, and how they refuse."""

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.context import Outcome, Resources
from agents.tool import MOST_BYTES, Tool
from agents.types import ToolReturned, ToolUsed
from agents.vehicle_data.fact_table import VehicleData
from agents.vehicle_data.tools import COMPARE, CONVERT, FILTER, LOOK_UP
from rag.types import Passage
from tests import bundled
from tests.tool_contexts import case, context

HOSTILE = [
    "'; DROP TABLE facts; --",
    "kerb weight' OR '1'='1",
    "%",
    "*",
    "\x00",
    "facts",
    "1) UNION SELECT value FROM facts --",
    "ﷺ" * 90,
]


async def nothing(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Passage, ...]:
    """A search of documents without prose."""
    return ()


def resources() -> Resources:
    unused: Any = None  # no tool of this module embeds or books
    return Resources(bundled.vehicles(), bundled.reference(), nothing, unused, unused)


async def call(tool: Tool[Any], **arguments: Any) -> Outcome:
    made, told = context(resources(), case("any"))
    outcome = await made.call(tool, arguments)
    assert [type(one) for one in told.outputs] == [ToolUsed, ToolReturned]
    if outcome.result is not None:
        assert len(json.dumps(outcome.result.value)) < MOST_BYTES
        for evidence in outcome.result.evidence:
            chunk = evidence.passage.chunk
            assert chunk.start <= evidence.start < evidence.end <= chunk.end
    return outcome


async def value(tool: Tool[Any], **arguments: Any) -> Any:
    outcome = await call(tool, **arguments)
    assert outcome.result is not None, outcome.error
    return outcome.result.value


async def error(tool: Tool[Any], **arguments: Any) -> str:
    outcome = await call(tool, **arguments)
    assert outcome.error is not None, outcome.result
    return outcome.error


def stated(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["vehicle"]: row["value"] for row in rows}


async def test_a_figure_is_looked_up_with_its_row() -> None:
    outcome = await call(LOOK_UP, attribute="power", vehicle="Wren 58", year=2026)
    assert outcome.result is not None
    (row,) = outcome.result.value["rows"]
    assert (row["value"], row["number"], row["unit"]) == ("115 kW", 115.0, "kW")
    (evidence,) = (outcome.result.evidence[source] for source in row["sources"])
    chunk = evidence.passage.chunk
    text = chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
    assert text.startswith("Model: Wren | Variant: Wren 58 | Model year: 2026")
    assert "Power: 115 kW" in text


async def test_neighbouring_rows_are_one_stretch_and_all_are_cited() -> None:
    outcome = await call(LOOK_UP, attribute="Height", vehicle="Plover")
    assert outcome.result is not None
    for evidence in outcome.result.evidence:
        chunk = evidence.passage.chunk
        text = chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
        assert all(line.startswith("Model: Plover") for line in text.splitlines())


async def test_without_a_vehicle_every_ones_value_is_given() -> None:
    found = stated((await value(LOOK_UP, attribute="roof load"))["rows"])
    assert found == {"Wren": "50 kg", "Heron": "75 kg", "Osprey": "80 kg", "Plover": "100 kg"}


async def test_the_variant_may_be_given_apart() -> None:
    rows = (await value(LOOK_UP, attribute="boot", vehicle="Heron", variant="Heron Hybrid"))["rows"]
    assert [row["value"] for row in rows] == ["505 l"]


async def test_an_unknown_attribute_names_the_closest() -> None:
    told = await error(LOOK_UP, attribute="kerbside weigth of it all", vehicle="Wren")
    assert "'Kerb weight'" in told


async def test_unknown_vehicles_and_years_name_the_known_ones() -> None:
    assert "Wren 42, Wren 58, Heron 1.5T" in await error(LOOK_UP, attribute="power", vehicle="Golf")
    assert "The model years are: 2025, 2026" in await error(LOOK_UP, attribute="power", vehicle="Wren", year=2022)


async def test_what_a_table_does_not_say_of_a_vehicle_is_said_so() -> None:
    assert "do not give" in await error(LOOK_UP, attribute="wading depth", vehicle="Wren")


async def test_vehicles_are_ranked() -> None:
    found = await value(COMPARE, attribute="torque", vehicles=["Osprey", "Heron 1.5T"])
    assert [row["value"] for row in found["rows"]] == ["440 Nm", "420 Nm", "385 Nm", "260 Nm", "250 Nm"]
    found = await value(COMPARE, attribute="top speed", order="lowest", year=2026)
    assert found["rows"][0]["vehicle"] == "Wren 42 (2026)"


async def test_what_has_no_single_figure_is_told_apart() -> None:
    found = await value(COMPARE, attribute="torque")
    assert [row["vehicle"] for row in found["without_figure"]] == ["Heron Hybrid"]
    found = await value(COMPARE, attribute="electric range")
    assert found["not_in_tables"] == "Heron, Osprey, Plover"


async def test_only_figures_of_one_measure_are_compared() -> None:
    found = await value(COMPARE, attribute="combined consumption", order="lowest")
    assert {row["unit"] for row in found["rows"]} == {"l/100 km"}
    assert {row["unit"] for row in found["without_figure"]} == {"kWh/100 km"}


@pytest.mark.parametrize(
    ("operator", "amount", "unit", "expected"),
    [
        ("<", 4, "m", {"Wren"}),
        ("<=", 3985, "mm", {"Wren"}),
        ("<", 3985, None, set()),
        (">=", 4590, "mm", {"Heron", "Osprey"}),
        (">", 4590, "mm", {"Osprey"}),
        ("=", 4.21, "m", {"Plover"}),
        ("=", 156.89, "inches", set()),
    ],
)
async def test_vehicles_are_chosen_by_a_figure(
    operator: str, amount: float, unit: str | None, expected: set[str]
) -> None:
    found = await value(FILTER, attribute="length", operator=operator, value=amount, unit=unit)
    assert set(stated(found["matching"])) == expected


async def test_every_vehicle_either_matches_or_does_not() -> None:
    found = await value(FILTER, attribute="wheel diameter", operator="=", value=18, unit="inch")
    assert set(stated(found["matching"])) == {"Heron 1.5T", "Osprey 2.2D automatic"}
    cars = {tuple(car) for row in (*found["matching"], *found["not_matching"]) for car in row["cars"]}
    assert len(cars) == 14


async def test_vehicles_are_chosen_by_what_they_have() -> None:
    found = await value(FILTER, attribute="heat pump", operator="has")
    assert {row["vehicle"].split()[0] for row in found["matching"]} == {"Wren"}


async def test_units_are_converted() -> None:
    found = await value(CONVERT, amount=2.4, unit="bar", to="psi")
    assert (found["text"], found["unit"]) == ("34.8 psi", "psi")
    assert "no unit" in await error(CONVERT, amount=1, unit="parsec", to="km")
    assert "measures" in await error(CONVERT, amount=1, unit="kg", to="km")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (LOOK_UP, {}),
        (LOOK_UP, {"attribute": ""}),
        (LOOK_UP, {"attribute": 5}),
        (LOOK_UP, {"attribute": "power", "year": "next"}),
        (LOOK_UP, {"attribute": "power", "year": 99999}),
        (LOOK_UP, {"attribute": "x" * 301}),
        (LOOK_UP, {"attribute": "power", "sql": "SELECT 1"}),
        (COMPARE, {"attribute": "power", "vehicles": "Wren"}),
        (COMPARE, {"attribute": "power", "vehicles": ["Wren"] * 50}),
        (COMPARE, {"attribute": "power", "order": "sideways"}),
        (FILTER, {"attribute": "length", "operator": "LIKE", "value": 4}),
        (FILTER, {"attribute": "length", "operator": "<"}),
        (FILTER, {"attribute": "length", "operator": "<", "value": float("nan")}),
        (FILTER, {"attribute": "length", "operator": "<", "value": 4, "unit": "kg"}),
        (FILTER, {"attribute": "length", "operator": "<", "value": 4, "unit": "cubits"}),
        (CONVERT, {"amount": float("inf"), "unit": "l", "to": "ml"}),
        (CONVERT, {"amount": "much", "unit": "l", "to": "ml"}),
        (CONVERT, {"amount": 0, "unit": "mpg", "to": "l/100km"}),
    ],
)
async def test_wrong_arguments_are_refused_in_words(tool: Tool[Any], arguments: dict[str, Any]) -> None:
    assert "cannot be looked up" not in await error(tool, **arguments)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_words_are_words(text: str) -> None:
    before = await value(LOOK_UP, attribute="Kerb weight")
    await error(LOOK_UP, attribute=text, vehicle="Wren")
    await error(LOOK_UP, attribute="Kerb weight", vehicle=text)
    await error(COMPARE, attribute="Kerb weight", vehicles=[text])
    await error(FILTER, attribute="Kerb weight", operator="<", value=1, unit=text[:80])
    await error(CONVERT, amount=1, unit=text[:80], to="kg")
    assert await value(LOOK_UP, attribute="Kerb weight") == before


@example("0", "²")
@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
async def test_any_words_end_in_an_answer_or_in_words(attribute: str, vehicle: str) -> None:
    for arguments in ({"attribute": attribute}, {"attribute": "power", "vehicle": vehicle}):
        outcome = await call(LOOK_UP, **arguments)
        assert outcome.result is not None or "That did not work" not in (outcome.error or "")


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        (LOOK_UP, {"attribute": "kerb weight"}),
        (COMPARE, {"attribute": "kerb weight"}),
        (FILTER, {"attribute": "kerb weight", "operator": ">", "value": 1, "unit": "kg"}),
    ],
    ids=["look up", "compare", "filter"],
)
async def test_the_tables_are_read_in_a_thread(
    tool: Tool[Any], asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are a database: the loop that serves everybody else does not wait for it."""
    worked: set[threading.Thread] = set()
    read = VehicleData.values

    def noted(*arguments: Any) -> Any:
        worked.add(threading.current_thread())
        return read(*arguments)

    monkeypatch.setattr(VehicleData, "values", noted)
    await value(tool, **asked)
    assert worked
    assert threading.main_thread() not in worked
