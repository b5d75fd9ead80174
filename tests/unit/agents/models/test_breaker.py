import asyncio

import pytest

from agents.model import CircuitOpen, Filled, Finish, ModelFailed, Streamed
from agents.models.breaker import PROBE_SECONDS, Breaker, BreakerState
from agents.models.circuit import COOL_DOWN_SECONDS, FAILURES
from agents.models.failover import Budget, stream_first_able
from agents.types import Usage
from tests.unit.agents.scripted_model import SILENCE, ScriptedModel, Step


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def busy(retry_after: float | None) -> list[Step]:
    return [ModelFailed("LLM_RATE_LIMITED", "status 429", transient=True, retry_after=retry_after)]


DOWN: list[Step] = [ModelFailed("LLM_UNAVAILABLE", "status 503", transient=True)]
REFUSED: list[Step] = [ModelFailed("LLM_UNAVAILABLE", "key refused (status 401)", fault="access")]


async def said(model: Breaker) -> list[Streamed]:
    return [item async for item in model.stream((), 10)]


async def failure(model: Breaker) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        await said(model)
    return caught.value


async def opened(inner: ScriptedModel, clock: Clock) -> Breaker:
    """A breaker that the first answers of its model have opened."""
    model = Breaker(inner, clock)
    for _ in range(FAILURES):
        assert not isinstance(await failure(model), CircuitOpen)
    return model


async def test_nobody_asks_while_it_is_open() -> None:
    inner, clock = ScriptedModel(*[DOWN] * FAILURES, ["a"]), Clock()
    model = await opened(inner, clock)
    clock.now += 1
    refused = await failure(model)
    assert isinstance(refused, CircuitOpen)
    assert (refused.reason, refused.retry_after, refused.transient) == ("LLM_UNAVAILABLE", COOL_DOWN_SECONDS - 1, False)
    with pytest.raises(CircuitOpen):
        await model.fill((), {})
    assert inner.called == FAILURES


async def test_a_wish_for_rest_is_heeded_and_worth_waiting_for() -> None:
    inner, clock = ScriptedModel(busy(30), ["a"]), Clock()
    model = Breaker(inner, clock)
    assert (await failure(model)).retry_after == 30
    clock.now += 10
    refused = await failure(model)
    assert isinstance(refused, CircuitOpen)
    assert (refused.reason, refused.retry_after, refused.transient) == ("LLM_RATE_LIMITED", 20, True)
    assert inner.called == 1


async def test_a_stall_is_said_to_be_unavailable_to_those_who_are_refused() -> None:
    model = Breaker(ScriptedModel(["a"]), Clock())
    for _ in range(FAILURES):
        model.report(ModelFailed("LLM_STALLED", "silent"))
    assert (await failure(model)).reason == "LLM_UNAVAILABLE"


async def test_the_first_text_of_the_probe_lets_the_others_through() -> None:
    inner, clock = ScriptedModel(busy(30), ["a", "b"]), Clock()
    model = Breaker(inner, clock)
    await failure(model)
    clock.now += 30
    first = model.stream((), 10)
    assert await anext(first) == "a"
    assert (await said(model))[0] == "a"
    await first.aclose()
    assert inner.open == 0


async def test_the_others_are_told_to_wait_while_one_probes() -> None:
    inner, clock = ScriptedModel(busy(30), [SILENCE]), Clock()
    model = Breaker(inner, clock)
    await failure(model)
    clock.now += 30
    probe = asyncio.ensure_future(anext(model.stream((), 10)))
    await asyncio.sleep(0)
    refused = await failure(model)
    assert (refused.retry_after, refused.transient) == (PROBE_SECONDS, True)
    assert model.state.state == "half_open"
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe


@pytest.mark.parametrize("by", ["stream", "fill"])
async def test_a_cancelled_probe_is_followed_by_another_at_once(by: str) -> None:
    inner, clock = SlowToFill(busy(30), [SILENCE], ["a"]), Clock()
    model = Breaker(inner, clock)
    await failure(model)
    clock.now += 30
    before = model.state
    probe = asyncio.ensure_future(anext(model.stream((), 10)) if by == "stream" else model.fill((), {}))
    await asyncio.sleep(0)
    assert inner.called == 2
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert model.state == before
    assert (await said(model))[0] == "a"


