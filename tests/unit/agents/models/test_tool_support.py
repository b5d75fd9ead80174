from collections.abc import Sequence
from typing import Any

import pytest

from agents.context import ToolContext
from agents.model import CallPiece, Finish, Message, ModelFailed, Streamed, ToolCall, ToolCalls, ToolsRefused
from agents.models.tool_support import NO_TOOLS, ToolSupport
from agents.models.warm_up import warm_up
from agents.tool import Arguments, Result, Tool
from agents.types import Usage
from tests.unit.agents.scripted_model import ScriptedModel

MESSAGES = (Message("system", "Rules."), Message("user", "Question: how much oil?"))
CALL = ToolCalls((ToolCall("1", "look_up", {}),))
WRITTEN = '{"name": "look_up", "arguments": {}}'
REFUSED = ToolsRefused("LLM_UNAVAILABLE", "no tools", fault="request")


async def run(given: Any, context: ToolContext) -> Result:
    return Result(None)


TOOLS: Sequence[Tool[Any]] = (Tool("look_up", "Looks up.", Arguments, run),)


async def said(model: ToolSupport, tools: Sequence[Tool[Any]] = TOOLS) -> list[Streamed]:
    return [event async for event in model.stream(MESSAGES, 100, tools) if not isinstance(event, CallPiece)]


async def test_a_model_that_refuses_tools_answers_without_and_is_remembered() -> None:
    inner = ScriptedModel([REFUSED], ["4.5 litres."])
    model = ToolSupport(inner)
    assert model.calls_tools
    assert (await said(model))[0] == "4.5 litres."
    assert not model.calls_tools
    assert inner.offered == [("look_up",), ()]
    assert inner.heard[1][0].text == f"Rules.\n\n{NO_TOOLS}"
    assert inner.heard[1][1:] == MESSAGES[1:]
    await said(model)
    assert inner.offered[2:] == [()]


async def test_a_call_written_as_text_is_never_said() -> None:
    inner = ScriptedModel([WRITTEN], ["4.5 ", "litres."])
    model = ToolSupport(inner)
    assert await said(model) == ["4.5 ", "litres.", Finish(False, Usage(2, 2, "test:one"))]
    assert model.calls_tools, "once is nothing"


async def test_words_before_a_written_call_stand_apart_from_the_answer() -> None:
    inner = ScriptedModel(["I look it up.\n", WRITTEN], [" 4.5 litres."])
    text = "".join(event for event in await said(ToolSupport(inner)) if isinstance(event, str))
    assert text == "I look it up.\n\n\n4.5 litres."


async def test_a_model_that_only_ever_writes_calls_is_offered_none_any_more() -> None:
    model = ToolSupport(ScriptedModel([WRITTEN], ["Yes."], [WRITTEN], ["Yes."]))
    await said(model)
    await said(model)
    assert not model.calls_tools


async def test_a_model_that_has_called_may_be_talked_into_writing_calls() -> None:
    model = ToolSupport(ScriptedModel([CALL], *[[WRITTEN], ["Yes."]] * 3))
    for _ in range(4):
        await said(model)
    assert model.calls_tools


async def test_calls_and_prose_pass() -> None:
    model = ToolSupport(ScriptedModel(["Well:\n{braces}\n", CALL]))
    events = await said(model)
    assert "".join(event for event in events if isinstance(event, str)) == "Well:\n{braces}\n"
    assert CALL in events


async def test_other_failures_are_the_callers_business() -> None:
    model = ToolSupport(ScriptedModel([ModelFailed("LLM_UNAVAILABLE", "status 500", transient=True)]))
    with pytest.raises(ModelFailed):
        await said(model)
    assert model.calls_tools


async def test_warming_up_finds_out_and_never_fails() -> None:
    toolless, failing = ScriptedModel([REFUSED], ["Hello."]), ScriptedModel([ModelFailed("LLM_UNAVAILABLE", "down")])
    models = [ToolSupport(failing), ToolSupport(toolless)]
    await warm_up(models)
    assert [model.calls_tools for model in models] == [True, False]
