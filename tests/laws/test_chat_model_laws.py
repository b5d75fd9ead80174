"""What every implementation of agents.model.ChatModel owes, over a real connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from pydantic import Field

from agents.context import ToolContext
from agents.model import CallPiece, ChatModel, Finish, Message, ModelFailed, Streamed, ToolCall, ToolCalls
from agents.models.breaker import Breaker
from agents.models.openai_compatible import OpenAICompatible
from agents.models.providers import PROVIDERS, Model
from agents.models.tool_support import ToolSupport
from agents.tool import Arguments, Result, Tool
from tests.model_server.running import Control, running_model_server

MESSAGES = (
    Message("system", "Answer from the passages."),
    Message("user", '<passage number="1">\nThe engine takes 4.5 litres of oil.\n</passage>\nQuestion: How much oil?'),
)
SCHEMA = {
    "title": "answer",
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


class LookUp(Arguments):
    fluid: str = Field(description="Which fluid.")
    litres: bool = True


class Remind(Arguments):
    pass


async def run(given: Any, context: ToolContext) -> Result:
    return Result(None)


TOOLS: tuple[Tool[Any], ...] = (
    Tool("look_up", "Looks a fluid up.", LookUp, run),
    Tool("remind", "Sets a reminder.", Remind, run),
)
LOOK_UP = {"name": "look_up", "arguments": {"fluid": "oil, 5W-30 “long life”"}}

IMPLEMENTATIONS: dict[str, Callable[[Model], ChatModel]] = {
    "openai_compatible": OpenAICompatible,
    "by LangChain's stream": lambda model: OpenAICompatible(model, traces=True),
    "tool support": lambda model: ToolSupport(OpenAICompatible(model)),
    "breaker": lambda model: Breaker(OpenAICompatible(model)),
}
Build = Callable[[str], ChatModel]


@pytest.fixture(scope="module")
def running() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest.fixture
def server(running: Control) -> Control:
    running.reset()
    return running


@pytest.fixture(params=IMPLEMENTATIONS)
async def build(request: pytest.FixtureRequest, server: Control) -> AsyncIterator[Build]:
    made: list[ChatModel] = []

    def make(name: str) -> ChatModel:
        model = Model(PROVIDERS["openai"], name, server.base_url, "sk-any")
        made.append(IMPLEMENTATIONS[request.param](model))
        return made[-1]

    yield make
    for model in made:
        await model.aclose()


async def test_a_stream_is_text_and_then_one_finish(build: Build) -> None:
    *texts, finish = [item async for item in build("scripted").stream(MESSAGES, 100)]
    assert all(isinstance(text, str) and text for text in texts)
    text = "".join(map(str, texts))
    assert text == "The engine takes 4.5 litres of oil [1]."
    assert isinstance(finish, Finish)
    assert not finish.truncated
    assert finish.usage.output_tokens == len(text.split())  # the script's tokens; several may have come as one piece
    assert finish.usage.input_tokens > 0


@pytest.mark.parametrize("name", ["fault-no_finish", "fault-empty", "fault-cut-2", "fault-html", "fault-status-500"])
async def test_a_stream_without_its_finish_or_text_has_failed(build: Build, server: Control, name: str) -> None:
    items: list[Streamed] = []

    async def listen() -> None:
        async for item in build(name).stream(MESSAGES, 100):
            items.append(item)

    with pytest.raises(ModelFailed) as caught:
        await listen()
    assert not any(isinstance(item, Finish) for item in items)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert (await asyncio.to_thread(server.wait_until, open=0))["requests"] == 1


async def test_the_length_limit_reaches_the_provider(build: Build) -> None:
    *texts, finish = [item async for item in build("script-50tok").stream(MESSAGES, 7)]
    assert len("".join(map(str, texts)).split()) == 7
    assert isinstance(finish, Finish)
    assert finish.truncated


async def test_closing_a_stream_closes_its_connection(build: Build, server: Control) -> None:
    async with aclosing(build("fault-endless").stream(MESSAGES, 100)) as stream:
        await anext(stream)
    await asyncio.to_thread(server.wait_until, 1.0, open=0, aborted=1)


async def test_cancelling_a_stream_closes_its_connection(build: Build, server: Control) -> None:
    task = asyncio.ensure_future(anext(build("fault-never").stream(MESSAGES, 100)))
    await asyncio.to_thread(server.wait_until, open=1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(server.wait_until, 1.0, open=0, aborted=1)


async def test_fills_a_schema(build: Build) -> None:
    filled = await build("scripted").fill(MESSAGES, SCHEMA)
    assert filled.value == {"text": "How much oil?"}
    assert filled.usage.input_tokens > filled.usage.cached_tokens > 0
    assert filled.usage.output_tokens > 0
    assert filled.usage.model == "openai:scripted"


async def test_filling_is_limited_in_length(build: Build, server: Control) -> None:
    await build("scripted").fill(MESSAGES, SCHEMA)
    assert 0 < server.requests()[-1]["max_completion_tokens"] <= 4096


@pytest.mark.parametrize("name", ["fault-prose", "fault-html", "fault-status-401", "fault-reset"])
async def test_what_is_no_object_has_failed(build: Build, server: Control, name: str) -> None:
    with pytest.raises(ModelFailed):
        await build(name).fill(MESSAGES, SCHEMA)
    assert server.stats()["requests"] == 1


async def test_a_failure_that_the_caller_reports_is_no_reason_to_refuse_the_next_call(build: Build) -> None:
    model = build("scripted")
    model.report(ModelFailed("LLM_TIMEOUT", "no text in time"))
    assert isinstance([item async for item in model.stream(MESSAGES, 100)][-1], Finish)


async def heard(build: Build, server: Control, **turn: Any) -> tuple[str, list[ToolCall], Finish]:
    """The text, the calls and the finish of a stream with tools that is to be this turn, in the lawful order."""
    server.obey({"when": "", "turns": [turn]})
    *items, finish = [item async for item in build("scripted").stream(MESSAGES, 100, TOOLS)]
    assert isinstance(finish, Finish)
    kinds = [type(item) for item in items]
    assert kinds.count(ToolCalls) <= 1
    assert ToolCalls not in kinds[:-1]
    assert (CallPiece in kinds) == (ToolCalls in kinds)
    calls = [call for item in items if isinstance(item, ToolCalls) for call in item.calls]
    assert len({call.id for call in calls}) == len(calls)
    assert all(call.id for call in calls)
    return "".join(item for item in items if isinstance(item, str)), calls, finish


@pytest.mark.parametrize("split", [0, 1, 7])
async def test_a_call_comes_whole_however_it_is_streamed(build: Build, server: Control, split: int) -> None:
    text, (call,), finish = await heard(build, server, calls=[LOOK_UP], split=split)
    assert (text, call.name, call.arguments) == ("", "look_up", LOOK_UP["arguments"])
    assert not finish.truncated
    assert finish.usage.input_tokens > 0


@pytest.mark.parametrize("split", [0, 3])
async def test_several_calls_come_in_their_order_after_the_text(build: Build, server: Control, split: int) -> None:
    remind = {"name": "remind", "arguments": {}}
    text, calls, _ = await heard(build, server, say="Let me see.", calls=[LOOK_UP, remind, LOOK_UP], split=split)
    assert text == "Let me see."
    assert [call.name for call in calls] == ["look_up", "remind", "look_up"]
    assert [call.arguments for call in calls] == [LOOK_UP["arguments"], {}, LOOK_UP["arguments"]]


@pytest.mark.parametrize(
    "arguments",
    ['{"fluid": "oi', "oil", '["oil"]', "null", "[" * 20_000, '{"a": ' * 500 + "1" + "}" * 500, '{"a": NaN}'],
)
async def test_arguments_that_are_no_object_come_as_they_stand(build: Build, server: Control, arguments: str) -> None:
    _, (call,), _ = await heard(build, server, calls=[{"name": "look_up", "arguments": arguments}])
    assert call.arguments == arguments


@pytest.mark.parametrize("split", [0, 50])
async def test_nonsense_is_no_work(build: Build, server: Control, split: int) -> None:
    began = time.process_time()
    _, (call,), _ = await heard(build, server, calls=[{"name": "look_up", "arguments": "c" * 60_000}], split=split)
    assert call.arguments == "c" * 60_000
    server.script(always={"kind": "says", "payload": "{" + "c" * 60_000})
    with pytest.raises(ModelFailed):
        await build("scripted").fill(MESSAGES, SCHEMA)
    assert time.process_time() - began < 3


async def test_a_call_without_arguments_has_an_empty_object(build: Build, server: Control) -> None:
    _, (call,), _ = await heard(build, server, calls=[{"name": "remind", "arguments": ""}])
    assert call.arguments == {}


@pytest.mark.parametrize("name", ["delete_everything", "../../etc/passwd", "look_up" * 40])
async def test_a_tool_that_there_is_not_is_left_to_the_caller(build: Build, server: Control, name: str) -> None:
    _, (call,), _ = await heard(build, server, calls=[{"name": name, "arguments": {}}])
    assert call.name == name


async def test_finishing_for_calls_that_never_come_is_no_call(build: Build, server: Control) -> None:
    text, calls, _ = await heard(build, server, say="There are none.", finish="tool_calls")
    assert (text, calls) == ("There are none.", [])
    with pytest.raises(ModelFailed):
        await heard(build, server, finish="tool_calls")


async def test_calls_without_the_providers_finish_have_failed(build: Build, server: Control) -> None:
    server.script(always={"kind": "no_finish"})
    with pytest.raises(ModelFailed):
        await heard(build, server, calls=[LOOK_UP])


async def test_tools_and_their_results_reach_the_provider(build: Build, server: Control) -> None:
    calls = (ToolCall("call_1", "look_up", {"fluid": "oil"}), ToolCall("call_2", "remind", {}))
    results = (Message("tool", '{"result": 4.5}', call_id="call_1"), Message("tool", "{}", call_id="call_2"))
    messages = (*MESSAGES, Message("assistant", "Let me see.", calls), *results)
    _ = [item async for item in build("scripted").stream(messages, 100, TOOLS)]
    sent = server.requests()[-1]
    look_up, remind = (tool["function"] for tool in sent["tools"])
    assert (look_up["name"], look_up["description"]) == ("look_up", "Looks a fluid up.")
    assert look_up["parameters"]["properties"]["fluid"] == {"description": "Which fluid.", "type": "string"}
    assert look_up["parameters"]["required"] == ["fluid"]
    assert remind["name"] == "remind"
    said, first, second = sent["messages"][-3:]
    assert (said["role"], said["content"]) == ("assistant", "Let me see.")
    assert [(call["id"], call["function"]["name"]) for call in said["tool_calls"]] == [
        ("call_1", "look_up"),
        ("call_2", "remind"),
    ]
    assert (first["role"], first["tool_call_id"], first["content"]) == ("tool", "call_1", '{"result": 4.5}')
    assert second["tool_call_id"] == "call_2"


async def test_is_known_by_provider_and_model(build: Build) -> None:
    assert build("scripted").label == "openai:scripted"


async def test_the_same_is_asked_however_a_stream_is_read(server: Control) -> None:
    """What LangChain sends is the measure: its roles, calls of tools and their results."""
    call = ToolCall("call_1", "look_up", {"fluid": "oil"})
    talk = (*MESSAGES, Message("assistant", "", calls=(call,)), Message("tool", "4.5 litres", call_id="call_1"))
    sent = []
    for traces in (False, True):
        model = OpenAICompatible(Model(PROVIDERS["openai"], "scripted", server.base_url, "sk-any"), traces=traces)
        async with aclosing(model.stream(talk, 100, TOOLS)) as stream:
            async for _ in stream:
                pass
        await model.aclose()
        sent.append(server.requests()[-1])
    assert sent[0] == sent[1]
