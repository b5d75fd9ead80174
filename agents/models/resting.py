"""A chat model that is left alone for as long as its provider wishes, so that many callers do not keep a limit shut."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agents.model import ChatModel, Finish, Message, ModelFailed

LONGEST_REST_SECONDS = 60.0
PROBE_SECONDS = 1.0
"""After a rest one caller tries first; the others wait this long for how it goes."""


class Resting:
    """Passes calls on to `model`, which it owns. When one is refused with Retry-After, all calls are refused without
    asking until that time is over; then one goes first, and its success lets the others through."""

    def __init__(self, model: ChatModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._until: float | None = None

    @property
    def label(self) -> str:
        return self._model.label

    async def stream(self, messages: Sequence[Message], max_tokens: int) -> AsyncGenerator[str | Finish, None]:
        """Say the answer. Raises ModelFailed."""
        self._enter()
        try:
            async with aclosing(self._model.stream(messages, max_tokens)) as stream:
                async for item in stream:
                    self._until = None
                    yield item
        except ModelFailed as failure:
            self._heed(failure)
            raise

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """An object made to the schema. Raises ModelFailed."""
        self._enter()
        try:
            filled = await self._model.fill(messages, schema)
        except ModelFailed as failure:
            self._heed(failure)
            raise
        self._until = None
        return filled

    async def aclose(self) -> None:
        await self._model.aclose()

    def _enter(self) -> None:
        if self._until is None:
            return
        left = self._until - self._clock()
        if left > 0:
            raise ModelFailed("LLM_RATE_LIMITED", "resting after status 429", transient=True, retry_after=left)
        self._until = self._clock() + PROBE_SECONDS

    def _heed(self, failure: ModelFailed) -> None:
        if failure.reason == "LLM_RATE_LIMITED" and failure.retry_after:
            self._until = self._clock() + min(failure.retry_after, LONGEST_REST_SECONDS)
        else:
            self._until = None
