"""The contract of the saver: where the graph's state waits while a run is parked; `savers/` has one implementation per
file, LangGraph's own savers, one thread per run.

A state is written when its run is parked, and removed at the run's terminal event; what a crash left behind is removed
at the next start. Writes reach the disk when `settle` says so. Only the product's own values are read back, nothing
else that somebody may have put there.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import INTERRUPT

from agents.acts.act import ActReading
from agents.types import Asks, Option, Part, Proposal, Question, Route, StandaloneQuestion, Turn, Wishes

STORED = (Asks, Option, Part, Proposal, Question, ActReading, Route, StandaloneQuestion, Turn, Wishes)
"""The types that a graph's state may hold besides plain data."""


def serializer() -> JsonPlusSerializer:
    """What reads nothing back but plain data and STORED."""
    return JsonPlusSerializer(allowed_msgpack_modules=STORED)


class ParkedStates(BaseCheckpointSaver[str]):
    """Put before a saver of LangGraph's, it writes a run's state when the run waits for somebody. That of any other run
    is held until it is forgotten: nobody will read it, and to write and remove it takes as long as all else that is
    kept of a run. Where it is `shared`, other processes park runs in the same place."""

    shared = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._held: dict[str, list[Callable[[], Awaitable[Any]]]] = defaultdict(list)
        self._stored: set[str] = set()

    @property
    def stored(self) -> frozenset[str]:
        """The runs whose states are written, as far as this process knows."""
        return frozenset(self._stored)

    async def settle(self) -> None:
        """Bring to the disk what was written: after it, the states survive the loss of power."""

    async def wipe(self) -> None:
        """Take what was forgotten out of the database's files as well, where they keep it."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        run_id = run_of(config)
        if run_id not in self._stored and (run_id in self._held or not self.shared):
            return None
        found = await super().aget_tuple(config)
        if found is not None:
            self._stored.add(run_id)
        return found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        put = partial(super().aput, config, checkpoint, metadata, new_versions)
        if run_of(config) in self._stored:
            return await put()
        self._held[run_of(config)].append(put)
        at = {**config["configurable"], "checkpoint_id": checkpoint["id"]}
        return {"configurable": {"checkpoint_ns": "", **at}}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        run_id, put = run_of(config), partial(super().aput_writes, config, writes, task_id, task_path)
        self._held[run_id].append(put)
        if run_id in self._stored or any(channel == INTERRUPT for channel, _ in writes):
            self._stored.add(run_id)
            for write in self._held.pop(run_id):
                await write()

    async def adelete_thread(self, thread_id: str) -> None:
        held = self._held.pop(thread_id, None)
        if thread_id in self._stored or (self.shared and held is None):
            await super().adelete_thread(thread_id)
            self._stored.discard(thread_id)


def run_of(config: RunnableConfig) -> str:
    """The run whose state it is about."""
    return str(config["configurable"]["thread_id"])


class RunSaver:
    """The saver of this process. `graph_saver` is what a graph is compiled with."""

    def __init__(self, graph_saver: ParkedStates) -> None:
        self.graph_saver = graph_saver

    async def settle(self) -> None:
        """See `ParkedStates.settle`."""
        await self.graph_saver.settle()

    async def forget(self, run_id: str) -> None:
        """Remove the run's state; nothing where there is none."""
        await self.graph_saver.adelete_thread(run_id)

    async def wipe(self) -> None:
        """See `ParkedStates.wipe`."""
        await self.graph_saver.wipe()

    async def keep_only(self, run_ids: Collection[str]) -> None:
        """Remove the states of all other runs."""
        for run_id in self.graph_saver.stored - set(run_ids):
            await self.forget(run_id)


def memory_saver() -> InMemorySaver:
    """A saver for runs that end with the process, as those of a command do."""
    return InMemorySaver(serde=serializer())
