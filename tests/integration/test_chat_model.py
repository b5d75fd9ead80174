"""The chat model path over a real connection: every fault of a provider gives its reason, few calls and no leak."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any, TypedDict

import pytest

from agents.answerer import AnswerFailed
from agents.answerers.chat_model import ChatModelAnswerer
from agents.failover import Budget
from agents.model_route import ModelRouter
from agents.models.openai_compatible import OpenAICompatible
from agents.prompt import DECLINED
from agents.providers import PROVIDERS, Model
from agents.rewrite import ModelRewriter
from agents.specialist import Specialist
from agents.types import Answered, Delta, Question, Task, Turn
from rag.types import Chunk, Passage
from tests.model_server.running import Control, running_model_server

CANARY = "sk-canary-7f3a91c0"
QUICK = Budget(first_token=1.5, gap=0.3, max_tokens=400, backoff=0.02)


def passage(title: str, text: str) -> Passage:
    return Passage(Chunk(title, f"{title}.md", "specs", title, ("Data",), None, 50, 50 + len(text), text), 0.9)


PASSAGES = (
    passage("Tyres", "The tyre pressure is 2.4 bar. Check it on cold tyres."),
    passage("Oil", "Use a new washer. The engine takes 4.5 litres of 5W-30 oil. Change it every year."),
)
OIL = Task("How much oil does the engine take?", "You are the specialist for data.", PASSAGES)

Build = Callable[..., ChatModelAnswerer]


@pytest.fixture(scope="module")
def running() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest.fixture
def server(running: Control) -> Control:
    running.reset()
    return running


@pytest.fixture
async def models(server: Control) -> AsyncIterator[Callable[..., OpenAICompatible]]:
    async with AsyncExitStack() as stack:

        def make(name: str, provider: str = "openai", base_url: str | None = None) -> OpenAICompatible:
            made = OpenAICompatible(Model(PROVIDERS[provider], name, base_url or server.base_url, CANARY))
            stack.push_async_callback(made.aclose)
            return made

        yield make


@pytest.fixture
def answerer(models: Callable[..., OpenAICompatible]) -> Build:
    """Builds an answerer of models with these names."""

    def build(*names: str, budget: Budget = QUICK) -> ChatModelAnswerer:
        return ChatModelAnswerer([models(name) for name in names], budget)

    return build


async def collect(answering: ChatModelAnswerer, task: Task = OIL) -> tuple[str, Answered]:
    items = [item async for item in answering.answer(task)]
    end = items.pop()
    assert isinstance(end, Answered)
    assert all(isinstance(item, Delta) and item.text for item in items)
    return "".join(item.text for item in items if isinstance(item, Delta)), end


async def failed(answering: ChatModelAnswerer) -> tuple[AnswerFailed, str]:
    """How the answer failed, and what was said before."""
    said: list[str] = []

    async def listen() -> None:
        async for item in answering.answer(OIL):
            said.append(item.text if isinstance(item, Delta) else "<answered>")

    with pytest.raises(AnswerFailed) as caught:
        await listen()
    return caught.value, "".join(said)


async def test_answers_with_citations_offsets_and_usage(answerer: Build) -> None:
    text, end = await collect(answerer("scripted"))
    assert text == "The engine takes 4.5 litres of 5W-30 oil [2]."
    (citation,) = end.citations
    assert (citation.number, citation.passage) == (2, PASSAGES[1])
    chunk = PASSAGES[1].chunk
    evidence = chunk.text[citation.start - chunk.start : citation.end - chunk.start]
    assert evidence == "The engine takes 4.5 litres of 5W-30 oil."
    assert not end.declined
    assert not end.truncated
    assert end.usage.model == "openai:scripted"
    assert end.usage.input_tokens > 100
    assert end.usage.output_tokens == len(text.split())


async def test_declines_what_the_passages_do_not_hold(answerer: Build) -> None:
    text, end = await collect(answerer("scripted"), Task("Who won the football cup?", "", PASSAGES))
    assert text == DECLINED
    assert end.declined
    assert end.citations == ()


async def test_without_passages_it_declines_without_a_call(answerer: Build, server: Control) -> None:
    text, end = await collect(answerer("scripted"), Task("How much oil?", "", ()))
    assert text == DECLINED
    assert end.declined
    assert server.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("model", "reason", "calls"),
    [
        ("fault-status-400", "LLM_UNAVAILABLE", 1),
        ("fault-status-401", "LLM_UNAVAILABLE", 1),
        ("fault-status-403", "LLM_UNAVAILABLE", 1),
        ("fault-status-404", "LLM_UNAVAILABLE", 1),
        ("fault-status-429", "LLM_RATE_LIMITED", 3),
        ("fault-status-500", "LLM_UNAVAILABLE", 3),
        ("fault-status-503", "LLM_UNAVAILABLE", 3),
        ("fault-status-529", "LLM_UNAVAILABLE", 3),
        ("fault-reset", "LLM_UNAVAILABLE", 3),
        ("fault-never", "LLM_TIMEOUT", 1),
        ("fault-stall-0", "LLM_TIMEOUT", 1),
        ("fault-html", "LLM_BAD_STREAM", 1),
        ("fault-cut-0", "LLM_BAD_STREAM", 3),
        ("fault-broken-0", "LLM_BAD_STREAM", 3),
        ("fault-malformed-0", "LLM_BAD_STREAM", 3),
        ("fault-error-0", "LLM_BAD_STREAM", 3),
        ("fault-empty_choices", "LLM_BAD_STREAM", 1),
        ("fault-null_delta", "LLM_BAD_STREAM", 1),
        ("fault-empty", "LLM_BAD_STREAM", 1),
    ],
)
async def test_a_fault_before_the_first_text_has_its_reason(
    answerer: Build, server: Control, model: str, reason: str, calls: int
) -> None:
    budget = replace(QUICK, first_token=0.5 if reason == "LLM_TIMEOUT" else 8.0)
    failure, said = await failed(answerer(model, budget=budget))
    assert failure.reason == reason
    assert said == ""
    assert (await asyncio.to_thread(server.wait_until, open=0))["requests"] == calls


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("fault-stall-3", "LLM_STALLED"),
        ("fault-cut-3", "LLM_BAD_STREAM"),
        ("fault-broken-3", "LLM_BAD_STREAM"),
        ("fault-malformed-3", "LLM_BAD_STREAM"),
        ("fault-error-3", "LLM_BAD_STREAM"),
        ("fault-no_finish", "LLM_BAD_STREAM"),
    ],
)
async def test_a_fault_after_text_fails_and_never_starts_again(
    answerer: Build, server: Control, model: str, reason: str
) -> None:
    failure, said = await failed(answerer(model, "scripted"))
    assert failure.reason == reason
    assert said.startswith("The engine takes")
    assert said.count("The engine") == 1
    assert (await asyncio.to_thread(server.wait_until, open=0))["requests"] == 1


async def test_a_refused_connection_is_unavailable(models: Callable[..., OpenAICompatible]) -> None:
    with running_model_server() as gone:
        address = gone.base_url
    failure, _ = await failed(ChatModelAnswerer([models("any", base_url=address)], QUICK))
    assert failure.reason == "LLM_UNAVAILABLE"


async def test_a_length_finish_is_a_truncated_answer(answerer: Build) -> None:
    text, end = await collect(answerer("fault-length-4"))
    assert text == "The engine takes 4.5"
    assert end.truncated


async def test_an_endless_answer_is_cut_and_its_connection_closed(answerer: Build, server: Control) -> None:
    text, end = await collect(answerer("fault-endless"))
    assert end.truncated
    assert len(text) < QUICK.max_tokens * 8
    await asyncio.to_thread(server.wait_until, open=0, aborted=1)


async def test_the_output_limit_is_sent_by_the_providers_name_for_it(
    models: Callable[..., OpenAICompatible], server: Control
) -> None:
    for provider, name in (("openai", "max_completion_tokens"), ("deepseek", "max_tokens")):
        _, end = await collect(ChatModelAnswerer([models("script-20tok", provider)], Budget(max_tokens=5)))
        assert end.truncated
        assert server.requests()[-1][name] == 5


async def test_a_passing_fault_is_retried(answerer: Build, server: Control) -> None:
    server.script({"kind": "status", "status": 529}, {"kind": "reset"})
    text, _ = await collect(answerer("scripted", budget=replace(QUICK, first_token=8)))
    assert text.endswith("[2].")
    assert server.stats()["requests"] == 3


async def test_waits_as_long_as_the_provider_wishes(answerer: Build, server: Control) -> None:
    server.script({"kind": "status", "status": 429, "retry_after": "1"})
    began = time.monotonic()
    await collect(answerer("scripted", budget=Budget(first_token=5)))
    assert time.monotonic() - began >= 1.0
    assert server.stats()["requests"] == 2


async def test_does_not_wait_beyond_the_budget(answerer: Build, server: Control) -> None:
    server.script(always={"kind": "status", "status": 429, "retry_after": "30"})
    began = time.monotonic()
    failure, _ = await failed(answerer("scripted", budget=Budget(first_token=20)))
    assert time.monotonic() - began < 2
    assert (failure.reason, failure.retry_after_ms) == ("LLM_RATE_LIMITED", 30_000)
    assert server.stats()["requests"] == 1


@pytest.mark.parametrize("broken", ["fault-status-401", "fault-html", "fault-never", "fault-empty", "fault-stall-0"])
async def test_the_next_model_answers_when_the_first_cannot(answerer: Build, server: Control, broken: str) -> None:
    answering = answerer(broken, "fault-status-403", "scripted")
    text, end = await collect(answering)
    assert answering.name == f"openai:{broken}"
    assert text.endswith("[2].")
    assert end.usage.model == "openai:scripted"
    assert [request["model"] for request in server.requests()] == [broken, "fault-status-403", "scripted"]


async def test_retries_are_counted_over_all_models(answerer: Build, server: Control) -> None:
    failure, _ = await failed(
        answerer("fault-status-500", "fault-status-503", "fault-status-529", budget=replace(QUICK, first_token=8))
    )
    assert failure.reason == "LLM_UNAVAILABLE"
    assert server.stats()["requests"] == 5


async def test_the_leaders_failure_is_the_one_reported(answerer: Build) -> None:
    failure, _ = await failed(answerer("fault-html", "fault-status-401"))
    assert failure.reason == "LLM_BAD_STREAM"


async def test_closing_the_iterator_closes_the_connection(answerer: Build, server: Control) -> None:
    async with aclosing(answerer("script-5000tok-5ms").answer(OIL)) as stream:
        await anext(stream)
        assert server.stats()["open"] == 1
    await asyncio.to_thread(server.wait_until, 1.0, open=0, aborted=1)


@pytest.mark.parametrize("model", ["script-5000tok-5ms-burst4", "fault-stall-4", "fault-never"])
async def test_cancelling_closes_the_connection(answerer: Build, server: Control, model: str) -> None:
    run = asyncio.create_task(collect(answerer(model, budget=Budget())))
    await asyncio.to_thread(server.wait_until, open=1)
    await asyncio.sleep(0.05)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await asyncio.to_thread(server.wait_until, 1.0, open=0, aborted=1)


async def test_a_cancelled_wait_for_a_retry_makes_no_other_call(answerer: Build, server: Control) -> None:
    server.script(always={"kind": "status", "status": 429, "retry_after": "2"})
    run = asyncio.create_task(collect(answerer("scripted", budget=Budget())))
    await asyncio.to_thread(server.wait_until, requests=1, open=0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert server.stats()["requests"] == 1


async def test_many_answers_at_once_share_the_clients(answerer: Build, server: Control) -> None:
    answering = answerer("script-30tok-2ms", budget=Budget())
    answers = await asyncio.gather(*(collect(answering) for _ in range(40)))
    assert len({text for text, _ in answers}) == 1
    assert server.stats()["requests"] == 40


FAULTS = ["fault-status-401", "fault-status-429", "fault-html", "fault-malformed-2", "fault-error-2", "fault-cut-2"]


@pytest.mark.parametrize("model", [*FAULTS, "scripted"])
async def test_the_key_is_in_no_log_exception_or_repr(
    answerer: Build, models: Callable[..., OpenAICompatible], caplog: pytest.LogCaptureFixture, model: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        answering = answerer(model)
        try:
            await collect(answering)
        except AnswerFailed as failure:
            told: BaseException | None = failure
            while told is not None:
                assert CANARY not in f"{told!r} {told} {vars(told)}"
                told = told.__cause__ or told.__context__
        else:
            assert model == "scripted"
        one = models(model)
        await ModelRouter(one).route("oil", CATALOGUE)
    assert CANARY not in caplog.text
    assert CANARY not in f"{one!r} {vars(one)} {vars(answering)}"


def specialist(name: str, description: str) -> Specialist:
    return Specialist(name, name, description, (), (name,), "")


CATALOGUE = (
    specialist("specs", "Data: weight, length, range."),
    specialist("maintenance", "Care: oil, tyres, brakes."),
)


@pytest.mark.parametrize("provider", list(PROVIDERS))
async def test_routes_by_the_catalogue(models: Callable[..., OpenAICompatible], provider: str) -> None:
    router = ModelRouter(models("scripted", provider))
    assert await router.route("When must the oil be changed?", CATALOGUE) == "maintenance"
    assert await router.route("What is the weight?", CATALOGUE) == "specs"
    assert await router.route("Sing a song", CATALOGUE) == "out_of_scope"


HISTORY = (Turn("customer", "What oil does the Heron take?"), Turn("assistant", "5W-30 [1].", "maintenance"))


async def test_rewrites_only_with_a_conversation(models: Callable[..., OpenAICompatible], server: Control) -> None:
    rewriter = ModelRewriter(models("scripted"))
    assert await rewriter.rewrite(Question("and how often?")) is None
    assert server.stats()["requests"] == 0
    assert await rewriter.rewrite(Question("and  how\noften?", HISTORY, {"model": "Heron"})) == "and how often?"
    sent = server.requests()[-1]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[2]["content"] == "5W-30."


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 500},
        {"kind": "reset"},
        {"kind": "html"},
        {"kind": "malformed"},
        {"kind": "empty_choices"},
        {"kind": "empty"},
        {"kind": "prose"},
        {"kind": "length", "after": 1},
        {"kind": "never"},
    ],
)
@pytest.mark.parametrize("provider", ["openai", "deepseek"])
async def test_internal_calls_give_none_on_a_fault_after_one_call(
    models: Callable[..., OpenAICompatible], server: Control, fault: dict[str, Any], provider: str
) -> None:
    server.script(always=fault)
    model = models("scripted", provider)
    seconds = 0.4 if fault["kind"] == "never" else 5.0
    assert await ModelRouter(model, seconds).route("oil", CATALOGUE) is None
    assert await ModelRewriter(model, seconds).rewrite(Question("and?", HISTORY)) is None
    assert (await asyncio.to_thread(server.wait_until, open=0))["requests"] == 2


class Spoken(TypedDict):
    said: str


async def test_internal_calls_are_silent_in_a_graphs_message_stream(models: Callable[..., OpenAICompatible]) -> None:
    from langgraph.graph import END, START, StateGraph

    async def streamed(node: Callable[[Spoken], Any]) -> Sequence[Any]:
        graph = StateGraph(Spoken)
        graph.add_node("node", node)
        graph.add_edge(START, "node")
        graph.add_edge("node", END)
        return [part async for part in graph.compile().astream({"said": ""}, stream_mode="messages")]

    async def internal(_: Spoken) -> Spoken:
        chosen = await ModelRouter(models("scripted")).route("oil", CATALOGUE)
        rewritten = await ModelRewriter(models("scripted")).rewrite(Question("and how often?", HISTORY))
        return {"said": f"{chosen} {rewritten}"}

    async def spoken(_: Spoken) -> Spoken:
        text, _ = await collect(ChatModelAnswerer([models("scripted")], QUICK))
        return {"said": text}

    assert await streamed(internal) == []
    assert len(await streamed(spoken)) > 3
