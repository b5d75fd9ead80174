from collections.abc import Mapping
from typing import Any, get_args

import pytest

from agents.context import Outcome
from agents.diagnosis.danger import Kind
from agents.diagnosis.emergencies import SAFETY_ADVICE, TELEPHONE_NUMBERS
from agents.diagnosis.safety import advice
from agents.diagnosis.tools import FIND_CAUSES, LOOK_UP_FAULT_CODE, NEXT_CHECK
from agents.tool import Tool
from tests.tool_contexts import case, context
from tests.unit.agents.diagnosis.workshop_manual import RESOURCES


async def call(tool: Tool[Any], arguments: Mapping[str, Any], facts: Mapping[str, str] | None = None) -> Outcome:
    made, _ = context(RESOURCES, case("", facts=facts))
    return await made.call(tool, arguments)


async def value(tool: Tool[Any], arguments: Mapping[str, Any], facts: Mapping[str, str] | None = None) -> Any:
    outcome = await call(tool, arguments, facts)
    assert outcome.result is not None, outcome.error
    return outcome.result.value


async def test_a_code_is_looked_up_exactly() -> None:
    found = await value(LOOK_UP_FAULT_CODE, {"code": "p 0420", "vehicle": "Heron 1.5T 2026"})
    assert found == {
        "code": "P0420",
        "known": True,
        "rows": [
            {
                "meaning": "catalyst efficiency low",
                "likely_cause": "aged catalyst or misfires",
                "what_to_do": "workshop",
                "may_drive_on": "yes",
                "system": "emissions",
                "applies_to": "Heron; Plover",
                "applies_to_the_vehicle": True,
            }
        ],
    }


async def test_a_code_that_is_not_listed_is_not_explained_by_another() -> None:
    outcome = await call(LOOK_UP_FAULT_CODE, {"code": "P0421"})
    assert outcome.result is not None
    assert outcome.result.value == {"code": "P0421", "known": False, "rows": []}
    assert outcome.result.evidence == ()


async def test_whose_code_it_is() -> None:
    assert (await value(LOOK_UP_FAULT_CODE, {"code": "P0087"}))["rows"][0]["applies_to_the_vehicle"] is None
    wren = await value(LOOK_UP_FAULT_CODE, {"code": "P0087"}, {"model": "Wren"})
    assert wren["rows"][0]["applies_to_the_vehicle"] is False


@pytest.mark.parametrize("code", ["", "engine", "P9999", "P0420 and P0171", "x" * 40, "'; DROP"])
async def test_what_is_not_one_code_is_refused_with_what_to_do(code: str) -> None:
    outcome = await call(LOOK_UP_FAULT_CODE, {"code": code})
    assert outcome.result is None
    assert outcome.error is not None
    assert "not one trouble code" in outcome.error


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (LOOK_UP_FAULT_CODE, {}),
        (LOOK_UP_FAULT_CODE, {"code": 7}),
        (LOOK_UP_FAULT_CODE, {"code": "P0420", "user_id": "ada"}),
        (LOOK_UP_FAULT_CODE, {"code": "P" * 10_000}),
        (FIND_CAUSES, {"symptom": ""}),
        (FIND_CAUSES, {"symptom": ["a"]}),
        (NEXT_CHECK, {"symptom": "x", "done": "none"}),
        (NEXT_CHECK, {"symptom": "x", "done": [{"check": "a", "outcome": "perhaps"}]}),
        (NEXT_CHECK, {"symptom": "x", "codes": ["P"] * 1_000}),
        (SAFETY_ADVICE, {"kind": "spiders"}),
        (SAFETY_ADVICE, {"kind": "fire", "told": "x" * 100_000}),
        (TELEPHONE_NUMBERS, {"of": "the minister"}),
    ],
)
async def test_arguments_are_checked(tool: Tool[Any], arguments: Mapping[str, Any]) -> None:
    outcome = await call(tool, arguments)
    assert outcome.error is not None
    assert outcome.error.startswith("The arguments are not right")


async def test_causes_come_in_order_with_a_row_each_and_a_note() -> None:
    outcome = await call(FIND_CAUSES, {"symptom": "the vehicle does not charge", "vehicle": "Wren 58"})
    assert outcome.result is not None
    causes = outcome.result.value["causes"]
    assert [one["probability"] for one in causes] == sorted((one["probability"] for one in causes), reverse=True)
    assert len(outcome.result.evidence) == len(causes)
    assert outcome.result.value["do_first"] == ""
    for cause, evidence in zip(causes, outcome.result.evidence, strict=True):
        chunk = evidence.passage.chunk
        assert f"Cause: {cause['cause']} |" in chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
    assert outcome.result.note is not None
    assert outcome.result.note["symptom"] == "vehicle does not charge"
    assert outcome.result.note["vehicle"] == [("Wren 58", 2025), ("Wren 58", 2026)]


