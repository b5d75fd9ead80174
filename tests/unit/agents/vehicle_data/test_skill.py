"""The vehicle-data skill: what it takes for itself, what it says, and how it understands the next message."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.context import Case, Resources
from agents.conversation.followup import standalone
from agents.skill import Handled
from agents.types import Question, StandaloneQuestion, ToolUsed, Turn
from agents.vehicle_data.skill import SKILL
from tests import bundled
from tests.tool_contexts import case, context

MESSAGES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vehicle_messages.jsonl").read_text(encoding="utf-8").splitlines()
]


def resources() -> Resources:
    unused: Any = None  # the skill searches, embeds and books nothing
    return Resources(bundled.vehicles(), bundled.reference(), unused, unused, unused)


class Talk:
    """A conversation with the skill alone, message by message, as the graph leads it."""

    def __init__(self, facts: dict[str, str] | None = None) -> None:
        self.facts = facts or {}
        self.note: dict[str, Any] = {}
        self.history: list[Turn] = []
        self.taken_up = False
        self.tools: list[str] = []

    async def say(self, text: str) -> Handled | None:
        self.facts = bundled.vehicles().facts(text, self.facts)
        as_said = self._case(StandaloneQuestion(text), text)
        self.taken_up = bool(self.note) and await SKILL.takes_up(as_said, resources())
        alone = standalone(Question(text, tuple(self.history), self.facts), bundled.vehicles())
        of = as_said if self.taken_up else self._case(alone, text)
        request = await SKILL.read(of, resources())
        handled = await self._done(request, of) if request is not None else None
        self.note = dict(handled.note) if handled and handled.note else {}
        self.history += [Turn("customer", text), Turn("assistant", handled.text if handled else "Something else.")]
        return handled

    async def _done(self, request: Any, of: Case) -> Handled:
        made, told = context(resources(), of)
        handled = await SKILL.act(request, made)
        self.tools = [output.tool for output in told.outputs if isinstance(output, ToolUsed)]
        for citation in handled.citations:
            assert told.passages[citation.number - 1] == citation.passage
            assert f"[{citation.number}]" in handled.text
        json.dumps(handled.note)
        return handled

    def _case(self, question: StandaloneQuestion, said: str) -> Case:
        return case(question, said=said, history=self.history, facts=self.facts, note=self.note)


async def talked(*lines: str, facts: dict[str, str] | None = None) -> list[Handled | None]:
    talk = Talk(facts)
    return [await talk.say(line) for line in lines]


async def texts(*lines: str, facts: dict[str, str] | None = None) -> list[str]:
    return [handled.text if handled else "" for handled in await talked(*lines, facts=facts)]


def test_there_are_enough_messages() -> None:
    assert len(MESSAGES) > 100
    assert 50 < sum(message["holds"] is None for message in MESSAGES) < 80


@pytest.mark.parametrize("message", MESSAGES, ids=[message["text"] for message in MESSAGES])
async def test_a_message_is_answered_rightly_or_left_alone(message: dict[str, Any]) -> None:
    handled = await Talk(message.get("facts")).say(message["text"])
    if message["holds"] is None:
        assert handled is None, handled.text if handled else ""
    else:
        assert handled is not None
        assert [one for one in message["holds"] if one not in handled.text] == [], handled.text
        assert handled.status == message["status"]


async def test_a_figure_comes_first_and_is_short() -> None:
    (said,) = await texts("How much power does the 2026 Wren 58 have?")
    assert said == "115 kW – power, Wren 58 (2026) [1]."


async def test_the_row_that_holds_the_figure_is_cited() -> None:
    (handled,) = await talked("kerb weight of the Osprey manual, 2026")
    assert handled is not None
    (citation,) = handled.citations
    chunk = citation.passage.chunk
    row = chunk.text[citation.start - chunk.start : citation.end - chunk.start]
    assert "Osprey 2.2D manual" in row
    assert "2026" in row
    assert "2045 kg" in row


async def test_what_is_the_same_for_all_is_simply_answered() -> None:
    said = await talked("washer fluid specification of the Wren")
    assert said[0] is not None
    assert said[0].status == "answered"
    assert "Which one" not in said[0].text


@pytest.mark.parametrize(
    ("question", "answers", "expected"),
    [
        ("What is the roof load?", ["the Plover, please"], "100 kg – roof load, Plover"),
        ("How far can I get with my Wren?", ["the 58", "2026"], "440 km – electric range, Wren 58 (2026)"),
        ("What is the boot volume of my Heron?", ["it's the hybrid"], "505 l – luggage seats up, Heron Hybrid"),
        ("What is the kerb weight of my Osprey?", ["automatic", "2025 model"], "2075 kg – kerb weight"),
        ("What pressure should be in my tyres?", ["Wren 42", "2025"], "2.4 bar (front normal), 2.3 bar (rear normal)"),
    ],
)
async def test_an_open_question_is_answered_by_a_name(question: str, answers: Sequence[str], expected: str) -> None:
    talk = Talk()
    first = await talk.say(question)
    assert first is not None
    assert first.status == "asked_back"
    for answer in answers:
        handled = await talk.say(answer)
        assert talk.taken_up, answer
    assert handled is not None
    assert expected in handled.text
    assert handled.status == "answered"


@pytest.mark.parametrize("said", ["no idea", "how do I load it?", "my Golf", "why?", "1999", "Carrick", "yes"])
async def test_anything_else_leaves_an_open_question(said: str) -> None:
    talk = Talk()
    await talk.say("What is the roof load?")
    await talk.say(said)
    assert not talk.taken_up


async def test_an_old_question_is_not_taken_up() -> None:
    talk = Talk()
    await talk.say("What is the roof load?")
    note = talk.note
    talk.history += [Turn("customer", "Where is my dealer?"), Turn("assistant", "Which town?")]
    talk.note = note
    await talk.say("Plover")
    assert not talk.taken_up


async def test_the_next_vehicle_is_asked_of_the_same() -> None:
    said = await texts("What power does the Heron 1.5T 2026 have?", "and the Heron Hybrid?", "and the 2026 Wren 58?")
    assert "118 kW" in said[0]
    assert "103 kW" in said[1]
    assert "110 kW" in said[1]
    assert "115 kW" in said[2]


async def test_the_next_attribute_is_asked_of_the_same_vehicle() -> None:
    said = await texts("What power does the 2026 Wren 58 have?", "and the torque?")
    assert said[1].startswith("270 Nm")
    said = await texts(
        "I drive a Wren 58 from 2026", "how much power does it have?", "what tyre pressure does it need?"
    )
    assert said[2].startswith("2.6 bar")


async def test_what_is_said_of_a_thing_is_not_the_vehicles() -> None:
    said = await texts("Does the Heron 1.5T have a spare wheel?", "how fast may I go with it?", "how heavy is it?")
    assert said[1:] == ["", ""]


async def test_a_figure_is_converted_and_cited_again() -> None:
    handled = await talked("How big is the fuel tank of the Heron Hybrid?", "how much is that in gallons?")
    assert handled[1] is not None
    assert handled[1].text.startswith("9.9 imperial gallons (11.9 US gallons) – that is 45 litres [1]")
    assert handled[1].citations


async def test_consumption_is_converted() -> None:
    said = await texts("What is the consumption of the Heron 1.5T 2026?", "what is that in mpg?")
    assert said[1].startswith("45.6 mpg (37.9 US mpg) – that is 6.2 l/100 km")


async def test_a_ranking_can_be_turned_round() -> None:
    said = await texts("Which model has the biggest boot?", "and the smallest?")
    assert said[0].startswith("Plover: 3100 l")
    assert said[1].startswith("Wren: 305 l")


async def test_facts_settle_which_vehicle_is_meant() -> None:
    facts = {"model": "Wren", "variant": "Wren 58", "year": "2026"}
    (said,) = await texts("what is the tyre pressure?", facts=facts)
    assert said.startswith("2.6 bar")
    assert "Which one" not in said


async def test_a_rim_size_chooses_among_tyres() -> None:
    said = await texts("tyre pressure rear full load of the 2026 Wren 58 with 17-inch wheels")
    assert said[0].startswith("3.0 bar")


async def test_only_the_tools_figures_are_said() -> None:
    talk = Talk()
    await talk.say("Which is heavier, the Wren 42 or the Plover?")
    assert talk.tools == ["compare_vehicles"]
    await talk.say("top speed of the Plover in mph")
    assert talk.tools == ["look_up_specification", "convert_units"]


def test_the_guidance_names_every_tool() -> None:
    assert all(tool.name in SKILL.guidance for tool in SKILL.tools)
    for tool in SKILL.tools:
        schema = tool.arguments.model_json_schema()
        assert all(field.get("description") for field in schema["properties"].values()), tool.name


@given(st.text(max_size=600))
async def test_any_message_is_read(text: str) -> None:
    await Talk().say(text)


@pytest.mark.parametrize("text", ["power " * 5000, "Wren " * 3000, "?" * 20_000, "(" * 5000 + ")", "1 " * 20_000])
async def test_a_huge_message_is_left_alone(text: str) -> None:
    of = case(text, said=text)
    assert await SKILL.read(of, resources()) is None
    assert not await SKILL.takes_up(of, resources())


async def test_vehicles_that_a_message_leaves_out_are_not_compared() -> None:
    every = await Talk().say("which of yours has the most boot space with all seats up")
    assert every is not None
    assert every.text.startswith("Plover")
    fewer = await Talk().say("which of yours has the most boot space with all seats up, not the Plover")
    assert fewer is not None
    assert fewer.text.startswith("Heron")
    assert "Plover" not in fewer.text


async def test_another_year_is_of_the_same_variant() -> None:
    talk = Talk()
    await talk.say("what is the range of the Wren 58 in 2025?")
    handled = await talk.say("and 2026?")
    assert handled is not None
    assert "440 km" in handled.text
    assert "318 km" not in handled.text


async def test_least_petrol_is_consumption_and_no_tank() -> None:
    handled = await Talk().say("which of your models uses the least petrol?")
    assert handled is not None
    assert "consumption" in handled.text
    assert "l/100 km" in handled.text
