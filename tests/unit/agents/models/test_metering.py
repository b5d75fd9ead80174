"""Counting what a run asks of models: in full, cut short, refused, and when it has had enough."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from agents.model import CallPiece, CircuitOpen, Filled, Finish, Message, ModelFailed, Streamed
from agents.models.metering import LAST_WORDS, Meter, MeteredModel, count_with, meter, working_as
from agents.tool import Arguments, Tool
from agents.types import Usage

PROMPT = (Message("system", "s" * 40), Message("user", "u" * 41))
PROMPT_TOKENS = 21
"""81 characters, a quarter each, rounded up."""
BUSY = ModelFailed("LLM_RATE_LIMITED", "status 429")
BROKEN = ModelFailed("LLM_BAD_STREAM", "cut")


class Script:
    """A model whose every call says `said`, of which an exception is raised."""

    def __init__(self, *said: Streamed | Exception, filled: Filled | Exception | None = None) -> None:
        self._said = said
        self._filled = filled
        self.asked = 0
        self.open = 0

    label = "test:one"

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        self.asked += 1
        self.open += 1
        try:
            for item in self._said:
                if isinstance(item, Exception):
                    raise item
                yield item
                await asyncio.sleep(0)
        finally:
            self.open -= 1

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        self.asked += 1
        if isinstance(self._filled, Filled):
            return self._filled
        raise self._filled or AssertionError("not scripted")

    def report(self, failure: ModelFailed) -> None: ...

    async def aclose(self) -> None: ...


async def streamed(model: MeteredModel) -> list[Streamed]:
    return [item async for item in model.stream(PROMPT, 1000)]


def counting(limit: int = 0, **options: Any) -> Meter:
    """A meter for what the test's task does from now on."""
    made = Meter(limit, **options)
    count_with(made)
    return made


async def test_the_providers_count_is_taken() -> None:
    counted = counting()
    said = Finish(False, Usage(100, 7, "test:one", 60))
    with working_as("specs"):
        assert await streamed(MeteredModel(Script("It has ", "85 kW.", said))) == ["It has ", "85 kW.", said]
    (call,) = counted.calls
    assert (call.kind, call.agent, call.name) == ("answer", "specs", "test:one")
    assert (call.usage, call.estimated, call.ok) == (Usage(100, 7, "test:one", 60), False, True)
    assert 0 <= (call.first_token_ms or -1) <= call.milliseconds
    assert counted.tokens == 107


async def test_a_provider_that_counts_nothing_is_estimated() -> None:
    counted = counting()
    await streamed(MeteredModel(Script("x" * 9, CallPiece(4), Finish(False, Usage(model="test:one")))))
    (call,) = counted.calls
    assert (call.usage.input_tokens, call.usage.output_tokens) == (PROMPT_TOKENS, 4)
    assert (call.estimated, call.ok) == (True, True)


async def test_tools_are_a_part_of_the_prompt() -> None:
    class Nothing(Arguments):
        """No arguments."""

    async def run(arguments: Nothing, context: Any) -> Any: ...

    tool = Tool("look", "Looks it up." * 10, Nothing, run)
    counted = counting()
    async with aclosing(MeteredModel(Script("x")).stream(PROMPT, 1000, [tool])) as stream:
        assert [item async for item in stream] == ["x"]
    assert counted.calls[0].usage.input_tokens > PROMPT_TOKENS + 30


@pytest.mark.parametrize(
    ("said", "expected", "estimated"),
    [
        ((BUSY,), (0, 0), False),
        ((BROKEN,), (PROMPT_TOKENS, 0), True),
        (("x" * 40, BROKEN), (PROMPT_TOKENS, 10), True),
        (("x" * 40, BUSY), (PROMPT_TOKENS, 10), True),
    ],
    ids=["refused before it began", "broken before it began", "broken midway", "refused midway"],
)
async def test_failures_count_what_they_took(said: tuple[Any, ...], expected: tuple[int, int], estimated: bool) -> None:
    counted = counting()
    with pytest.raises(ModelFailed):
        await streamed(MeteredModel(Script(*said)))
    (call,) = counted.calls
    assert ((call.usage.input_tokens, call.usage.output_tokens), call.estimated, call.ok) == (
        expected,
        estimated,
        False,
    )


async def test_a_call_that_was_not_made_is_none() -> None:
    counted = counting()
    alone = CircuitOpen("LLM_UNAVAILABLE", "left alone")
    with pytest.raises(CircuitOpen):
        await streamed(MeteredModel(Script(alone)))
    with pytest.raises(CircuitOpen):
        await MeteredModel(Script(filled=alone)).fill(PROMPT, {})
    assert counted.calls == []


