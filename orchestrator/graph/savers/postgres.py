"""The states of parked runs in PostgreSQL: one process parks a run, another lets it go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import Connection, OperationalError, errors
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from orchestrator.graph.saver import ParkedStates, RunSaver, serializer
from rag.postgresql.connection import AsyncBoundedConnection

T = TypeVar("T")

CONNECTIONS = 2
PATIENCE_S = 30.0
"""How long a run waits for a database that is away, before it fails. One that stands still is asked again on another
connection (`AsyncBoundedConnection`)."""
_PAUSES_S = (0.1, 1.0)
_NEWEST = "SELECT max(v) FROM checkpoint_migrations"


class _Patient(AsyncPostgresSaver):
    """Does again what the database was lost over: all of it may be done twice."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return await _again(partial(super().aget_tuple, config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await _again(partial(super().aput, config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await _again(partial(super().aput_writes, config, writes, task_id, task_path))

    async def adelete_thread(self, thread_id: str) -> None:
        await _again(partial(super().adelete_thread, thread_id))


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    for pause in _PAUSES_S:
        try:
            return await work()
        except OperationalError:
            await asyncio.sleep(pause)
    return await work()


class PostgresStates(ParkedStates, _Patient):
    """See `ParkedStates`. A commit there is durable, and what was removed goes when the server cleans up."""

    shared = True

    async def open(self) -> None:
        """Learn whose states are there."""
        async with self._cursor() as cursor:
            await cursor.execute("SELECT DISTINCT thread_id FROM checkpoints")
            self._stored = {row["thread_id"] for row in await cursor.fetchall()}


def up_to_date(url: str) -> bool:
    """Whether `prepare` has been done at this libpq URL. Raises psycopg.Error."""
    with Connection.connect(url, autocommit=True) as connection:
        try:
            row = connection.execute(_NEWEST).fetchone()
        except errors.UndefinedTable:
            return False
    return row is not None and row[0] is not None and row[0] >= len(AsyncPostgresSaver.MIGRATIONS) - 1


async def prepare(url: str) -> None:
    """Make LangGraph's tables, or bring them to the newest version. By one process at a time. Raises psycopg.Error."""
    async with AsyncPostgresSaver.from_conn_string(url) as saver:
        await saver.setup()


@asynccontextmanager
async def open_saver(url: str) -> AsyncIterator[RunSaver]:
    """The saver at this libpq URL, where `prepare` has been done. Raises psycopg.Error."""
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: AsyncConnectionPool[AsyncBoundedConnection[DictRow]] = AsyncConnectionPool(
        url,
        connection_class=AsyncBoundedConnection[DictRow],
        kwargs=options,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=PATIENCE_S,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    async with pool:
        saver = PostgresStates(pool)
        saver.serde = serializer()
        await saver.open()
        yield RunSaver(saver)
