"""The chat models that the settings choose, and the time that they get."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from agents.models.providers import Model, choose_models
from api.settings import BadSetting, Settings

if TYPE_CHECKING:
    from agents.models.breaker import Breaker
    from agents.models.failover import Budget

LOADING_SECONDS = 60.0
"""What a model on this machine may take to begin where nothing else is set: its server may have to load it first, and
without a graphics card reads a long prompt slowly."""


def chosen_models(settings: Settings) -> tuple[Model, ...]:
    """The models that there is a key for, or that want none, the leading one first. Raises BadSetting."""
    try:
        return choose_models(settings.models, settings.provider_keys, settings.provider_addresses)
    except ValueError as error:
        raise BadSetting(f"PITCREW_MODELS: {error}") from error


def budget(settings: Settings) -> "Budget":
    """What one answer of a model may take. Raises BadSetting."""
    from agents.models.failover import Budget

    local = any(model.provider.local for model in chosen_models(settings))
    loading = local and "first_token_s" not in settings.model_fields_set
    return Budget(LOADING_SECONDS if loading else settings.first_token_s, settings.token_gap_s, settings.answer_tokens)


@asynccontextmanager
async def open_models(settings: Settings, *, warm: bool = False) -> AsyncIterator[tuple["Breaker", ...]]:
    """The chosen models, each behind its breaker. `warm`: those on this machine are made ready beside whatever comes
    next. Raises BadSetting."""
    models = chosen_models(settings)
    if not models:
        yield ()
        return
    from agents.models.breaker import Breaker
    from agents.models.openai_compatible import OpenAICompatible
    from agents.models.tool_support import ToolSupport
    from agents.models.warm_up import warm_up

    async with AsyncExitStack() as stack:
        supported = [ToolSupport(OpenAICompatible(model, traces=settings.model_traces)) for model in models]
        for support in supported:
            stack.push_async_callback(support.aclose)
        # Not through the breakers: what goes wrong before the first question says little about it.
        local = [support for support, model in zip(supported, models, strict=True) if model.provider.local]
        warming = asyncio.create_task(warm_up(local if warm else ()))
        stack.push_async_callback(_ended, warming)
        yield tuple(map(Breaker, supported))


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