class SlowToFill(ScriptedModel):
    """Fills nothing before it is cancelled."""

    async def fill(self, *_: object) -> Filled:
        self.called += 1
        await asyncio.Event().wait()
        return Filled({}, Usage())


async def test_cancelled_calls_count_for_nothing() -> None:
    model = Breaker(ScriptedModel([SILENCE]), Clock())
    for _ in range(3 * FAILURES):
        call = asyncio.ensure_future(anext(model.stream((), 10)))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert model.state == BreakerState("test:one", "closed", 0, 0.0, "")


async def test_a_stream_from_before_the_opening_has_no_say() -> None:
    clock = Clock()
    model = Breaker(ScriptedModel(["a"], ["a", DOWN[0]], *[DOWN] * FAILURES), clock)
    ending, breaking = model.stream((), 10), model.stream((), 10)
    await anext(ending)
    await anext(breaking)
    for _ in range(FAILURES):
        await failure(model)
    clock.now += 1
    state = model.state
    assert isinstance(await anext(ending), Finish)
    with pytest.raises(ModelFailed):
        await anext(breaking)
    assert model.state == state
    assert isinstance(await failure(model), CircuitOpen)


async def test_a_reported_failure_counts_and_a_whole_answer_forgets_it() -> None:
    model = Breaker(ScriptedModel(["a"]), Clock())
    model.report(ModelFailed("LLM_STALLED", "silent for 15 s"))
    assert model.state == BreakerState("test:one", "closed", 1, 0.0, "silent for 15 s")
    await said(model)
    assert model.state == BreakerState("test:one", "closed", 0, 0.0, "")


async def test_a_probe_that_is_silent_for_too_long_opens_again() -> None:
    clock = Clock()
    model = await opened(ScriptedModel(*[DOWN] * FAILURES, [SILENCE]), clock)
    clock.now += COOL_DOWN_SECONDS
    with pytest.raises(ModelFailed, match="LLM_TIMEOUT"):
        _ = [item async for item in stream_first_able([model], (), Budget(first_token=0.02))]
    assert model.state == BreakerState("test:one", "open", FAILURES + 1, 2 * COOL_DOWN_SECONDS, "no text in time")


async def test_silence_midway_opens_in_the_end() -> None:
    model = Breaker(ScriptedModel(["a", SILENCE]), Clock())
    for _ in range(FAILURES):
        with pytest.raises(ModelFailed, match="LLM_STALLED"):
            _ = [item async for item in stream_first_able([model], (), Budget(gap=0.002))]
    assert model.state.state == "open"


async def test_a_filled_schema_closes_but_does_not_hide_broken_streams() -> None:
    inner, clock = ScriptedModel(*[DOWN] * FAILURES, filled={"a": 1}), Clock()
    model = await opened(inner, clock)
    clock.now += COOL_DOWN_SECONDS
    assert (await model.fill((), {})).value == {"a": 1}
    assert (model.state.state, model.state.failures) == ("closed", FAILURES - 1)
    await failure(model)
    assert model.state.state == "open"


async def test_fills_are_counted_too() -> None:
    model = Breaker(ScriptedModel(filled=ModelFailed("LLM_UNAVAILABLE", "status 500")), Clock())
    for _ in range(FAILURES):
        with pytest.raises(ModelFailed):
            await model.fill((), {})
    assert model.state.state == "open"


async def test_its_state_is_known_without_asking() -> None:
    clock = Clock()
    model = Breaker(ScriptedModel(REFUSED, ["a"]), clock)
    await failure(model)
    clock.now += 100
    assert model.state == BreakerState("test:one", "open", 1, 200.0, "key refused (status 401)")
    clock.now += 200
    assert model.state == BreakerState("test:one", "half_open", 1, 0.0, "key refused (status 401)")
    await said(model)
    assert model.state == BreakerState("test:one", "closed", 0, 0.0, "")


async def test_owns_its_model() -> None:
    inner = ScriptedModel(["a"], label="test:two")
    model = Breaker(inner)
    assert model.label == "test:two"
    await model.aclose()
    assert inner.closed
