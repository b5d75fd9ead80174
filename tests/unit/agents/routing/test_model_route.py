from collections.abc import Mapping
from typing import Any

import pytest

from agents.routing.model_route import OUT_OF_SCOPE, ModelRouter
from agents.specialist import Specialist
from tests.unit.agents.scripted_model import ScriptedModel

CATALOGUE = tuple(Specialist(name, name, f"All of {name}.", (), (name,), "") for name in ("specs", "maintenance"))


@pytest.mark.parametrize(
    ("filled", "chosen"),
    [
        ({"specialist": "specs"}, "specs"),
        ({"specialist": OUT_OF_SCOPE}, OUT_OF_SCOPE),
        ({"specialist": "Specs, I think"}, None),
        ({"specialist": ["specs"]}, None),
        ({"agent": "specs"}, None),
        ({}, None),
        (None, None),
    ],
)
async def test_only_a_choice_that_was_offered_counts(filled: Mapping[str, Any] | None, chosen: str | None) -> None:
    model = ScriptedModel(filled=filled)
    assert await ModelRouter(model).route("How heavy is it?", CATALOGUE) == chosen
    assert model.called == 1
