"""The calls that a model gets besides answering: over a real connection, quick, silent, and harmless when they fail."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, TypedDict

import pytest

from agents.conversation import rewrite
from agents.conversation.rewrite import SCHEMA, ModelRewriter
from agents.model import CircuitOpen, Message, ModelFailed
from agents.models.breaker import Breaker
from agents.models.providers import PROVIDERS
from agents.routing import model_route
from agents.routing.model_route import ModelRouter
from agents.specialist import Specialist
from agents.types import Question, Turn
from tests.integration.model.asking import BuildModel
from tests.model_server.running import Control


def specialist(name: str, description: str) -> Specialist:
    return Specialist(name, name, description, (), (name,), "")


CATALOGUE = (
    specialist("specs", "Data: weight, length, range."),
    specialist("maintenance", "Care: oil, tyres, brakes."),
)


@pytest.mark.parametrize("by", list(PROVIDERS))
async def test_routes_by_the_catalogue(models: BuildModel, by: str) -> None:
    router = ModelRouter(models("scripted", by))
    assert await router.route("When must the oil be changed?", CATALOGUE) == "maintenance"
    assert await router.route("What is the weight?", CATALOGUE) == "specs"
    assert await router.route("Sing a song", CATALOGUE) == "out_of_scope"


HISTORY = (Turn("customer", "What oil does the Heron take?"), Turn("assistant", "5W-30 [1].", "maintenance"))


async def test_rewrites_only_with_a_conversation(models: BuildModel, provider: Control) -> None:
    rewriter = ModelRewriter(models("scripted"))
    assert await rewriter.rewrite(Question("and how often?")) is None
    assert provider.stats()["requests"] == 0
    assert await rewriter.rewrite(Question("and  how\noften?", HISTORY, {"model": "Heron"})) == "and how often?"
    sent = provider.requests()[-1]["messages"]
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
@pytest.mark.parametrize("by", ["openai", "deepseek"])
async def test_internal_calls_give_none_on_a_fault_after_one_call(
    models: BuildModel, provider: Control, fault: dict[str, Any], by: str
) -> None:
    provider.script(always=fault)
    model = models("scripted", by)
    seconds = 0.4 if fault["kind"] == "never" else 5.0
    assert await ModelRouter(model, seconds).route("oil", CATALOGUE) is None
    assert await ModelRewriter(model, seconds).rewrite(Question("and?", HISTORY)) is None
    assert (await asyncio.to_thread(provider.wait_until, open=0))["requests"] == 2


@pytest.mark.parametrize("fault", [{"kind": "never"}, {"kind": "endless"}, {"kind": "stall", "after": 2}])
async def test_internal_calls_are_late_after_their_time_and_count_for_nothing(
    models: BuildModel, provider: Control, fault: dict[str, Any]
) -> None:
    provider.script(always=fault)
    model = Breaker(models("scripted"))
    began = time.monotonic()
    assert await ModelRouter(model, 0.3).route("oil", CATALOGUE) is None
    assert await ModelRewriter(model, 0.3).rewrite(Question("and?", HISTORY)) is None
    assert 0.6 <= time.monotonic() - began < 1.5
    await asyncio.to_thread(provider.wait_until, open=0, requests=2, aborted=2)
    # Slow for a routing question may be quick enough for an answer.
    assert (model.state.state, model.state.failures) == ("closed", 0)


def test_internal_calls_have_three_seconds() -> None:
    assert (model_route.SECONDS, rewrite.SECONDS) == (3.0, 3.0)


async def test_internal_calls_cost_nothing_while_the_circuit_is_open(models: BuildModel, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 429, "retry_after": "30"})
    model = Breaker(models("scripted"))
    with pytest.raises(ModelFailed):
        await model.fill([Message("user", "Question: oil")], SCHEMA)
    began = time.monotonic()
    assert await ModelRouter(model).route("oil", CATALOGUE) is None
    assert await ModelRewriter(model).rewrite(Question("and?", HISTORY)) is None
    with pytest.raises(CircuitOpen):
        await model.fill([Message("user", "Question: oil")], SCHEMA)
    assert time.monotonic() - began < 0.1
    assert provider.stats()["requests"] == 1


class Spoken(TypedDict):
    said: str


async def test_internal_calls_are_silent_in_a_graphs_message_stream(models: BuildModel) -> None:
    from langgraph.graph import END, START, StateGraph

    async def streamed(node: Any) -> Sequence[Any]:
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
        question = [Message("user", "Question: oil")]
        items = [item async for item in models("scripted", traces=True).stream(question, 100)]
        return {"said": "".join(item for item in items if isinstance(item, str))}

    assert await streamed(internal) == []
    assert len(await streamed(spoken)) > 3