@pytest.mark.parametrize("symptom", ["the moon is full", "vehicle does not charge"])
async def test_a_symptom_that_is_not_known_or_not_of_this_vehicle_has_no_checks(symptom: str) -> None:
    outcome = await call(FIND_CAUSES, {"symptom": symptom, "vehicle": "Osprey"})
    assert outcome.error is not None
    assert "no guided checks" in outcome.error


async def test_what_to_do_first_is_cited_from_its_own_row_behind_the_causes() -> None:
    outcome = await call(FIND_CAUSES, {"symptom": "engine overheats", "vehicle": "Heron 1.5T"})
    assert outcome.result is not None
    evidence = outcome.result.evidence
    assert len(evidence) == len(outcome.result.value["causes"]) + 1
    chunk = evidence[-1].passage.chunk
    row = chunk.text[evidence[-1].start - chunk.start : evidence[-1].end - chunk.start]
    assert f"First: {outcome.result.value['do_first']} |" in row


async def test_one_check_at_a_time_until_a_cause_is_found() -> None:
    done: list[dict[str, str]] = []
    asked = []
    for outcome in ("no", "unknown", "yes"):
        found = await value(NEXT_CHECK, {"symptom": "vehicle does not charge", "vehicle": "Wren", "done": done})
        asked.append(found["ask"])
        done.append({"check": found["about"] if outcome == "no" else found["ask"], "outcome": outcome})
    assert len(set(asked)) == 3
    found = await value(NEXT_CHECK, {"symptom": "vehicle does not charge", "vehicle": "Wren", "done": done})
    assert found["cause"].startswith("fault of the plug")
    assert found["sure"]
    assert found["done_by"] == "customer"


async def test_a_person_where_nothing_fits() -> None:
    found = await value(NEXT_CHECK, {"symptom": "humming that rises with speed"})
    done = [
        {"check": name, "outcome": answer} for name, answer in zip(found["still_possible"], ("no", "no"), strict=True)
    ]
    outcome = await call(NEXT_CHECK, {"symptom": "humming that rises with speed", "done": done})
    assert outcome.result is not None
    assert outcome.result.value["nothing_fits"]
    assert outcome.result.person


@pytest.mark.parametrize(
    "arguments",
    [
        {"symptom": "spiders in the boot"},
        {"symptom": "vehicle does not charge", "done": [{"check": "spiders", "outcome": "yes"}]},
    ],
)
async def test_what_was_never_named_is_refused(arguments: Mapping[str, Any]) -> None:
    outcome = await call(NEXT_CHECK, arguments)
    assert outcome.result is None
    assert outcome.error is not None


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_advice_begins_with_how_to_get_out_of_the_danger(kind: Kind) -> None:
    outcome = await call(SAFETY_ADVICE, {"kind": kind, "told": "help"})
    assert outcome.result is not None
    given = outcome.result.value
    assert given["say_first"]
    assert given["telephone"]["roadside assistance"] == "0700 555 999"
    assert ("emergency services" in given["telephone"]) == advice(kind, driving=True).emergency
    assert len(outcome.result.evidence) == len(given["documents_say"]) + len(given["telephone"])


@pytest.mark.parametrize(
    ("kind", "told", "said"),
    [
        ("brakes", "the brake pedal sinks to the floor", "do not drive on if the pedal sinks to the floor"),
        ("fuel", "strong smell of petrol", "do not start the engine"),
        ("high_voltage", "orange cable is torn", "Do not touch orange cables"),
        ("fire", "smoke from below my Wren", "metres"),
    ],
)
async def test_advice_quotes_what_the_documents_order(kind: str, told: str, said: str) -> None:
    given = await value(SAFETY_ADVICE, {"kind": kind, "told": told})
    assert any(said in text for text in given["documents_say"]), given


async def test_the_numbers_are_those_of_the_documents() -> None:
    assert await value(TELEPHONE_NUMBERS, {}) == {
        "telephone": {"roadside assistance": "0700 555 999", "customer care": "0700 555 000"}
    }
