"""Where the graph's state waits while a run is parked: LangGraph's own SQLite saver, one thread per run.

A state is written when its run is parked, and removed at the run's terminal event; what a crash left behind is removed
at the next start. Writes reach the disk when `settle` says so. Only the product's own values are read back, nothing
else that somebody may have put there.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from aiosqlite import Connection
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import INTERRUPT
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.acts.act import ActReading
from agents.types import Asks, Option, Part, Proposal, Question, Route, StandaloneQuestion, Turn, Wishes

STORED = (Asks, Option, Part, Proposal, Question, ActReading, Route, StandaloneQuestion, Turn, Wishes)
"""The types that a graph's state may hold besides plain data."""


class ParkedStates(AsyncSqliteSaver):
    """Writes a run's state when the run waits for somebody. That of any other run is held until it is forgotten: nobody
    will read it, and to write and remove it takes as long as all else that is kept of a run."""

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn)
        self._held: dict[str, list[Callable[[], Awaitable[Any]]]] = defaultdict(list)
        self._stored: set[str] = set()

    async def open(self) -> None:
        """Make the tables where there are none, and learn whose states are there."""
        await self.setup()
        self._stored = {_thread(state.config) async for state in self.alist(None)}

    @property
    def stored(self) -> frozenset[str]:
        """The runs whose states are written."""
        return frozenset(self._stored)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return await super().aget_tuple(config) if _thread(config) in self._stored else None

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        put = partial(super().aput, config, checkpoint, metadata, new_versions)
        if _thread(config) in self._stored:
            return await put()
        self._held[_thread(config)].append(put)
        at = {**config["configurable"], "checkpoint_id": checkpoint["id"]}
        return {"configurable": {"checkpoint_ns": "", **at}}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        run_id, put = _thread(config), partial(super().aput_writes, config, writes, task_id, task_path)
        self._held[run_id].append(put)
        if run_id in self._stored or any(channel == INTERRUPT for channel, _ in writes):
            self._stored.add(run_id)
            for write in self._held.pop(run_id):
                await write()

    async def adelete_thread(self, thread_id: str) -> None:
        self._held.pop(thread_id, None)
        if thread_id in self._stored:
            await super().adelete_thread(thread_id)
            self._stored.discard(thread_id)


def _thread(config: RunnableConfig) -> str:
    return str(config["configurable"]["thread_id"])


class RunSaver:
    """The saver of this process. `graph_saver` is what a graph is compiled with."""

    def __init__(self, graph_saver: ParkedStates) -> None:
        self.graph_saver = graph_saver

    async def settle(self) -> None:
        """Bring to the disk what was written: after it, the states survive the loss of power."""
        async with self.graph_saver.lock:
            await self.graph_saver.conn.execute_fetchall("PRAGMA wal_checkpoint(FULL)")

    async def forget(self, run_id: str) -> None:
        """Remove the run's state; nothing where there is none."""
        await self.graph_saver.adelete_thread(run_id)

    async def wipe(self) -> None:
        """Take what was forgotten out of the database's log as well, so that it stands in no file."""
        async with self.graph_saver.lock:
            await self.graph_saver.conn.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def keep_only(self, run_ids: Collection[str]) -> None:
        """Remove the states of all other runs."""
        for run_id in self.graph_saver.stored - set(run_ids):
            await self.forget(run_id)


def memory_saver() -> InMemorySaver:
    """A saver for runs that end with the process, as those of a command do."""
    return InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=STORED))


@asynccontextmanager
async def open_saver(path: Path) -> AsyncIterator[RunSaver]:
    """The saver over a SQLite file of its own, made where it is not there."""
    async with aiosqlite.connect(str(path)) as connection:
        saver = ParkedStates(connection)
        saver.serde = JsonPlusSerializer(allowed_msgpack_modules=STORED)
        await saver.open()
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        await saver.conn.execute("PRAGMA secure_delete=ON")
        yield RunSaver(saver)
