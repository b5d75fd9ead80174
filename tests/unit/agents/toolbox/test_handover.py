from typing import Any

import pytest

from agents.context import Outcome, Resources
from agents.models.tool_calls import to_openai
from agents.tool import PassOn
from agents.toolbox.handover import handover
from agents.vehicles.range import Vehicles
from tests.tool_contexts import case, context

COLLEAGUES = (("maintenance", "Service and appointments."), ("specs", "Figures."))
RESOURCES = Resources(Vehicles(), None, None, None, None)  # type: ignore[arg-type]


async def called(name: str, **arguments: Any) -> Outcome:
    desk, _ = context(RESOURCES, case("When is it due?"))
    tools = {tool.name: tool for tool in handover(COLLEAGUES)}
    return await desk.call(tools[name], arguments)


async def test_a_question_goes_on_with_what_was_found() -> None:
    outcome = await called("pass_on", specialist="specs", question="How wide is it?", findings="It is a Wren.")
    assert outcome.result is not None
    assert outcome.result.pass_on == PassOn("specs", "How wide is it?", {"summary": "It is a Wren."})


@pytest.mark.parametrize(
    "wrong",
    [
        {"specialist": "staff_desk"},
        {"specialist": ["specs"]},
        {"question": ""},
        {"question": "x" * 2001},
        {"findings": "x" * 2001},
        {"role": "staff"},
    ],
)
async def test_only_to_colleagues_and_in_bounds(wrong: dict[str, Any]) -> None:
    outcome = await called("pass_on", **({"specialist": "specs", "question": "How wide?"} | wrong))
    assert outcome.result is None
    assert outcome.error is not None
    assert next(iter(wrong)) in outcome.error


async def test_a_person_is_asked_for_with_the_reason() -> None:
    outcome = await called("hand_to_person", reason="They smell fuel.")
    assert outcome.result is not None
    assert outcome.result.person == "They smell fuel."


def test_a_model_is_shown_who_there_is() -> None:
    on, person = (to_openai(tool)["function"] for tool in handover(COLLEAGUES))
    assert on["parameters"]["properties"]["specialist"]["enum"] == ["maintenance", "specs"]
    assert "Service and appointments." in on["description"]
    assert person["name"] == "hand_to_person"
    assert [tool.name for tool in handover(())] == ["hand_to_person"]


def test_the_same_colleagues_have_the_same_tools() -> None:
    assert handover(COLLEAGUES) is handover(COLLEAGUES)
