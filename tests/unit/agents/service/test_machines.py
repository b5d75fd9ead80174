"""What is due on products that do not drive."""

from typing import Any

from agents.context import Resources
from agents.service.inquiry import Request
from agents.service.schedules import parse
from agents.service.skill import SKILL
from agents.service.vehicle_use import Slots
from agents.skill import Handled
from tests import machines
from tests.tool_contexts import case, context


async def due(variant: str, item: str = "") -> Handled:
    unused: Any = None
    resources = Resources(machines.VEHICLES, machines.reference(), unused, unused, unused)
    made, _ = context(resources, case("when is it due for service?"))
    return await SKILL.act(Request(frozenset({(variant, 2025)}), Slots(), item), made)


async def test_nobody_is_asked_for_a_mileage() -> None:
    for item in ("", "seals"):
        asked = await due("Litro 30", item)
        assert asked.status == "asked_back"
        assert "mileage" not in asked.text
        assert "registration" not in asked.text


async def test_where_no_service_is_named_it_is_all_that_is_to_be_done() -> None:
    asked = await due("Litro 30")
    assert "descale every 3 months" in asked.text
    assert "replace the seals every 2 years" in asked.text


async def test_a_row_for_several_models_is_for_one_that_has_a_single_variant_too() -> None:
    schedules = parse(machines.chunks(), machines.VEHICLES)
    assert [entry.item for entry in schedules.of("Litro 30", 2025)] == ["Descale", "Replace the seals"]
    assert [entry.item for entry in schedules.of("Cima 8", 2025)] == ["Replace the seals"]
