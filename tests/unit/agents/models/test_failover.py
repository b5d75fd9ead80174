import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from agents.model import CallPiece, CircuitOpen, Finish, ModelFailed, ToolCall, ToolCalls
from agents.models.failover import Budget, stream_first_able
from agents.types import Usage
from tests.unit.agents.scripted_model import SILENCE, ScriptedModel, Step

QUICK = Budget(first_token=0.1, gap=0.02, max_tokens=10, backoff=0.001)


def busy(retry_after: float | None = None) -> ModelFailed:
    return ModelFailed("LLM_RATE_LIMITED", "busy", transient=True, retry_after=retry_after)


def refused() -> ModelFailed:
    return ModelFailed("LLM_UNAVAILABLE", "refused")


async def said(*models: ScriptedModel, budget: Budget = QUICK) -> list[str | ToolCalls | Finish]:
    items = [item async for item in stream_first_able(models, (), budget)]
    assert all(model.open == 0 for model in models)
    return items


async def reason(*models: ScriptedModel, budget: Budget = QUICK) -> str:
    with pytest.raises(ModelFailed) as caught:
        await said(*models, budget=budget)
    assert all(model.open == 0 for model in models)
    return caught.value.reason


async def test_passes_the_text_and_the_finish_on() -> None:
    model = ScriptedModel(["a", "b"])
    *texts, finish = await said(model)
    assert texts == ["a", "b"]
    assert isinstance(finish, Finish)
    assert finish.usage.model == "test:one"


async def test_a_silent_leader_leaves_time_to_its_fallback() -> None:
    leader, fallback = ScriptedModel([SILENCE]), ScriptedModel(["late"])
    assert (await said(leader, fallback, budget=Budget(first_token=0.6)))[0] == "late"


async def test_a_fallback_goes_before_a_long_wait() -> None:
    leader, fallback = ScriptedModel([busy(5)]), ScriptedModel(["there"])
    assert (await said(leader, fallback, budget=Budget(first_token=60)))[0] == "there"
    assert leader.called == 1


async def test_what_cannot_pass_is_not_retried() -> None:
    model = ScriptedModel([refused()])
    assert await reason(model) == "LLM_UNAVAILABLE"
    assert model.called == 1


async def test_retries_stop_at_the_budget() -> None:
    model = ScriptedModel([busy()])
    assert await reason(model) == "LLM_RATE_LIMITED"
    assert model.called == 1 + QUICK.retries


async def test_silence_midway_is_a_stall_and_not_retried() -> None:
    model, fallback = ScriptedModel(["a", SILENCE]), ScriptedModel(["b"])
    assert await reason(model, fallback) == "LLM_STALLED"
    assert (model.called, fallback.called) == (1, 0)


async def test_a_failure_midway_starts_nothing_again() -> None:
    model, fallback = ScriptedModel(["a", busy()]), ScriptedModel(["b"])
    assert await reason(model, fallback) == "LLM_RATE_LIMITED"
    assert (model.called, fallback.called) == (1, 0)


@pytest.mark.parametrize("pieces", [["word "] * 1000, ["x" * 100_000, "more"]])
async def test_a_flood_is_cut_at_the_limit(pieces: list[str]) -> None:
    *texts, finish = await said(ScriptedModel(pieces))
    assert isinstance(finish, Finish)
    assert finish.truncated
    assert len("".join(map(str, texts))) <= QUICK.max_tokens * 8
    assert len(texts) <= QUICK.max_tokens


async def test_an_answer_of_exactly_the_limit_is_whole() -> None:
    *texts, finish = await said(ScriptedModel(["word "] * QUICK.max_tokens))
    assert len(texts) == QUICK.max_tokens
    assert isinstance(finish, Finish)
    assert not finish.truncated


async def test_closing_closes_the_model() -> None:
    model = ScriptedModel(["a", SILENCE])
    async with aclosing(stream_first_able((model,), (), QUICK)) as stream:
        assert await anext(stream) == "a"
        assert model.open == 1
    assert model.open == 0


async def test_a_call_of_a_tool_is_a_beginning_as_text_is() -> None:
    calls = ToolCalls((ToolCall("call_1", "look_up", {}),))
    model, fallback = ScriptedModel([CallPiece(9), calls]), ScriptedModel(["there"])
    assert await said(model, fallback) == [calls, Finish(False, Usage(1, 1, "test:one"))]
    breaking = ScriptedModel([CallPiece(9), busy()])
    assert await reason(breaking, fallback) == "LLM_RATE_LIMITED"
    assert (breaking.called, fallback.called) == (1, 0)
    assert await reason(ScriptedModel([CallPiece(9), SILENCE]), fallback) == "LLM_STALLED"


@pytest.mark.parametrize("pieces", [[CallPiece(1)] * 1000, [CallPiece(100_000)] * 2])
async def test_a_flood_of_arguments_is_cut_at_the_limit(pieces: list[Step]) -> None:
    (finish,) = await said(ScriptedModel([*pieces, ToolCalls((ToolCall("1", "a", "{"),))]))
    assert isinstance(finish, Finish)
    assert finish.truncated


def unasked(*, transient: bool, retry_after: float) -> CircuitOpen:
    return CircuitOpen("LLM_UNAVAILABLE", "not asked", transient=transient, retry_after=retry_after)


async def test_a_model_that_is_not_asked_costs_its_fallback_no_time() -> None:
    leader, fallback = ScriptedModel([unasked(transient=True, retry_after=0.05)]), ScriptedModel(["there"])
    began = asyncio.get_running_loop().time()
    assert (await said(leader, fallback))[0] == "there"
    assert asyncio.get_running_loop().time() - began < 0.05
    assert leader.called == 1


async def test_the_failure_is_one_of_a_model_that_was_asked() -> None:
    unready = [ScriptedModel([unasked(transient=False, retry_after=seconds)]) for seconds in (300, 5, 60)]
    with pytest.raises(ModelFailed) as caught:
        await said(*unready)
    assert caught.value.retry_after == 5
    assert await reason(*unready, ScriptedModel([busy()]), budget=replace(QUICK, retries=0)) == "LLM_RATE_LIMITED"


async def test_a_lone_model_is_waited_for_where_that_is_promising() -> None:
    model = ScriptedModel([unasked(transient=True, retry_after=0.02)], ["there"])
    assert (await said(model))[0] == "there"
    model = ScriptedModel([unasked(transient=False, retry_after=0.02)], ["there"])
    assert await reason(model) == "LLM_UNAVAILABLE"
    assert model.called == 1


@pytest.mark.parametrize("script", [[SILENCE], ["a", SILENCE]])
async def test_the_model_hears_that_it_was_too_slow(script: list[Step]) -> None:
    model = ScriptedModel(script)
    told = await reason(model)
    assert [failure.reason for failure in model.reported] == [told]


async def test_a_cancelled_answer_is_no_failure_of_the_model() -> None:
    model = ScriptedModel([SILENCE])
    task = asyncio.ensure_future(said(model, budget=Budget()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (model.reported, model.open) == ([], 0)
