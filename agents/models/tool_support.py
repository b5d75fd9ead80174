"""A chat model that learns whether it can call tools: one that cannot is asked without any, and still answers.

Servers for models of one's own refuse a request with tools for a model that has no form for them, and small models
write a call into the text, where a customer would read it.
"""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from agents.model import CallPiece, ChatModel, Filled, Finish, Message, ModelFailed, Streamed, ToolCalls, ToolsRefused
from agents.models.written_calls import WrittenCalls
from agents.tool import Tool
from agents.types import Usage

log = logging.getLogger(__name__)

MOST_SLIPS = 2
"""Calls written as text after which a model that has never made a real one is offered no more tools. A customer can
talk any model into writing one, but not into never having made one."""

NO_TOOLS = "There are no tools in this answer, whatever is said of them above: answer in words, from the passages."


class ToolSupport:
    """Passes calls on to `model`, which it owns. Used from one event loop."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._refused = False
        self._called = False
        self._slips = 0

    @property
    def label(self) -> str:
        return self._model.label

    @property
    def calls_tools(self) -> bool:
        """Whether tools are worth offering, as far as is known by now."""
        return self._model.calls_tools and not self._refused

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """Say the answer, or what of `tools` to call for it. Raises ModelFailed."""
        spent, begun = Usage(), False
        if tools and self.calls_tools:
            async with aclosing(self._offering(messages, max_tokens, tools)) as answer:
                async for event in answer:
                    if isinstance(event, Usage):
                        spent = event
                        break
                    begun = begun or isinstance(event, str)
                    yield event
                else:
                    return
        asked = _without_tools(messages) if tools else messages
        async with aclosing(self._model.stream(asked, max_tokens)) as stream:
            async for event in stream:
                if isinstance(event, str) and begun:
                    event, begun = f"\n\n{event.lstrip()}", False
                yield replace(event, usage=spent + event.usage) if isinstance(event, Finish) else event

    async def _offering(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]]
    ) -> AsyncGenerator[Streamed | Usage, None]:
        """The answer of a model that is offered tools; ended by what it took, where it cannot use them."""
        written, called = WrittenCalls([tool.name for tool in tools]), False
        try:
            async with aclosing(self._model.stream(messages, max_tokens, tools)) as stream:
                async for event in stream:
                    if isinstance(event, str):
                        if text := written.feed(event):
                            yield text
                        else:
                            yield CallPiece(len(event))
                        continue
                    if isinstance(event, ToolCalls):
                        self._called = called = True
                    if isinstance(event, ToolCalls | Finish):
                        if written.found and not called:
                            self._slip()
                            yield event.usage if isinstance(event, Finish) else Usage()
                            return
                        if not written.found and (text := written.rest()):
                            yield text
                    yield event
        except ToolsRefused as refusal:
            self._refused = True
            log.warning("%s calls no tools: %s", self.label, refusal.detail)
            yield Usage()

    def _slip(self) -> None:
        self._slips += 1
        log.warning("%s wrote a call of a tool as text", self.label)
        self._refused = self._slips >= MOST_SLIPS and not self._called

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object made to the schema. Raises ModelFailed."""
        return await self._model.fill(messages, schema)

    def report(self, failure: ModelFailed) -> None:
        self._model.report(failure)

    async def aclose(self) -> None:
        await self._model.aclose()


def _without_tools(messages: Sequence[Message]) -> list[Message]:
    """The messages for a model that is offered no tools; they may have been written for one that is."""
    first, *others = messages
    return [replace(first, text=f"{first.text}\n\n{NO_TOOLS}") if first.role == "system" else first, *others]
