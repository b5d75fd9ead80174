import pytest

from agents.model import Finish, ModelFailed
from agents.models.resting import LONGEST_REST_SECONDS, PROBE_SECONDS, Resting
from tests.unit.agents.scripted_model import ScriptedModel, Step


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def busy(retry_after: float | None) -> list[Step]:
    return [ModelFailed("LLM_RATE_LIMITED", "busy", transient=True, retry_after=retry_after)]


async def said(model: Resting) -> list[str | Finish]:
    return [item async for item in model.stream((), 10)]


async def refusal(model: Resting) -> float | None:
    with pytest.raises(ModelFailed) as caught:
        await said(model)
    assert caught.value.reason == "LLM_RATE_LIMITED"
    return caught.value.retry_after


async def test_nobody_asks_during_the_rest() -> None:
    inner, clock = ScriptedModel(busy(30), ["a"]), Clock()
    model = Resting(inner, clock)
    assert await refusal(model) == 30
    clock.now += 10
    assert await refusal(model) == 20
    with pytest.raises(ModelFailed):
        await model.fill((), {})
    assert inner.called == 1


async def test_after_the_rest_one_goes_first_and_lets_the_others_through() -> None:
    inner, clock = ScriptedModel(busy(30), ["a", "b"]), Clock()
    model = Resting(inner, clock)
    await refusal(model)
    clock.now += 30
    first = model.stream((), 10)
    assert await anext(first) == "a"
    assert (await said(model))[0] == "a"
    await first.aclose()
    assert inner.open == 0


async def test_the_others_wait_while_one_probes_and_a_lost_probe_is_followed_by_another() -> None:
    inner, clock = ScriptedModel(busy(30), [0.0, "a"]), Clock()
    model = Resting(inner, clock)
    await refusal(model)
    clock.now += 30
    probe = model.stream((), 10).asend(None)
    probe.send(None)
    assert await refusal(model) == PROBE_SECONDS
    probe.close()
    clock.now += PROBE_SECONDS
    assert (await said(model))[0] == "a"


async def test_a_rest_has_an_end() -> None:
    model = Resting(ScriptedModel(busy(86_400), ["a"]), clock := Clock())
    await refusal(model)
    clock.now += LONGEST_REST_SECONDS
    assert (await said(model))[0] == "a"


async def test_other_failures_give_no_rest() -> None:
    for steps in (busy(None), [ModelFailed("LLM_UNAVAILABLE", "gone", transient=True)]):
        model = Resting(ScriptedModel(steps, ["a"]), Clock())
        with pytest.raises(ModelFailed):
            await said(model)
        assert (await said(model))[0] == "a"


async def test_owns_its_model() -> None:
    inner = ScriptedModel(["a"], label="test:two")
    model = Resting(inner)
    assert model.label == "test:two"
    await model.aclose()
    assert inner.closed
