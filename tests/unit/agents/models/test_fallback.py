import pytest

from agents.model import Finish, Message, ModelFailed
from agents.models.failover import Budget
from agents.models.fallback import FallbackModel
from tests.unit.agents.scripted_model import ScriptedModel

ASKED = (Message("user", "Hello?"),)
QUICK = Budget(first_token=0.1, gap=0.02, backoff=0.001, retries=0)


def refused() -> ModelFailed:
    return ModelFailed("LLM_UNAVAILABLE", "refused")


async def test_the_next_one_answers_where_the_first_cannot() -> None:
    model = FallbackModel([ScriptedModel([refused()]), ScriptedModel(["There."], label="test:two")], QUICK)
    said = [item async for item in model.stream(ASKED, 100)]
    assert said[0] == "There."
    assert isinstance(said[-1], Finish)
    assert said[-1].usage.model == "test:two"


async def test_its_length_is_the_smaller_limit() -> None:
    model = FallbackModel([ScriptedModel(["a"] * 50)], QUICK)
    said = [item async for item in model.stream(ASKED, 5)]
    assert "".join(item for item in said if isinstance(item, str)) == "aaaaa"
    assert isinstance(said[-1], Finish)
    assert said[-1].truncated


async def test_a_schema_is_filled_by_the_first_that_can() -> None:
    model = FallbackModel([ScriptedModel(filled=refused()), ScriptedModel(filled={"a": 1})], QUICK)
    assert (await model.fill(ASKED, {"title": "x"})).value == {"a": 1}


async def test_where_none_can_the_last_failure_is_told() -> None:
    model = FallbackModel([ScriptedModel([refused()], filled=refused())], QUICK)
    with pytest.raises(ModelFailed):
        await model.fill(ASKED, {"title": "x"})
    with pytest.raises(ModelFailed):
        _ = [item async for item in model.stream(ASKED, 10)]


def test_there_has_to_be_one() -> None:
    with pytest.raises(ValueError, match="no model"):
        FallbackModel([], QUICK)
