"""The model path against the real server: a real OpenAI-compatible HTTP server stands for the provider."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import talking, text_of
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

KEY = "sk-canary-9f8e7d6c5b4a"


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("model") / "data")
    settings = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": "2",
        "PITCREW_TOKEN_GAP_S": "1",
    }
    with serving(own, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


async def test_streamed_and_cited_answer(served: Served, provider: Control) -> None:
    async with talking(served.chat, served.token()) as talk:
        frames = await talk.ask("What is the roof load of the Wren?")
    complete = frames[-1]
    assert complete["type"] == "complete"
    assert text_of(frames) == complete["response"]
    assert complete["metadata"]["context"]["citations"]
    assert complete["metadata"]["usage"]["output_tokens"] > 0
    assert complete["metadata"]["answerer"] == "openai:scripted"
    prompts = provider.requests()[-1]["messages"]
    assert "roof load" in prompts[-1]["content"]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "refused request": ({"kind": "status", "status": 400}, "LLM_UNAVAILABLE"),
    "too many requests": ({"kind": "status", "status": 429}, "LLM_RATE_LIMITED"),
    "server error": ({"kind": "status", "status": 500}, "LLM_UNAVAILABLE"),
    "overloaded": ({"kind": "status", "status": 529}, "LLM_UNAVAILABLE"),
    "connection reset": ({"kind": "reset"}, "LLM_UNAVAILABLE"),
    "never answers": ({"kind": "never"}, "LLM_TIMEOUT"),
    "stalls after 5 tokens": ({"kind": "stall", "after": 5}, "LLM_STALLED"),
    "cut stream": ({"kind": "cut", "after": 5}, "LLM_BAD_STREAM"),
    "HTML page": ({"kind": "html"}, "LLM_BAD_STREAM"),
    "malformed JSON": ({"kind": "malformed"}, "LLM_BAD_STREAM"),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
async def test_faults_end_in_one_terminal_frame(
    served: Served, provider: Control, fault: dict[str, Any], reason: str
) -> None:
    provider.script(always=fault)
    session = f"{fault['kind']} {fault.get('status', '')}"
    async with talking(served.chat, served.token("faults")) as talk:
        started = time.monotonic()
        frames = await talk.ask("What is the roof load of the Wren?", session_id=session)
        assert time.monotonic() - started < 15
        last = frames[-1]
        assert (last["type"], last["code"], last["reason"]) == ("error", "PROCESSING_ERROR", reason)
        assert last["retryable"] is True
        assert served.prints(last["ref"])
        provider.reset()
        again = await talk.ask("What is the roof load of the Wren?", session_id=session)
        assert again[-1]["type"] == "complete"
    durable = [frame["seq"] for frame in [*frames, *again] if "seq" in frame]
    assert durable == list(range(durable[0], durable[0] + len(durable)))
    assert KEY not in served.printed()


async def test_a_provider_that_wants_a_rest_gets_it(served: Served, provider: Control) -> None:
    provider.script({"kind": "status", "status": 429, "retry_after": "3"})
    async with talking(served.chat, served.token("resting")) as talk:
        refused = (await talk.ask("What is the roof load of the Wren?", session_id="rest"))[-1]
        assert (refused["reason"], refused["retry_after_ms"]) == ("LLM_RATE_LIMITED", 3000)
        asked = provider.stats()["requests"]
        again = (await talk.ask("What is the roof load of the Wren?", session_id="rest"))[-1]
        assert again["reason"] == "LLM_RATE_LIMITED"
        assert provider.stats()["requests"] == asked
        await asyncio.sleep(again["retry_after_ms"] / 1000 + 0.1)
        assert (await talk.ask("What is the roof load of the Wren?", session_id="rest"))[-1]["type"] == "complete"


async def test_length_limit_is_said(served: Served, provider: Control) -> None:
    provider.script({"kind": "length", "after": 5})
    async with talking(served.chat, served.token()) as talk:
        frames = await talk.ask("What is the roof load of the Wren?")
    assert frames[-1]["type"] == "complete"
    assert frames[-1]["metadata"]["truncated"] is True


async def test_a_short_hiccup_is_not_noticed(served: Served, provider: Control) -> None:
    provider.script({"kind": "status", "status": 500})
    async with talking(served.chat, served.token()) as talk:
        frames = await talk.ask("What is the roof load of the Wren?")
    assert frames[-1]["type"] == "complete"


async def test_cancel_closes_the_models_connection(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    async with talking(served.chat, served.token("canceller")) as talk:
        await talk.send({"type": "message", "message": "What is the roof load of the Wren?", "session_id": "stop"})
        frame = await talk.receive()
        while frame["type"] != "token":
            frame = await talk.receive()
        started = time.monotonic()
        await talk.send({"type": "cancel", "run_id": frame["run_id"]})
        frames = await talk.until_end()
        assert frames[-1]["type"] == "cancelled"
        assert time.monotonic() - started < 2
        assert frames[-1]["partial_response"]
        provider.wait_until(open=0)
        provider.reset()
        assert (await talk.ask("What is the roof load of the Plover?", session_id="stop"))[-1]["type"] == "complete"


@pytest.mark.parametrize(
    ("attribute", "vehicle", "holds"),
    [
        ("roof load", "Plover", "100 kg"),  # of a table
        ("courtesy car price per day", None, "29 euros per day"),  # of a sentence
        ("size of the sunroof", "Heron", "do not have"),
    ],
)
async def test_a_look_up_finds_facts_of_tables_and_of_prose(
    served: Served, provider: Control, attribute: str, vehicle: str | None, holds: str
) -> None:
    look_up = {"name": "look_up_specification", "arguments": {"attribute": attribute, "vehicle": vehicle}}
    provider.obey({"when": "Question:", "turns": [{"say": "Let me see.", "calls": [look_up]}, {"say": "Done."}]})
    async with talking(served.chat, served.token(attribute)) as talk:
        await talk.ask("What about the Plover?")
    told = [message for message in provider.requests()[-1]["messages"] if message["role"] == "tool"]
    assert holds in told[-1]["content"]


@pytest.mark.parametrize("after", [0, 1], ids=["in the first call", "after a result"])
async def test_cancel_in_the_middle_of_a_call_closes_the_connection(
    served: Served, provider: Control, after: int
) -> None:
    look_up = {"name": "look_up_specification", "arguments": {"attribute": "roof load"}}
    provider.obey(
        {"when": "Question:", "turns": [{"say": "Let me see.", "calls": [look_up], "split": 5}], "loop": True}
    )
    provider.script(*[None] * after, always={"kind": "stall", "after": 99})
    async with talking(served.chat, served.token(f"calls {after}")) as talk:
        await talk.send({"type": "message", "message": "What is the roof load of the Wren?", "session_id": "calls"})
        frame = await talk.receive()
        while frame["type"] != "token":
            frame = await talk.receive()
        await asyncio.to_thread(provider.wait_until, requests=1 + after, open=1)
        await talk.send({"type": "cancel", "run_id": frame["run_id"]})
        frames = await talk.until_end()
        assert frames[-1]["type"] == "cancelled"
        assert frames[-1]["partial_response"].startswith("Let me s")
        await asyncio.to_thread(provider.wait_until, open=0, aborted=1, requests=1 + after)
        provider.reset()
        assert (await talk.ask("What is the roof load of the Plover?", session_id="calls"))[-1]["type"] == "complete"
