"""What is said in danger to a customer whose maker's documents are not about vehicles."""

from typing import get_args

import pytest

from agents.context import Outcome, Resources
from agents.diagnosis import wording
from agents.diagnosis.danger import Kind
from agents.diagnosis.emergencies import SAFETY_ADVICE, TELEPHONE_NUMBERS
from agents.language.words import words
from agents.vehicles.range import Vehicles
from rag.types import Passage
from tests import bundled
from tests.tool_contexts import case, context
from tests.unit.agents.diagnosis.workshop_manual import RESOURCES
from tests.unit.rag.hashing import HashingEmbedder

OF_DRIVERS = {"vehicle", "car", "drive", "driving", "hazard", "roadside", "belts", "traffic", "steering"}
MANUAL = """# Descaler

## If somebody swallowed descaler

Do not induce vomiting, and rinse the mouth with water. Call the poison centre on 0800 555 111.

## Help

Customer service answers on 0800 555 222, technical assistance on 0800 555 333.
"""


def of_a_maker(text: str) -> Resources:
    chunks = bundled.chunks_of("handbook/descaler.md", text.encode())

    async def search(sought: str, *, subjects: object, k: int) -> tuple[Passage, ...]:
        return tuple(Passage(chunk, 1.0) for chunk in chunks)[:k]

    return Resources(
        Vehicles(), bundled.Parsed(chunks, Vehicles()), search, HashingEmbedder(), RESOURCES.appointment_store
    )


async def told(kind: str, resources: Resources) -> tuple[Outcome, str]:
    made, _ = context(resources, case(""))
    outcome = await made.call(SAFETY_ADVICE, {"kind": kind, "told": "help"})
    assert outcome.result is not None
    return outcome, wording.in_danger(outcome.result.value, outcome.first_number)


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("text", [MANUAL, "# Care\n\nWipe it.\n"], ids=["with numbers", "without"])
async def test_nobody_is_advised_as_a_driver(kind: str, text: str) -> None:
    _, said = await told(kind, of_a_maker(text))
    assert not OF_DRIVERS & set(words(said)) - ({"traffic"} if kind == "crash" else set()), said
    assert "112" in said


@pytest.mark.parametrize("kind", get_args(Kind))
def test_nor_where_nothing_can_be_looked_up(kind: Kind) -> None:
    said = wording.danger_alone(kind)
    assert "112" in said
    assert not {"vehicle", "roadside"} & set(words(said))


async def test_poison_is_answered_with_the_centre_and_the_orders_of_the_documents() -> None:
    outcome, said = await told("poison", of_a_maker(MANUAL))
    assert outcome.result is not None
    assert outcome.result.value["telephone"] == {"poison centre": "0800 555 111", "customer care": "0800 555 222"}
    assert "Do not induce vomiting" in said
    assert said.index("112") < said.index("0800 555 111")


@pytest.mark.parametrize("line", ["Emergency line", "Our gas emergency number", "The emergency hotline, day and night"])
async def test_a_makers_own_line_for_emergencies_is_named_after_the_emergency_services(line: str) -> None:
    manual = f"{MANUAL}\n## Emergencies\n\n{line}: +47 800 11 911.\n"
    outcome, said = await told("burn", of_a_maker(manual))
    assert outcome.result is not None
    assert outcome.result.value["telephone"] == {
        "emergency line": "+47 800 11 911",
        "customer care": "0800 555 222",
    }
    assert said.index("112") < said.index("+47 800 11 911") < said.index("0800 555 222")


async def test_customer_care_that_is_called_in_an_emergency_is_customer_care() -> None:
    outcome, _ = await told("burn", of_a_maker("# Help\n\nIn an emergency call customer care on 0800 555 222.\n"))
    assert outcome.result is not None
    assert outcome.result.value["telephone"] == {"customer care": "0800 555 222"}


async def test_a_leak_of_fuel_may_be_one_of_gas() -> None:
    manual = """# Boiler

## If you smell gas

Do not touch any switch, and light no flame. Leave the house at once, and call the gas line from outside.
"""
    _, said = await told("fuel", of_a_maker(manual))
    assert "switch it off" not in said.casefold()
    assert "call from outside" in said
    assert "Do not touch any switch" in said


async def test_a_maker_without_vehicles_has_no_roadside_assistance() -> None:
    made, _ = context(of_a_maker(MANUAL), case(""))
    outcome = await made.call(TELEPHONE_NUMBERS, {})
    assert outcome.result is not None
    assert outcome.result.value["telephone"] == {"customer care": "0800 555 222"}


async def test_a_maker_of_vehicles_advises_drivers() -> None:
    _, said = await told("fire", RESOURCES)
    assert "keep well away from the vehicle" in said
    assert "Roadside assistance" in said
