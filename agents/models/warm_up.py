"""A model on this machine made ready before somebody waits for it."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Any

from agents.context import ToolContext
from agents.model import ChatModel, Message, ModelFailed
from agents.tool import Arguments, Result, Tool

SECONDS = 180.0
"""For reading some gigabytes from a slow disk."""


class _Nothing(Arguments):
    """No arguments."""


async def _do_nothing(given: _Nothing, context: ToolContext) -> Result:
    return Result(None)


_TOOL: Tool[Any] = Tool("do_nothing", "Does nothing. Never call it.", _Nothing, _do_nothing)


async def warm_up(models: Sequence[ChatModel]) -> None:
    """Have each model say one token and offer it a tool: its server loads it then, and says whether it calls tools.
    What goes wrong is left to the first question to find out."""
    for model in models:
        with suppress(ModelFailed, TimeoutError):
            async with asyncio.timeout(SECONDS), aclosing(model.stream([Message("user", "Hello")], 1, [_TOOL])) as said:
                async for _ in said:
                    pass