async def test_a_stream_that_is_closed_counts_what_was_said() -> None:
    counted, script = counting(), Script("x" * 8, "y" * 8, Finish(False, Usage(1, 1)))
    async with aclosing(MeteredModel(script).stream(PROMPT, 1000)) as stream:
        await anext(stream)
        assert counted.tokens == PROMPT_TOKENS + 2, "calls under way count"
    (call,) = counted.calls
    assert (call.usage.output_tokens, call.estimated, call.ok, script.open) == (2, True, False, 0)


async def test_a_cancelled_fill_counts_its_prompt() -> None:
    class Silent(Script):
        async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
            await asyncio.Event().wait()
            raise AssertionError

    counted = counting()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await MeteredModel(Silent(), "classify").fill(PROMPT, {})
    (call,) = counted.calls
    assert (call.kind, call.agent, call.usage.input_tokens, call.estimated) == ("classify", "", PROMPT_TOKENS, True)


async def test_fills_are_counted_by_purpose() -> None:
    counted = counting()
    filled = Filled({"question": "?"}, Usage(30, 3, "test:one", 20))
    assert await MeteredModel(Script(filled=filled), "rewrite").fill(PROMPT, {}) == filled
    (call,) = counted.calls
    assert (call.kind, call.usage, call.first_token_ms) == ("rewrite", filled.usage, None)


async def test_tasks_of_a_run_share_its_meter_and_no_other() -> None:
    async def specialist(name: str) -> None:
        with working_as(name):
            await streamed(MeteredModel(Script("x", Finish(False, Usage(10, 1)))))

    async def run(name: str) -> Meter:
        counted = counting()
        await asyncio.gather(specialist(f"{name} a"), specialist(f"{name} b"))
        return counted

    one, two = await asyncio.gather(asyncio.create_task(run("one")), asyncio.create_task(run("two")))
    assert [call.agent for call in one.calls] == ["one a", "one b"]
    assert [call.agent for call in two.calls] == ["two a", "two b"]
    assert one.tokens == two.tokens == 22


async def test_outside_a_run_nothing_is_limited() -> None:
    count_with(None)
    assert not meter().exhausted
    assert len(await streamed(MeteredModel(Script("x", Finish(False, Usage(10**9, 1)))))) == 2


# --- budgets -----------------------------------------------------------------------------------------------------


async def test_a_run_over_its_budget_asks_nothing_but_its_last_answer() -> None:
    counted = counting(100, earlier=60)
    assert not counted.exhausted
    await streamed(MeteredModel(Script("x", Finish(False, Usage(30, 10)))))
    assert counted.exhausted
    script = Script("Sorry, ", Finish(False, Usage(1, 1)), filled=Filled({}, Usage()))
    with pytest.raises(ModelFailed) as caught:
        await MeteredModel(script, "classify").fill(PROMPT, {})
    assert (caught.value.transient, caught.value.fault, script.asked) == (False, "request", 0)
    assert len(await streamed(MeteredModel(script))) == 2


async def test_an_answer_over_the_budget_ends_truncated() -> None:
    counted = counting(LAST_WORDS + 200)
    script = Script(*["x" * 400] * 50, Finish(False, Usage(1, 1)))
    said = await streamed(MeteredModel(script))
    assert said[-1] == Finish(True, counted.calls[0].usage)
    assert isinstance(said[-1], Finish)
    assert said[-1].usage.model == "test:one"
    assert 700 <= counted.tokens <= 800 + 100
    assert (script.open, counted.calls[0].ok, counted.calls[0].estimated) == (0, True, True)


async def test_even_the_smallest_budget_leaves_room_for_last_words() -> None:
    counted = counting(1)
    said = await streamed(MeteredModel(Script(*["word "] * 1000, Finish(False, Usage(1, 1)))))
    characters = len("".join(item for item in said if isinstance(item, str)))
    assert LAST_WORDS * 4 - 4 < characters < LAST_WORDS * 4 + 5
    assert counted.exhausted


async def test_without_a_limit_it_goes_on() -> None:
    counting(0)
    assert len(await streamed(MeteredModel(Script(*["x" * 4000] * 100, Finish(False, Usage(1, 1)))))) == 101


async def test_offline_no_model_is_asked() -> None:
    counted, script = counting(notice="Until tomorrow."), Script("x", filled=Filled({}, Usage()))
    for asking in (streamed(MeteredModel(script)), MeteredModel(script).fill(PROMPT, {})):
        with pytest.raises(ModelFailed):
            await asking
    assert (counted.calls, script.asked, counted.exhausted) == ([], 0, True)
    assert [counted.take_notice(), counted.take_notice()] == ["Until tomorrow.", ""]
    assert counted.offline, "the notice is said once, what it says stays"
