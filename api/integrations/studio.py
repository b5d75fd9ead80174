"""What `langgraph.json` names: the specialists as a graph over chat messages, for LangGraph Studio and `langgraph dev`.

Importing it opens nothing. The first question opens the specialists from the settings, in the process and the event
loop that ask; it stays open until the process ends.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from weakref import WeakKeyDictionary

from api.compose.embedded import open_embedded
from api.settings import Settings
from orchestrator.graph.studio import build_chat_graph

_opened: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[tuple[AsyncExitStack, Any]]] = WeakKeyDictionary()


async def _open() -> tuple[AsyncExitStack, Any]:
    """The graph, and the stack of what it needs, which closes what nobody refers to."""
    # What the settings and the specialists read at the start stands on this machine's disk; a loop that others use as
    # well must not wait for it.
    settings = await asyncio.to_thread(Settings)
    stack = AsyncExitStack()
    return stack, (await stack.enter_async_context(open_embedded(settings))).graph


async def specialist_graph() -> Any:
    """The specialists' graph, opened once. Raises BadSetting, IndexUnavailable; the next question tries again."""
    loop = asyncio.get_running_loop()
    task = _opened.get(loop)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = _opened[loop] = asyncio.ensure_future(_open())
    _, opened = await asyncio.shield(task)
    return opened


async def close() -> None:
    """Close what this event loop has opened."""
    task = _opened.pop(asyncio.get_running_loop(), None)
    if task is not None:
        stack, _ = await task
        await stack.aclose()


graph = build_chat_graph(specialist_graph)
