"""One answer from an ordered list of models: retries, fallbacks and time limits, all of them in this one place."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agents.model import ChatModel, CircuitOpen, Finish, Message, ModelFailed, Streamed, ToolCalls
from agents.tool import Tool
from agents.types import Usage

log = logging.getLogger(__name__)

SHORT_WAIT_SECONDS = 1.0
"""The longest wait for a model while another one stands ready; for one that was not even asked, there is none."""

CHARACTERS_PER_TOKEN = 8
"""More than any tokenizer averages on prose, so that the limit in tokens is what ends an honest answer."""

BREATH = 32
"""Pieces after which a fast stream lets the loop's other work run."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one answer may take: seconds to the first text and between two pieces, tokens of output, and
    retries. `backoff` is the mean wait in seconds before the first retry; it doubles with each.

    With tools each of its rounds may take that; after `rounds` of them, or `calls` of tools, one more has to end it."""

    first_token: float = 20.0
    gap: float = 15.0
    max_tokens: int = 4096
    retries: int = 2
    backoff: float = 0.4
    rounds: int = 6
    calls: int = 12


async def stream_first_able(
    models: Sequence[ChatModel], messages: Sequence[Message], budget: Budget, tools: Sequence[Tool[Any]] = ()
) -> AsyncGenerator[str | ToolCalls | Finish, None]:
    """The answer of the first of `models` that begins one, ended by a Finish; never a mixture of two.

    At most `len(models) + budget.retries` calls are made. Raises ModelFailed: before the first text or call of a tool
    the failure of the first model that was asked, or of the one to be asked soonest where none was; afterwards that of
    the one that was speaking.
    """
    model, stream, event = await _begin(models, messages, budget, tools)
    async with aclosing(stream):
        pieces, room = 0, budget.max_tokens * CHARACTERS_PER_TOKEN
        while not isinstance(event, Finish):
            if isinstance(event, ToolCalls):
                yield event
            elif pieces >= budget.max_tokens or room <= 0:
                event = Finish(True, Usage(output_tokens=pieces, model=model.label))
                break
            else:
                pieces += 1
                if isinstance(event, str):
                    yield event[:room]
                room -= len(event) if isinstance(event, str) else event.characters
                if pieces % BREATH == 0:
                    await asyncio.sleep(0)
            event = event if room < 0 else await _next(model, stream, budget.gap)
        yield event


async def _next(model: ChatModel, stream: AsyncGenerator[Streamed, None], gap: float) -> Streamed:
    try:
        async with asyncio.timeout(gap):
            return await anext(stream)
    except TimeoutError:
        failure = ModelFailed("LLM_STALLED", f"silent for {gap:g} s in the middle of the stream")
    model.report(failure)
    raise failure


async def _begin(
    models: Sequence[ChatModel], messages: Sequence[Message], budget: Budget, tools: Sequence[Tool[Any]]
) -> tuple[ChatModel, AsyncGenerator[Streamed, None], Streamed]:
    """The first model that says something, its stream, and what it said first.

    Every model gets an equal share of the time that is left, so that a silent leader leaves some to its fallbacks.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + budget.first_token
    retries = 0
    failures: list[ModelFailed] = []
    for index, model in enumerate(models):
        others = len(models) - index - 1
        patience = clock() + (deadline - clock()) / (others + 1)
        while True:
            stream = model.stream(messages, budget.max_tokens, tools)
            outcome = await _first(model, stream, patience)
            if not isinstance(outcome, ModelFailed):
                return model, stream, outcome
            pause = _pause(outcome, budget.backoff, retries)
            unasked = isinstance(outcome, CircuitOpen)
            log.log(logging.DEBUG if unasked else logging.WARNING, "%s failed: %s", model.label, outcome)
            worth = outcome.transient and retries < budget.retries
            if not worth or clock() + pause >= patience or (others and (unasked or pause > SHORT_WAIT_SECONDS)):
                break
            retries += 1
            await asyncio.sleep(pause)
        failures.append(outcome)
    real_failures = [failure for failure in failures if not isinstance(failure, CircuitOpen)]
    raise real_failures[0] if real_failures else min(failures, key=lambda failure: failure.retry_after or 0.0)


async def _first(model: ChatModel, stream: AsyncGenerator[Streamed, None], patience: float) -> Streamed | ModelFailed:
    try:
        async with asyncio.timeout_at(patience):
            return await anext(stream)
    except TimeoutError:
        failure = ModelFailed("LLM_TIMEOUT", "no text in time")
        model.report(failure)
        return failure
    except ModelFailed as failed:
        return failed


def _pause(failure: ModelFailed, backoff: float, retries: int) -> float:
    """Seconds until the call is worth a retry: with jitter, and never sooner than the provider wishes."""
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
    return max(backoff * 2.0**retries * jitter, failure.retry_after or 0.0)
