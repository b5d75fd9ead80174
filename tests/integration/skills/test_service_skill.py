"""The skill over several turns, with the real schedules and the real tools."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from agents.context import Resources
from agents.learning.choice import Choices
from agents.service.skill import SKILL
from agents.skill import Handled
from agents.types import ToolUsed, Turn
from rag.embedder import Embedder
from tests.tool_contexts import case, context
from tests.unit.agents import scheduled
from tests.unit.agents.scheduled import VEHICLES, Documents

OWNED = {"model": "Heron", "variant": "Heron Hybrid", "year": "2025"}


@pytest.fixture(scope="session")
def resources(embedder: Embedder, choices: Choices) -> Resources:
    """The bundled schedules."""
    return replace(scheduled.RESOURCES, embedder=embedder, choices=choices)


async def said(
    resources: Resources, text: str, note: Mapping[str, Any] | None = None, facts: Mapping[str, str] | None = None
) -> tuple[Handled, list[str]]:
    """What comes of a message that the skill takes, and the tools it called for it."""
    of = case(text, note=note, facts=facts)
    request = await SKILL.read(of, resources)
    assert request is not None, text
    desk, told = context(resources, of)
    handled = await SKILL.act(request, desk)
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", handled.text)}
    assert markers <= {citation.number for citation in handled.citations}
    for citation in handled.citations:
        assert citation.passage.chunk.start <= citation.start < citation.end <= citation.passage.chunk.end
    return handled, [one.tool for one in told.outputs if isinstance(one, ToolUsed)]


async def conversation(resources: Resources, *lines: str, facts: Mapping[str, str] | None = None) -> list[Handled]:
    """Every line is taken up as the answer to what was asked before it."""
    answers: list[Handled] = []
    note: Mapping[str, Any] | None = None
    for line in lines:
        assert note is None or await SKILL.takes_up(case(line, note=note, facts=facts), resources)
        handled, _ = await said(resources, line, note, facts)
        answers.append(handled)
        note = handled.note
    return answers


async def test_all_in_one_message(resources: Resources) -> None:
    handled, tools = await said(
        resources, "my Heron hybrid 2025 has 44,000 km, last service was in February last year, what is due?"
    )
    assert tools == ["plan_service"]
    assert handled.status == "answered"
    assert handled.text.startswith("Heron Hybrid (2025) at 44,000 km, last serviced in February 2025:")
    assert "\n- Overdue: service: every 15,000 km or 12 months; it was due on 1 February 2026 [1]" in handled.text
    assert handled.text.endswith("Shall I look for an appointment for: service?")
    assert handled.text.index("Overdue:") < handled.text.index("To check")
    assert handled.note is not None
    assert handled.note["work"] == "service"


async def test_one_missing_thing_is_asked_for_at_a_time(resources: Resources) -> None:
    answers = await conversation(
        resources, "when is my next service?", "the Heron", "1.5T", "2026", "about 27k miles", "last March"
    )
    assert [one.status for one in answers] == ["asked_back"] * 5 + ["answered"]
    questions = [one.text.rsplit("] ", 1)[-1].rsplit(". ", 1)[-1] for one in answers[:2]]
    assert "Which one is yours: Wren, Heron, Osprey or Plover?" in answers[0].text
    assert questions[1].endswith("Which one is yours: Heron 1.5T or Heron Hybrid?")
    assert answers[2].text.endswith("Which model year is it: 2025 or 2026?")
    assert answers[3].text.endswith("what mileage does it show now?")
    assert "When was the last service" in answers[4].text
    assert "it was due on 1 March 2026" in answers[5].text
    assert "27,000 miles" in answers[5].text


async def test_what_the_schedule_says_is_told_before_the_question(resources: Resources) -> None:
    handled, tools = await said(resources, "is the brake fluid due?", facts=OWNED)
    assert tools == ["service_schedule"]
    assert handled.text.startswith("Heron Hybrid (2025): brake fluid every 2 years [1].")
    assert handled.status == "asked_back"


async def test_an_item_alone(resources: Resources) -> None:
    *_, done = await conversation(resources, "is the brake fluid due?", "June 2023", facts=OWNED)
    assert done.text == (
        "It is overdue. Brake fluid: every 2 years; it was due on 1 June 2025. [1] "
        "Shall I look for an appointment for: brake fluid?"
    )
    fresh, _ = await said(resources, "is the air filter due? 43,000 km", facts=OWNED)
    assert fresh.text.startswith("It is not due yet. Air filter: every 60,000 km; due at 60,000 km (17,000 km to go)")
    assert "appointment" not in fresh.text


async def test_minds_are_changed(resources: Resources) -> None:
    facts = OWNED
    *_, wrong, right = await conversation(
        resources, "what is due? 43,000 km", "May 2025", "sorry, 58,900 km", facts=facts
    )
    assert "at 43,000 km" in wrong.text
    assert "at 58,900 km" in right.text
    *_, fluid = await conversation(resources, "what is due? 43,000 km", "May 2025", "and the brake fluid?", facts=facts)
    assert "brake fluid every 2 years" in fluid.text
    assert fluid.status == "asked_back"


async def test_what_cannot_be_is_asked_again(resources: Resources) -> None:
    answers = await conversation(
        resources, "What is due on my Heron Hybrid 2025? 10000000 km", "43,000", "May 2027", "at 99,000 km", "28,500 km"
    )
    assert "No car has driven more than 2,000,000 km" in answers[0].text
    assert "lie in the future" in answers[2].text
    assert "higher than the one now" in answers[3].text
    assert [one.status for one in answers] == ["asked_back"] * 4 + ["answered"]
    assert "at 43,500 km" in answers[4].text


async def test_not_knowing_is_an_answer(resources: Resources) -> None:
    *_, told = await conversation(resources, "what is due?", "no idea", "I don't know", facts=OWNED)
    assert told.status == "answered"
    assert "Without the mileage and the date or mileage of the last service I cannot say it more exactly." in told.text


async def test_a_vehicle_that_nobody_knows_is_asked_for_again(resources: Resources) -> None:
    _, again = await conversation(resources, "what is due on my Heron?", "not sure")
    assert again.status == "asked_back"
    assert "registration document" in again.text


async def test_general_questions_are_left_to_the_documents(resources: Resources) -> None:
    for text in ("how often does the Wren need service?", "When is my timing belt due?", "Which oil goes in?"):
        assert await SKILL.read(case(text, facts=OWNED), resources) is None


async def test_without_schedules_it_claims_nothing(resources: Resources) -> None:
    empty = replace(resources, reference=Documents(lambda: (), VEHICLES))
    assert await SKILL.read(case("what is due? 43,000 km", facts=OWNED), empty) is None


async def test_a_vehicle_taken_from_the_range_is_asked_for_again(resources: Resources) -> None:
    note = {"cars": [["Gone 1", 2020]], "known": {"mileage_km": 43_000.0}, "item": "", "asked": "service"}
    handled, _ = await said(resources, "last March", note)
    assert handled.status == "asked_back"
    assert "Which one is yours" in handled.text


async def test_a_yes_to_the_offer_is_never_lost(resources: Resources) -> None:
    planned, _ = await said(
        resources, "my Heron hybrid 2025 has 44,000 km, last service was in February last year, what is due?"
    )
    yes = case("yes please", note=planned.note, history=[Turn("customer", "?"), Turn("assistant", planned.text)])
    assert await SKILL.takes_up(yes, resources)
    request = await SKILL.read(yes, resources)
    desk, _ = context(resources, yes)
    handled = await SKILL.act(request, desk)  # type: ignore[arg-type]
    assert handled.status == "asked_back"
    assert "Book service for next Tuesday morning" in handled.text
    assert not await SKILL.takes_up(case("yes please", note=planned.note), resources)


async def test_what_a_job_costs_and_then_another(resources: Resources) -> None:
    first, second = await conversation(resources, "how much is brake fluid for an Osprey?", "and the big service")
    assert first.text == "Brake fluid change: 99 euros (Osprey) [1]."
    assert second.text == "Major service: 569 euros (Osprey) [1]."


async def test_what_was_due_is_what_a_price_is_asked_of(resources: Resources) -> None:
    *_, cost = await conversation(
        resources, "is the brake fluid due?", "June 2023", "what will that cost?", facts=OWNED
    )
    assert "89 euros" in cost.text
    assert "Major" not in cost.text


async def test_how_often_and_for_how_much(resources: Resources) -> None:
    handled, tools = await said(resources, "how often is the brake fluid of the Plover changed and what does it cost?")
    assert tools == ["service_schedule", "look_up_price"]
    assert "every 2 years" in handled.text
    assert "89 euros" in handled.text


async def test_what_was_told_before_is_not_asked(resources: Resources) -> None:
    before = [
        Turn("customer", "it has 44,000 km on it, last service was in February last year"),
        Turn("assistant", "Noted."),
    ]
    of = case("so what is due now?", facts=OWNED, history=before)
    request = await SKILL.read(of, resources)
    handled = await SKILL.act(request, context(resources, of)[0])  # type: ignore[arg-type]
    assert handled.text.startswith("Heron Hybrid (2025) at 44,000 km, last serviced in February 2025:")


@pytest.mark.parametrize("text", ["what does a wheel bearing cost?", "how much is the new Heron?"])
async def test_a_price_that_no_list_has_is_left_to_the_documents(text: str, resources: Resources) -> None:
    assert await SKILL.read(case(text), resources) is None
