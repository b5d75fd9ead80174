"""Retries and fallbacks: few, in order, and only before the first text."""

import asyncio
import time
from dataclasses import replace

import pytest

from agents.chat.answerer import ChatModelAnswerer
from agents.models.breaker import Breaker
from agents.models.failover import Budget
from tests.integration.model.asking import QUICK, Build, BuildModel, collect, failed
from tests.model_server.running import Control


async def test_a_passing_fault_is_retried(answerer: Build, provider: Control) -> None:
    provider.script({"kind": "status", "status": 529}, {"kind": "reset"})
    text, _ = await collect(answerer("scripted", budget=QUICK))
    assert text.endswith("[2].")
    assert provider.stats()["requests"] == 3


async def test_waits_as_long_as_the_provider_wishes(answerer: Build, provider: Control) -> None:
    provider.script({"kind": "status", "status": 429, "retry_after": "1"})
    began = time.monotonic()
    await collect(answerer("scripted", budget=Budget(first_token=10)))
    assert time.monotonic() - began >= 1.0
    assert provider.stats()["requests"] == 2


async def test_does_not_wait_beyond_the_budget(answerer: Build, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 429, "retry_after": "30"})
    began = time.monotonic()
    failure, _ = await failed(answerer("scripted", budget=Budget(first_token=20)))
    assert time.monotonic() - began < 2
    assert (failure.reason, failure.retry_after_ms) == ("LLM_RATE_LIMITED", 30_000)
    assert provider.stats()["requests"] == 1


@pytest.mark.parametrize("broken", ["fault-status-401", "fault-html", "fault-never", "fault-empty", "fault-stall-0"])
async def test_the_next_model_answers_when_the_first_cannot(answerer: Build, provider: Control, broken: str) -> None:
    answering = answerer(broken, "fault-status-403", "scripted", budget=replace(QUICK, first_token=3))
    text, end = await collect(answering)
    assert answering.name == f"openai:{broken}"
    assert text.endswith("[2].")
    assert end.usage.model == "openai:scripted"
    assert [request["model"] for request in provider.requests()] == [broken, "fault-status-403", "scripted"]


async def test_retries_are_counted_over_all_models(answerer: Build, provider: Control) -> None:
    failure, _ = await failed(answerer("fault-status-500", "fault-status-503", "fault-status-529", budget=QUICK))
    assert failure.reason == "LLM_UNAVAILABLE"
    assert provider.stats()["requests"] == 5


async def test_the_leaders_failure_is_the_one_reported(answerer: Build) -> None:
    failure, _ = await failed(answerer("fault-html", "fault-status-401"))
    assert failure.reason == "LLM_BAD_STREAM"


async def test_a_limit_is_kept_for_everyone(models: BuildModel, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 429, "retry_after": "30"})
    answering = ChatModelAnswerer([Breaker(models("scripted"))], QUICK)
    await failed(answering)
    failures = await asyncio.gather(*(failed(answering) for _ in range(100)))
    assert {failure.reason for failure, _ in failures} == {"LLM_RATE_LIMITED"}
    assert all(29_000 < (failure.retry_after_ms or 0) <= 30_000 for failure, _ in failures)
    assert provider.stats()["requests"] == 1


async def test_after_a_rest_one_goes_first_and_all_are_answered(models: BuildModel, provider: Control) -> None:
    provider.script({"kind": "status", "status": 429, "retry_after": "1"})
    breaker = Breaker(models("script-5tok-0ms-ttft300"))
    await failed(ChatModelAnswerer([breaker], replace(QUICK, retries=0)))
    assert breaker.state.state == "open"
    answering = ChatModelAnswerer([breaker], Budget(first_token=10))
    crowd = asyncio.gather(*(collect(answering) for _ in range(20)))
    await asyncio.to_thread(provider.wait_until, 5.0, requests=2, open=1)
    assert breaker.state.state == "half_open"
    assert len(await crowd) == 20
    assert provider.stats()["requests"] == 21


async def test_a_cancelled_wait_for_a_retry_makes_no_other_call(answerer: Build, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 429, "retry_after": "2"})
    run = asyncio.create_task(collect(answerer("scripted", budget=Budget())))
    await asyncio.to_thread(provider.wait_until, requests=1, open=0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert provider.stats()["requests"] == 1
