"""A chat model in memory that does what its script says, for tests of what is built on the contract."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agents.model import Finish, Message, ModelFailed
from agents.types import Usage

SILENCE = 3600.0
"""A pause in a script that no budget waits for."""

Step = str | float | ModelFailed


class ScriptedModel:
    """Each call takes the next of `calls` (the last again and again): texts are said, numbers are seconds of silence,
    a failure is raised. `filled` is what `fill` gives or raises."""

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

    @property
    def label(self) -> str:
        return self._label

    async def stream(self, messages: Sequence[Message], max_tokens: int) -> AsyncGenerator[str | Finish, None]:
        self.called += 1
        self.open += 1
        try:
            for step in self._calls[min(self.called, len(self._calls)) - 1]:
                if isinstance(step, ModelFailed):
                    raise step
                if isinstance(step, str):
                    yield step
                else:
                    await asyncio.sleep(step)
            yield Finish(False, Usage(1, 1, self._label))
        finally:
            self.open -= 1

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Mapping[str, Any]:
        self.called += 1
        if self._filled is None:
            raise ModelFailed("LLM_UNAVAILABLE", "scripted")
        if isinstance(self._filled, ModelFailed):
            raise self._filled
        return self._filled

    def report(self, failure: ModelFailed) -> None:
        self.reported.append(failure)

    async def aclose(self) -> None:
        self.closed = True
