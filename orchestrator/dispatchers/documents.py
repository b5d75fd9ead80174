"""Documents that workers read: jobs of procrastinate, each of one file of one ingestion.

A job says where the file is in the database, and no more. Whatever becomes of it, the ingestion looks afterwards at
what is stored, and reads the rest itself; a job of a worker that died is removed with that worker's others.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector

from orchestrator.cancellation import ended
from orchestrator.dispatchers.procrastinate import AWAY, DEAD_AFTER_S, PATIENCE_S, PAUSE_S, POLL_S

log = structlog.get_logger()

QUEUE = "documents"
_LEFT = (
    "SELECT count(*) AS n FROM procrastinate_jobs WHERE queue_name = %(queue)s AND status IN ('todo', 'doing') "
    "AND args->>'batch' = %(batch)s"
)
_DROP = "DELETE FROM procrastinate_jobs WHERE queue_name = %(queue)s AND status = 'todo' AND args->>'batch' = %(batch)s"

Read = Callable[[str, str], Awaitable[None]]
"""Reads and stores the document of this id from the shared file of this name."""


class DocumentQueue:
    """Used from one event loop. Made by `open_document_queue`. Raises what `AWAY` lists, but for `serving`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._read: Read | None = None
        self._task = app.task(name="read_document", queue=QUEUE)(self._read_one)

    async def put(self, batch: str, documents: Sequence[tuple[str, str]]) -> None:
        """Let workers read these documents, by id and the name of the shared file."""
        told: list[Any] = [{"batch": batch, "document_id": name_of, "name": name} for name_of, name in documents]
        await self._task.batch_defer_async(*told)

    async def left(self, batch: str) -> int:
        """How many of a batch are not read yet."""
        counted = await self._app.connector.execute_query_one_async(_LEFT, queue=QUEUE, batch=batch)
        return int(counted["n"])

    async def drop(self, batch: str) -> None:
        """Take back those that nobody has begun."""
        await self._app.connector.execute_query_async(_DROP, queue=QUEUE, batch=batch)

    @asynccontextmanager
    async def serving(self, read: Read) -> AsyncIterator[None]:
        """Read documents while the block runs, one at a time."""
        self._read = read
        serving = asyncio.ensure_future(self._serve())
        try:
            yield
        finally:
            await ended(serving)

    async def _serve(self) -> None:
        while True:
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=1,
                    fetch_job_polling_interval=POLL_S,
                    shutdown_graceful_timeout=0.1,
                    stalled_worker_timeout=DEAD_AFTER_S,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            except AWAY as error:
                log.warning("documents_not_fetched", error=type(error).__name__, retry_in_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    async def _read_one(self, batch: str, document_id: str, name: str) -> None:
        assert self._read is not None
        try:
            await self._read(document_id, name)
        except Exception as error:  # the ingestion reads it itself, and says what is wrong
            log.warning("document_not_read", document=document_id, error=type(error).__name__)


@asynccontextmanager
async def open_document_queue(url: str) -> AsyncIterator[DocumentQueue]:
    """Over the PostgreSQL at this URL (as libpq has it), whose tables are there."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4, timeout=PATIENCE_S))
    queue = DocumentQueue(app)
    await app.open_async()
    try:
        yield queue
    finally:
        with contextlib.suppress(*AWAY):
            await app.close_async()
