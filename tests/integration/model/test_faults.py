"""Every fault of a provider gives its reason after few calls, and gives nothing away."""

import asyncio
import logging
from dataclasses import replace

import pytest

from agents.answerer import AnswerFailed
from agents.chat.answerer import ChatModelAnswerer
from agents.routing.model_route import ModelRouter
from agents.specialist import Specialist
from tests.integration.model.asking import CANARY, QUICK, Build, BuildModel, collect, failed
from tests.model_server.running import Control, running_model_server


@pytest.fixture(params=[False, True], ids=["direct", "by LangChain's stream"])
def traces(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


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
    answerer: Build, provider: Control, model: str, reason: str, calls: int
) -> None:
    budget = replace(QUICK, first_token=1.0 if reason == "LLM_TIMEOUT" else QUICK.first_token)
    failure, said = await failed(answerer(model, budget=budget))
    assert failure.reason == reason
    assert said == ""
    assert (await asyncio.to_thread(provider.wait_until, open=0))["requests"] == calls


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
    answerer: Build, provider: Control, model: str, reason: str
) -> None:
    budget = replace(QUICK, gap=0.3 if reason == "LLM_STALLED" else QUICK.gap)
    failure, said = await failed(answerer(model, "scripted", budget=budget))
    assert failure.reason == reason
    assert said.startswith("The engine take")
    assert said.count("The engine") == 1
    assert (await asyncio.to_thread(provider.wait_until, open=0))["requests"] == 1


BROKEN_EVENTS = [
    "null",
    "42",
    '"text"',
    "[]",
    "{",
    '{"choices": [{"index": 0, "delta": "text"}]}',
    '{"choices": [{"index": 0, "delta": {"content": 42}}]}',
    '{"choices": "none"}',
    '{"error": "overloaded"}',
    '{"error": {"message": "overloaded", "code": 502}}',
    "<html><body>Bad gateway</body></html>",
    "\udcff\udcfe",
    "[" * 100_000,
]


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("payload", BROKEN_EVENTS, ids=range(len(BROKEN_EVENTS)))
async def test_a_broken_event_breaks_the_answer(answerer: Build, provider: Control, payload: str, after: int) -> None:
    provider.script(always={"kind": "raw", "payload": payload, "after": after})
    failure, said = await failed(answerer("scripted"))
    assert failure.reason == "LLM_BAD_STREAM"
    assert len(said.split()) == after


EMPTY_EVENTS = ["{}", '{"choices": []}', '{"choices": null}', '{"choices": [{}]}', '{"type": "ping"}']


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("payload", EMPTY_EVENTS)
async def test_an_event_that_says_nothing_is_passed_over(
    answerer: Build, provider: Control, payload: str, after: int
) -> None:
    provider.script(always={"kind": "raw", "payload": payload, "after": after})
    text, end = await collect(answerer("scripted"))
    assert text == "The engine takes 4.5 litres of 5W-30 oil [2]."
    assert not end.truncated


async def test_a_refused_connection_is_unavailable(models: BuildModel) -> None:
    with running_model_server() as gone:
        address = gone.base_url
    failure, _ = await failed(ChatModelAnswerer([models("any", base_url=address)], QUICK))
    assert failure.reason == "LLM_UNAVAILABLE"


SPECIALIST = Specialist("specs", "Data", "Weight and length.", (), ("specs",), "")
FAULTS = ["fault-status-401", "fault-status-429", "fault-html", "fault-malformed-2", "fault-error-2", "fault-cut-2"]


@pytest.mark.parametrize("model", [*FAULTS, "scripted"])
async def test_the_key_is_in_no_log_exception_or_repr(
    answerer: Build, models: BuildModel, caplog: pytest.LogCaptureFixture, model: str
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
        await ModelRouter(one).route("oil", (SPECIALIST,))
    assert CANARY not in caplog.text
    assert CANARY not in f"{one!r} {vars(one)} {vars(answering)}"
