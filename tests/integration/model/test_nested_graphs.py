"""When a run is stopped, the model's connection is closed at once, however deep in graphs the model speaks."""

import asyncio
import time

import pytest

from agents.chat.answerer import ChatModelAnswerer
from agents.models.breaker import Breaker
from agents.models.failover import Budget
from tests.integration.model.asking import BuildModel
from tests.integration.model.graphs import NESTINGS, Compiled, Speaker, chain, run
from tests.model_server.running import Control

SECONDS = 2.0
"""Within which a customer's cancellation has reached the provider."""


async def stopped(task: "asyncio.Task[None]", provider: Control, answers: int = 1) -> None:
    """Cancel a run: it ends, and the provider sees each of its answers broken off."""
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(provider.wait_until, SECONDS, open=0, aborted=answers)
    assert time.monotonic() - began < SECONDS


def speaker(models: BuildModel, name: str) -> tuple[Speaker, Breaker]:
    breaker = Breaker(models(name))
    return Speaker(ChatModelAnswerer([breaker], Budget())), breaker


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("model", ["fault-never", "fault-stall-0"])
async def test_cancelled_before_the_first_text(models: BuildModel, provider: Control, nesting: str, model: str) -> None:
    speak, breaker = speaker(models, model)
    task = asyncio.create_task(run(NESTINGS[nesting](speak), 60))
    await asyncio.to_thread(provider.wait_until, 5.0, open=1)
    await stopped(task, provider)
    assert not speak.begun.is_set()
    assert breaker.state.failures == 0


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("model", ["script-5000tok-5ms", "fault-endless", "fault-stall-4"])
async def test_cancelled_in_the_middle(models: BuildModel, provider: Control, nesting: str, model: str) -> None:
    speak, breaker = speaker(models, model)
    task = asyncio.create_task(run(NESTINGS[nesting](speak), 60))
    async with asyncio.timeout(5):
        await speak.begun.wait()
    await stopped(task, provider)
    assert breaker.state.failures == 0


@pytest.mark.parametrize("nesting", NESTINGS)
async def test_out_of_time(models: BuildModel, provider: Control, nesting: str) -> None:
    speak, breaker = speaker(models, "fault-stall-2")
    with pytest.raises(TimeoutError):
        await run(NESTINGS[nesting](speak), 0.5)
    await asyncio.to_thread(provider.wait_until, SECONDS, open=0, aborted=1)
    assert breaker.state.failures == 0


@pytest.mark.parametrize("steps", [0, 1, 3, 10, 30, 100])
async def test_cancelled_while_the_call_is_being_made(models: BuildModel, provider: Control, steps: int) -> None:
    speak, _ = speaker(models, "fault-never")
    task = asyncio.create_task(run(NESTINGS["subgraph whose node invokes a graph"](speak), 60))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(provider.wait_until, SECONDS, open=0)
    # A request that was on its way is seen and given up; one that was not sent never comes.
    await asyncio.sleep(0.2)
    stats = await asyncio.to_thread(provider.wait_until, SECONDS, open=0)
    assert stats["requests"] == stats["aborted"] <= 1


async def test_cancelled_with_several_speaking(models: BuildModel, provider: Control) -> None:
    speakers = [speaker(models, "script-5000tok-5ms")[0] for _ in range(3)]
    graph: Compiled = chain(*(chain(speak) for speak in speakers), parallel=True)
    task = asyncio.create_task(run(graph, 60))
    async with asyncio.timeout(5):
        for speak in speakers:
            await speak.begun.wait()
    await stopped(task, provider, answers=3)
