from collections.abc import Mapping
from typing import Any

import pytest

from agents.conversation.rewrite import MOST_CHARACTERS, ModelRewriter
from agents.types import Question, Turn
from tests.unit.agents.scripted_model import ScriptedModel

HISTORY = (Turn("customer", "What oil does the Heron take?"), Turn("assistant", "5W-30 [1].", "maintenance"))


@pytest.mark.parametrize(
    ("filled", "rewritten"),
    [
        ({"question": " How much oil\ndoes the Heron take? "}, "How much oil does the Heron take?"),
        ({"question": " \n"}, None),
        ({"question": "x" * (MOST_CHARACTERS + 1)}, None),
        ({"question": 5}, None),
        ({"text": "How much?"}, None),
        (None, None),
    ],
)
async def test_only_a_short_text_counts(filled: Mapping[str, Any] | None, rewritten: str | None) -> None:
    assert await ModelRewriter(ScriptedModel(filled=filled)).rewrite(Question("How much?", HISTORY)) == rewritten


async def test_a_first_message_needs_no_call() -> None:
    model = ScriptedModel(filled={"question": "else"})
    assert await ModelRewriter(model).rewrite(Question("How much oil?")) is None
    assert model.called == 0
