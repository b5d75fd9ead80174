"""The states of parked runs in a SQLite file of its own, which belongs to one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from orchestrator.graph.saver import ParkedStates, RunSaver, run_of, serializer


class SqliteStates(ParkedStates, AsyncSqliteSaver):
    """See `ParkedStates`."""

    async def open(self) -> None:
        """Make the tables where there are none, and learn whose states are there."""
        await self.setup()
        self._stored = {run_of(state.config) async for state in self.alist(None)}
        await self.conn.execute("PRAGMA synchronous=NORMAL")
        await self.conn.execute("PRAGMA secure_delete=ON")

    async def settle(self) -> None:
        await self._checkpoint("FULL")

    async def wipe(self) -> None:
        await self._checkpoint("TRUNCATE")

    async def _checkpoint(self, how: str) -> None:
        async with self.lock:
            await self.conn.execute_fetchall(f"PRAGMA wal_checkpoint({how})")


@asynccontextmanager
async def open_saver(path: Path) -> AsyncIterator[RunSaver]:
    """The saver over this file, made where it is not there."""
    async with aiosqlite.connect(str(path)) as connection:
        saver = SqliteStates(connection)
        saver.serde = serializer()
        await saver.open()
        yield RunSaver(saver)
