"""What every implementation of agents.model.ChatModel owes, over a real connection."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing

import pytest

from agents.model import ChatModel, Finish, Message, ModelFailed
from agents.models.breaker import Breaker
from agents.models.openai_compatible import OpenAICompatible
from agents.providers import PROVIDERS, Model
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

IMPLEMENTATIONS: dict[str, Callable[[Model], ChatModel]] = {
    "openai_compatible": OpenAICompatible,
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
    assert "".join(map(str, texts)) == "The engine takes 4.5 litres of oil [1]."
    assert isinstance(finish, Finish)
    assert not finish.truncated
    assert finish.usage.output_tokens == len(texts)
    assert finish.usage.input_tokens > 0


@pytest.mark.parametrize("name", ["fault-no_finish", "fault-empty", "fault-cut-2", "fault-html", "fault-status-500"])
async def test_a_stream_without_its_finish_or_text_has_failed(build: Build, server: Control, name: str) -> None:
    items: list[str | Finish] = []

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
    assert len(texts) == 7
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
    assert await build("scripted").fill(MESSAGES, SCHEMA) == {"text": "How much oil?"}


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


async def test_is_known_by_provider_and_model(build: Build) -> None:
    assert build("scripted").label == "openai:scripted"
