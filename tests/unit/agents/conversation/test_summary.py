import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from agents.chat.prompt import write_prompt
from agents.conversation.summary import SUMMARY_CHARACTERS, Summariser, exchanges, newest
from agents.types import Question, Summarised, Task, Turn
from agents.vehicles.range import Vehicles
from tests.unit.agents.scripted_model import ScriptedModel

RANGE = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Finch,Finch 40,2025;2026,electric,,
Robin,Robin Hybrid,2026,hybrid,petrol,"""
)
OLDER = (
    Turn("customer", "What is the roof load of the Finch 40?"),
    Turn("assistant", "It is 50 kg [1]. The carrier counts.", "specs"),
    Turn("customer", "thanks!"),
    Turn("assistant", "You are welcome.", None),
    Turn("customer", "And the Robin Hybrid?"),
    Turn("assistant", "75 kg [2].", "specs"),
    Turn("customer", "Yes"),
    Turn("assistant", "Your appointment is booked for Tuesday, 10:00. Bring the papers.", "maintenance"),
)


def test_each_question_is_a_line_with_the_beginning_of_its_answer() -> None:
    assert exchanges(OLDER, RANGE) == [
        "roof load of the Finch 40: It is 50 kg.",
        "roof load of the Robin Hybrid: 75 kg.",
        "Your appointment is booked for Tuesday, 10:00.",
    ]


async def test_the_summary_goes_on_where_it_was() -> None:
    asked = Question("next", summary="tyres of the Finch: 2.5 bar.", older=OLDER, older_upto=17)
    summed = await Summariser(RANGE).summarise(asked)
    assert summed is not None
    assert summed.upto == 17
    assert summed.text.splitlines()[:2] == ["tyres of the Finch: 2.5 bar.", "roof load of the Finch 40: It is 50 kg."]


async def test_nothing_new_is_not_summed_up() -> None:
    model = ScriptedModel(filled={"summary": "x"})
    assert await Summariser(RANGE, model).summarise(Question("next", summary="s")) is None
    assert model.called == 0


@pytest.mark.parametrize("filled", [None, {"summary": 7}, {"summary": "  "}, {"text": "x"}])
async def test_without_a_good_word_from_the_model_the_rules_do_it(filled: Mapping[str, Any] | None) -> None:
    summed = await Summariser(RANGE, ScriptedModel(filled=filled)).summarise(Question("n", older=OLDER, older_upto=1))
    assert summed is not None
    assert summed.text.startswith("roof load of the Finch 40")


async def test_the_model_words_it_and_is_not_waited_for_long() -> None:
    asked = Question("next", older=OLDER, older_upto=5)
    told = await Summariser(RANGE, ScriptedModel(filled={"summary": "They asked\nfor loads [1]."})).summarise(asked)
    assert told == Summarised("They asked for loads.", 5)

    class Late(ScriptedModel):
        async def fill(self, *arguments: Any) -> Any:
            await asyncio.Event().wait()

    late = await Summariser(RANGE, Late(), seconds=0.01).summarise(asked)
    assert late is not None
    assert late.text.startswith("roof load")


def test_the_oldest_fades_first_from_a_line_or_sentence_on() -> None:
    lines = [f"subject {n}: {'word ' * 10}" for n in range(60)]
    kept = newest("\n".join(lines))
    assert len(kept) <= SUMMARY_CHARACTERS
    assert kept.splitlines() == lines[-len(kept.splitlines()) :]
    assert newest("First. " * 400).startswith("First. ")
    assert len(newest("x" * 5_000)) == SUMMARY_CHARACTERS


async def test_a_prompt_is_no_longer_at_turn_200_than_at_turn_20() -> None:
    summary, sizes = "", []
    summariser = Summariser(RANGE)
    for n in range(100):
        pair = (
            Turn("customer", f"What is part {n:03} of the Finch 40 for?"),
            Turn("assistant", f"For {n:03} kg. " * 9, "specs"),
        )
        told = await summariser.summarise(Question("next", summary=summary, older=pair * 3, older_upto=n + 1))
        assert told is not None
        summary = told.text
        prompt = write_prompt(Task("q", "Answer.", (), history=pair * 3, facts={"model": "Finch"}, summary=summary))
        assert "Earlier in this conversation:" in prompt[-1].text
        sizes.append(sum(len(message.text) for message in prompt))
    assert max(sizes[90:]) <= max(sizes[10:20])
