"""Answers by a chat model, streamed as it is written, from passages and the results of tools alone and with
their markers."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec

from agents.answerer import AnswerFailed
from agents.chat.canary import Canary
from agents.chat.draft import Draft
from agents.chat.output_filter import calm
from agents.chat.prompt import DECLINED, numbered, write_prompt
from agents.chat.tool_loop import converse
from agents.context import Outcome
from agents.extractive.wording import without_entry
from agents.model import ChatModel, Finish, ModelFailed
from agents.models.failover import Budget
from agents.models.metering import CHARACTERS_PER_TOKEN
from agents.tool import Tool
from agents.types import Answered, Task, Usage
from agents.vehicles.applicability import fitment_of
from agents.vehicles.range import Vehicles

log = logging.getLogger(__name__)

REFUSED = "That call is not possible."


class ChatModelAnswerer:
    """Answers by the first of `models` that is able to; the rest are its fallbacks until the first text.

    The answerer owns the models and closes them. Raises ValueError when there is none.
    """

    def __init__(
        self, models: Sequence[ChatModel], budget: Budget | None = None, vehicles: Vehicles | None = None
    ) -> None:
        """`vehicles`: the maker's range, so that what is said of one car is not borne out by what stands of another."""
        if not models:
            raise ValueError("a chat model answerer needs a model")
        self._fitment = fitment_of(vehicles or Vehicles())
        self._models = tuple(models)
        self._budget = budget or Budget()
        self._canary = Canary()

    @property
    def name(self) -> str:
        return self._models[0].label

    @property
    def calls_tools(self) -> bool:
        return self._models[0].calls_tools

    async def answer(self, task: Task) -> AsyncGenerator[str | Answered, None]:
        """Stream the answer. Raises AnswerFailed, after text too: what was said then stands unfinished.

        It ends after about `max_tokens` of text; calls of tools are no part of the text that was asked for. Leaving
        the stream closes its connection.
        """
        if not (task.passages or task.tools or task.language):
            yield " ".join(filter(None, (DECLINED, without_entry(task.unknown))))
            yield Answered(declined=True)
            return
        draft = Draft(numbered(task), self._canary)
        messages = write_prompt(task, self._canary.token)
        stream = converse(self._models, messages, task.tools, partial(self._call, task), self._budget)
        try:
            async with aclosing(self._limited(stream, task.max_tokens)) as events:
                async for event in events:
                    if text := draft.take(event):
                        yield text
                    if draft.leaked:
                        log.warning("%s recited its instructions, and was not heard any further", self.name)
                        break
        except ModelFailed as failure:
            raise AnswerFailed(failure.reason, failure.detail, _milliseconds(failure.retry_after)) from failure
        if last := draft.last_words():
            yield last
        yield await asyncio.to_thread(draft.answered, task, self._fitment)

    async def _limited(
        self, stream: AsyncGenerator[str | Outcome | Finish, None], max_tokens: int | None
    ) -> AsyncGenerator[str | Outcome | Finish, None]:
        """The stream, cut off after about so many tokens of text."""
        async with aclosing(stream):
            room = math.inf if max_tokens is None else max_tokens * CHARACTERS_PER_TOKEN
            async for event in stream:
                if isinstance(event, str):
                    if len(event) > room:
                        yield event[: int(room)]
                        yield Finish(True, Usage(output_tokens=max_tokens or 0, model=self.name))
                        return
                    room -= len(event)
                yield event

    async def _call(self, task: Task, tool: Tool[Any], arguments: Mapping[str, Any]) -> Outcome:
        """Call a tool of the task. The arguments are shown to the customer as well, and so are questions with them."""
        if task.context is None or self._canary.within(msgspec.json.encode(arguments).decode()):
            log.warning("%s was refused a call of %s", self.name, tool.name)
            return Outcome(None, error=REFUSED)
        return await task.context.call(tool, calm(arguments))

    async def aclose(self) -> None:
        """Close the models' connections."""
        await asyncio.gather(*(model.aclose() for model in self._models))


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
