"""The graph that answers, built anew where what it is built from has changed, while answers go on."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from api.settings import Settings
from orchestrator.events import AnyEvent
from orchestrator.execution.runs import Run
from orchestrator.graph.saver import ParkedStates
from orchestrator.graph.state import Dependencies
from orchestrator.graph.stream import by_events, by_updates, stream_events
from orchestrator.graph.turn import build_graph
from orchestrator.run import Desk, RunInput


@dataclass(frozen=True, slots=True)
class Built:
    """`run` answers customers, `draft` the staff alone."""

    dependencies: Dependencies
    run: Run
    draft: Run


class AnsweringGraph:
    """What answers by what was ingested last. An answer that has begun goes on with the graph it began with. Used from
    one event loop."""

    def __init__(self, settings: Settings, open_newest: Callable[[], Awaitable[Dependencies]], saver: ParkedStates):
        self._open_newest = open_newest
        self._saver = saver
        reader = by_events if settings.graph_events else by_updates
        self._reads = partial(stream_events, steps=settings.steps, reader=reader)

    async def build(self) -> Dependencies:
        """Build it, again. Raises BadSetting, and then answers go on as before."""
        dependencies = await self._open_newest()
        run = partial(self._reads, build_graph(dependencies, self._saver))
        self._built = Built(dependencies, run, partial(self._reads, build_graph(dependencies)))
        return dependencies

    @property
    def dependencies(self) -> Dependencies:
        return self._built.dependencies

    def run(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        return self._built.run(run, desk)

    def draft(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        return self._built.draft(run, desk)
