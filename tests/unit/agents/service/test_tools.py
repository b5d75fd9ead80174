from typing import Any

import pytest

from agents.context import Outcome, Resources
from agents.service.tools import PLAN_SERVICE, SERVICE_SCHEDULE
from agents.tool import Tool
from agents.types import ToolReturned, ToolUsed
from tests.tool_contexts import case, context
from tests.unit.agents.scheduled import RESOURCES, VEHICLES, Documents

HYBRID = {"model": "Heron", "variant": "Heron Hybrid", "model_year": 2025}


async def called(tool: Tool[Any], resources: Resources = RESOURCES, **arguments: Any) -> Outcome:
    desk, told = context(resources, case("What is due?"))
    outcome = await desk.call(tool, arguments)
    assert [type(one) for one in told.outputs] == [ToolUsed, ToolReturned]
    assert len(told.passages) == (len(outcome.result.evidence) if outcome.result else 0)
    return outcome


async def planned(**arguments: Any) -> dict[str, dict[str, Any]]:
    outcome = await called(PLAN_SERVICE, **(HYBRID | arguments))
    assert outcome.result is not None, outcome.error
    return {row["item"]: row for row in outcome.result.value["items"]}


async def test_what_is_due_with_the_row_that_says_so() -> None:
    outcome = await called(PLAN_SERVICE, **HYBRID, mileage=43_000, last_service_date="2025-01-10")
    assert outcome.result is not None
    rows = outcome.result.value["items"]
    assert outcome.result.value["vehicle"] == "Heron Hybrid (2025)"
    assert rows[0] == {
        "item": "Service",
        "state": "overdue",
        "every": "15,000 km or 12 months",
        "due_at_km": None,
        "due_on": "2026-01-10",
        "km_left": None,
        "days_left": -51,
        "with_service": False,
        "is_the_service": True,
    }
    assert len(outcome.result.evidence) == len(rows)
    for row, evidence in zip(rows, outcome.result.evidence, strict=True):
        chunk = evidence.passage.chunk
        line = chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
        assert row["with_service"] or row["item"].split()[0].casefold() in line.casefold() or row["is_the_service"]


async def test_miles_are_counted_as_kilometres() -> None:
    rows = await planned(mileage=27_000, last_service_mileage=18_000, unit="miles")
    assert rows["Service"]["due_at_km"] == 28_968 + 15_000


async def test_one_item_and_its_own_last_change() -> None:
    rows = await planned(mileage=43_000, item="brake fluid", item_changed_date="2023-06-01")
    assert [(name, row["state"], row["due_on"]) for name, row in rows.items()] == [
        ("Brake fluid", "overdue", "2025-06-01")
    ]
    rows = await planned(mileage=43_000, item="engine oil", last_service_date="2025-09-01")
    assert rows["Engine oil with filter"]["due_on"] == "2026-09-01"
    rows = await planned(mileage=130_000, item="spark plugs", item_never_changed=True)
    assert rows["Spark plugs"]["state"] == "overdue"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"mileage": -1}, "greater than or equal to 0"),
        ({"mileage": 10_000_000}, "please check the mileage"),
        ({"mileage": 1_500_000, "unit": "miles"}, "please check the mileage"),
        ({"mileage": float("inf")}, "finite"),
        ({"mileage": float("nan")}, "mileage"),
        ({"mileage": "lots"}, "mileage"),
        ({"mileage": [1]}, "mileage"),
        ({"unit": "furlongs"}, "unit"),
        ({"last_service_date": "2027-01-01"}, "in the future"),
        ({"last_service_date": "2026-03-03"}, "in the future"),
        ({"last_service_date": "1066-10-14"}, "before the vehicle was built"),
        ({"last_service_date": "29.02.2025"}, "last_service_date"),
        ({"last_service_date": "2025-02-29"}, "last_service_date"),
        ({"first_registered": "2020-06-01"}, "first registration would lie before"),
        ({"first_registered": "2025-06-01", "last_service_date": "2025-05-01"}, "before the first registration"),
        ({"last_service_mileage": 50_000}, "higher than the one now"),
        ({"model": "Zephyr"}, "no such vehicle"),
        ({"model": "'; DROP TABLE vehicles; --"}, "no such vehicle"),
        ({"variant": "Turbo S"}, "no such vehicle"),
        ({"model_year": 2019}, "no such vehicle"),
        ({"model_year": 99_999}, "model_year"),
        ({"variant": None, "model_year": None}, "schedules differ"),
        ({"item": "flux capacitor"}, "no such item"),
        ({"item": "x" * 10_000}, "item"),
        ({"item": "\x00"}, "no such item"),
        ({"user_id": "bob"}, "user_id"),
    ],
)
async def test_what_cannot_be_is_said_and_not_counted(wrong: dict[str, Any], says: str) -> None:
    outcome = await called(PLAN_SERVICE, **(HYBRID | {"mileage": 43_000} | wrong))
    assert outcome.result is None
    assert outcome.error is not None
    assert says in outcome.error


async def test_today_is_not_the_future_and_names_are_taken_as_they_are_written() -> None:
    rows = await planned(mileage=43_000, last_service_date="2026-03-02")
    assert rows["Service"]["due_on"] == "2027-03-02"
    for variant in ("hybrid", "Hybrid", "heron hybrid", "HERON HYBRID"):
        assert (await planned(model="heron", variant=variant, mileage=43_000))["Service"]["every"]


async def test_the_schedule_of_each_vehicle_that_may_be_meant() -> None:
    outcome = await called(SERVICE_SCHEDULE, model="Heron", item="service")
    assert outcome.result is not None
    assert outcome.result.value == {
        "schedules": [
            {
                "vehicle": "Heron 1.5T (2025), Heron Hybrid",
                "items": [{"item": "Service", "every": "15,000 km or 12 months"}],
            },
            {"vehicle": "Heron 1.5T (2026)", "items": [{"item": "Service", "every": "20,000 km or 12 months"}]},
        ]
    }
    whole = await called(SERVICE_SCHEDULE, **HYBRID)
    assert whole.result is not None
    assert len(whole.result.value["schedules"][0]["items"]) == len(whole.result.evidence) == 9


async def test_a_knowledge_base_without_schedules_says_so() -> None:
    empty = Resources(VEHICLES, Documents(lambda: (), VEHICLES), None, None, None)  # type: ignore[arg-type]
    outcome = await called(PLAN_SERVICE, empty, **HYBRID, mileage=43_000)
    assert outcome.error == "The documents hold no service schedule for this vehicle. Say so."
