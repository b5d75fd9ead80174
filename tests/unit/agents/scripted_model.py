"""A chat model in memory that does what its script says, for tests of what is built on the contract."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agents.model import CallPiece, Filled, Finish, Message, ModelFailed, Streamed, ToolCalls
from agents.tool import Tool
from agents.types import Usage


class Silence:
    """A pause in a script that never ends."""


SILENCE = Silence()

Step = str | Silence | CallPiece | ToolCalls | ModelFailed


class ScriptedModel:
    """Each call takes the next of `calls` (the last again and again): texts are said, a silence lasts until the call is
    given up, a failure is raised. `filled` is what `fill` gives or raises. `heard` are the messages of each call,
    `offered` the names of its tools."""

    def __init__(
        self, *calls: Sequence[Step], filled: Mapping[str, Any] | ModelFailed | None = None, label: str = "test:one"
    ) -> None:
        self._calls = list(calls)
        self._filled = filled
        self._label = label
        self.called = 0
        self.open = 0
        self.closed = False
        self.reported: list[ModelFailed] = []
        self.heard: list[tuple[Message, ...]] = []
        self.offered: list[tuple[str, ...]] = []

    @property
    def label(self) -> str:
        return self._label

    @property
    def calls_tools(self) -> bool:
        return True

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        self.called += 1
        self.heard.append(tuple(messages))
        self.offered.append(tuple(tool.name for tool in tools))
        self.open += 1
        try:
            for step in self._calls[min(self.called, len(self._calls)) - 1]:
                if isinstance(step, ModelFailed):
                    raise step
                if isinstance(step, Silence):
                    await asyncio.Event().wait()
                else:
                    yield step
            yield Finish(False, Usage(1, 1, self._label))
        finally:
            self.open -= 1

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        self.called += 1
        if self._filled is None:
            raise ModelFailed("LLM_UNAVAILABLE", "scripted")
        if isinstance(self._filled, ModelFailed):
            raise self._filled
        return Filled(self._filled, Usage(1, 1, self._label))

    def report(self, failure: ModelFailed) -> None:
        self.reported.append(failure)

    async def aclose(self) -> None:
        self.closed = True
