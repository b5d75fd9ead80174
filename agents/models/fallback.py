"""Several chat models as one: the first that is able answers."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from agents.model import ChatModel, Filled, Message, ModelFailed, Streamed
from agents.models.failover import Budget, stream_first_able
from agents.tool import Tool


class FallbackModel:
    """See `agents.model.ChatModel`. Asks `models` in their order, none of which it owns. Unlike one model it keeps the
    budget's time limits and retries itself when it streams, so that whoever reads the stream needs none; `fill` keeps
    none and asks each model once."""

    def __init__(self, models: Sequence[ChatModel], budget: Budget) -> None:
        """Raises ValueError without a model."""
        if not models:
            raise ValueError("there is no model to ask")
        self._models = tuple(models)
        self._budget = budget

    @property
    def label(self) -> str:
        return self._models[0].label

    @property
    def calls_tools(self) -> bool:
        return self._models[0].calls_tools

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """The answer of the first model that begins one. Raises ModelFailed."""
        budget = replace(self._budget, max_tokens=min(max_tokens, self._budget.max_tokens))
        async with aclosing(stream_first_able(self._models, messages, budget, tools)) as stream:
            async for event in stream:
                yield event

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object by the first model that makes one. Raises the last one's ModelFailed."""
        failure = ModelFailed("LLM_UNAVAILABLE", "not asked")
        for model in self._models:
            try:
                return await model.fill(messages, schema)
            except ModelFailed as failed:
                failure = failed
        raise failure

    def report(self, failure: ModelFailed) -> None:
        """Nothing to hear: the models were told when it happened."""

    async def aclose(self) -> None:
        """Nothing to close: the models are not its own."""
