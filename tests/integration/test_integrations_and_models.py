"""The ecosystem's doors on a server with a model and with rate limits: usage, failures, and clients that go away."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.agui_client import kinds, run
from tests.conversing import talking
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

QUESTION: list[Any] = [{"role": "user", "content": "What is the roof load of the Wren?"}]


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("doors") / "data")
    settings = {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": "2",
        "PITCREW_TOKEN_GAP_S": "1",
        "PITCREW_RATE_LIMITS": "on",
    }
    with serving(own, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


def opened(served: Served, user: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.http}/v1", api_key=served.token(user), max_retries=0)


def test_usage_is_the_providers(served: Served) -> None:
    with opened(served, "usage") as client:
        whole = client.chat.completions.create(model="pitcrew", messages=QUESTION)
        with client.chat.completions.create(
            model="pitcrew", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        ) as chunks:
            last = list(chunks)[-1]
    assert whole.usage is not None
    assert whole.usage.completion_tokens > 0
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    assert last.usage is not None
    assert last.usage.prompt_tokens > 0


def test_the_length_limit_is_said(served: Served, provider: Control) -> None:
    provider.script({"kind": "length", "after": 5})
    with opened(served, "length") as client:
        answer = client.chat.completions.create(model="pitcrew", messages=QUESTION)
    assert answer.choices[0].finish_reason == "length"


def test_a_told_conversation_reaches_the_model(served: Served, provider: Control) -> None:
    told = [{"role": "user", "content": "My name is Olga."}, {"role": "assistant", "content": "Hello Olga."}, *QUESTION]
    with opened(served, "teller") as client:
        client.chat.completions.create(model="specs", messages=told)
    said = [message["content"] for message in provider.requests()[-1]["messages"]]
    assert any("My name is Olga." in str(text) for text in said)


@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "whole"])
async def test_who_goes_away_stops_the_model(served: Served, provider: Control, stream: bool) -> None:
    provider.script(always={"kind": "endless"})
    async with openai.AsyncOpenAI(base_url=f"{served.http}/v1", api_key=served.token("leaver")) as client:
        asked = asyncio.ensure_future(
            client.chat.completions.create(model="pitcrew", messages=QUESTION, stream=stream)  # type: ignore[call-overload]
        )
        if stream:
            chunks = await asked
            while not (await anext(chunks)).choices[0].delta.content:
                continue
            await chunks.close()
        else:
            await asyncio.to_thread(provider.wait_until, 10, open=1)
            asked.cancel()
    await asyncio.to_thread(provider.wait_until, 5, open=0)


def test_an_agui_client_that_stops_stops_the_model(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    stopping = {"message": "What is the roof load of the Wren?", "abortAfter": "TEXT_MESSAGE_CONTENT"}
    run(f"{served.http}/agui", served.token("stopper"), "stopping", stopping)
    provider.wait_until(5, open=0)


async def rest(chunks: Any) -> None:
    async for _ in chunks:
        continue


async def test_stopped_from_elsewhere(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    user, session = "elsewhere", {"session_id": "both"}
    async with (
        talking(served.chat, served.token(user)) as talk,
        openai.AsyncOpenAI(base_url=f"{served.http}/v1", api_key=served.token(user), max_retries=0) as client,
    ):
        chunks = await client.chat.completions.create(model="pitcrew", messages=QUESTION, stream=True, metadata=session)
        while not (await anext(chunks)).choices[0].delta.content:
            continue
        await talk.send({"type": "cancel", "session_id": "both"})
        with pytest.raises(openai.APIError) as stopped:
            await rest(chunks)
    assert stopped.value.code == "cancelled"


async def test_too_many_messages(served: Served) -> None:
    async with openai.AsyncOpenAI(base_url=f"{served.http}/v1", api_key=served.token("eager"), max_retries=0) as client:
        asked = [client.chat.completions.create(model="pitcrew", messages=QUESTION) for _ in range(21)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 1
    assert isinstance(refused[0], openai.RateLimitError)
    assert refused[0].code == "rate_limit_exceeded"
    assert 0 < int(refused[0].response.headers["Retry-After"]) <= 61  # the minute, rounded up


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [({"kind": "stall", "after": 5}, 504, "llm_stalled"), ({"kind": "status", "status": 500}, 502, "llm_unavailable")],
    ids=["stalled", "refused"],
)
def test_failed_answers(served: Served, provider: Control, fault: dict[str, Any], status: int, code: str) -> None:
    """The last test of this module: a provider that has failed often is left alone for a while."""
    provider.script(always=fault)
    with opened(served, code) as client:
        with pytest.raises(openai.APIStatusError) as failed:
            client.chat.completions.create(model="pitcrew", messages=QUESTION)
        assert (failed.value.status_code, failed.value.code) == (status, code)
        assert failed.value.response.headers["x-should-retry"] == "true"
        with (
            client.chat.completions.create(model="pitcrew", messages=QUESTION, stream=True) as chunks,
            pytest.raises(openai.APIError) as midway,
        ):
            list(chunks)
        assert midway.value.code == code
    (told,) = run(f"{served.http}/agui", served.token(f"agui {code}"), "failing", {"message": "The Wren's roof load?"})
    assert kinds(told)[-1] == "RUN_ERROR"
    assert told["events"][-1]["code"] == code.upper()
