"""Where the graph's state waits while a run is parked: LangGraph's own SQLite saver, one thread per run.

A state is written when a run is parked or ends, and removed at the run's terminal event; what a crash left behind is
removed at the next start. Writes reach the disk when `settle` says so: most states are gone a moment later and need
not. Only the product's own values are read back, nothing else that somebody may have put there.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.acts.act import ActReading
from agents.types import Asks, Option, Part, Proposal, Question, Route, StandaloneQuestion, Turn, Wishes

STORED = (Asks, Option, Part, Proposal, Question, ActReading, Route, StandaloneQuestion, Turn, Wishes)
"""The types that a graph's state may hold besides plain data."""


class RunSaver:
    """The saver of this process. `graph_saver` is what a graph is compiled with."""

    def __init__(self, graph_saver: AsyncSqliteSaver) -> None:
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
        kept = {state.config["configurable"]["thread_id"] async for state in self.graph_saver.alist(None)}
        for run_id in kept - set(run_ids):
            await self.forget(run_id)


def memory_saver() -> InMemorySaver:
    """A saver for runs that end with the process, as those of a command do."""
    return InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=STORED))


@asynccontextmanager
async def open_saver(path: Path) -> AsyncIterator[RunSaver]:
    """The saver over a SQLite file of its own, made where it is not there."""
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        saver.serde = JsonPlusSerializer(allowed_msgpack_modules=STORED)
        await saver.setup()
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        await saver.conn.execute("PRAGMA secure_delete=ON")
        yield RunSaver(saver)
