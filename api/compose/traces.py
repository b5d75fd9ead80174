"""Traces, where the settings ask for them."""

import asyncio
from contextlib import AsyncExitStack

from api.settings import BadSetting, Settings
from api.version import product_version
from rag.tracing.spans import NOTHING, Span


def open_traces(settings: Settings, stack: AsyncExitStack) -> Span:
    """What stands outside of all runs, each of which is a trace of its own in it; the last ones are sent when the stack
    unwinds. Raises BadSetting where what sends them is not installed."""
    if not settings.traces_url:
        return NOTHING
    try:
        from api.observability.traces import Traces
    except ImportError as error:
        raise BadSetting("PITCREW_TRACES_URL needs `pip install '.[traces]'` in Pitcrew's folder.") from error
    traces = Traces(settings.traces_url, product_version(), contents=settings.traces_content)
    stack.push_async_callback(asyncio.to_thread, traces.close)
    return traces.outside
