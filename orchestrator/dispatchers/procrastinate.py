"""The dispatcher of several processes: jobs of procrastinate in the PostgreSQL of the conversations.

A job says no more than which conversation to look at. Of one conversation at most one job waits, and it goes when
somebody has looked; what waits in the conversation are its own rows, and whoever answers it goes on with them. Jobs of
workers that died are removed: their runs are found by their leases.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from psycopg import Error as PsycopgError
from psycopg_pool import PoolTimeout

from orchestrator.cancellation import ended
from orchestrator.dispatcher import Answer

log = structlog.get_logger()

QUEUE, UPKEEP = "conversations", "upkeep"
PAUSE_S = 1.0
"""Until PostgreSQL is asked again that was away, and between looks at how much waits."""
PATIENCE_S = 5.0
TOGETHER = 4
"""Jobs that are written at a time."""
POLL_S = 5.0
"""How often a worker looks for jobs that it was not told of."""
DEAD_AFTER_S = 30.0
CLEAN_UP = "*/1 * * * *"
_ALIVE = (
    "SELECT count(*) AS workers FROM procrastinate_workers "
    "WHERE last_heartbeat > now() - %(seconds)s * interval '1 second'"
)
_WAITING = "SELECT count(*) AS depth FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %(queue)s"
AWAY = (ProcrastinateException, PsycopgError, PoolTimeout, OSError, TimeoutError)


class ProcrastinateDispatcher:
    """See `orchestrator.dispatcher.Dispatcher`. Made by `open_procrastinate_dispatcher`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answer: Answer | None = None
        self._named: dict[str, None] = {}
        self._there = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()
        self._depth = 0
        self._look = app.task(name="look", queue=QUEUE)(self._look_at)
        app.periodic(cron=CLEAN_UP)(app.task(name="clean_up", queue=UPKEEP, queueing_lock="clean_up")(self._clean_up))

    def dispatch(self, conversation_id: str) -> None:
        self._named[conversation_id] = None
        self._there.set()
        self._sent.clear()

    @property
    def depth(self) -> int:
        return len(self._named) + self._depth

    def leave(self) -> None:
        """Whoever serves has stopped to fetch before this; see `serving`."""

    # --- telling others --------------------------------------------------------------------------------------------

    async def send(self) -> None:
        """Write a job for each conversation that is named, for ever; while PostgreSQL is away they are kept."""
        while True:
            await self._there.wait()
            while self._named:
                together = list(self._named)[:TOGETHER]
                for conversation_id in together:
                    del self._named[conversation_id]
                await asyncio.gather(*map(self._defer, together))
            self._there.clear()
            self._sent.set()

    async def flush(self) -> None:
        """Wait for what is named to be written, while that can be expected."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._sent.wait()

    async def _defer(self, conversation_id: str) -> None:
        job = self._look.configure(queueing_lock=conversation_id)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await job.defer_async(conversation_id=conversation_id)
        except AlreadyEnqueued:
            pass
        except AWAY as error:
            log.warning("job_not_written", error=type(error).__name__, retry_in_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)
            self.dispatch(conversation_id)

    async def workers(self) -> int:
        """How many workers are alive, by their heartbeats. Raises what `AWAY` lists."""
        async with asyncio.timeout(PATIENCE_S):
            counted = await self._app.connector.execute_query_one_async(_ALIVE, seconds=DEAD_AFTER_S)
        return int(counted["workers"])

    async def count(self) -> None:
        """Look how many jobs wait, again and again."""
        while True:
            with contextlib.suppress(*AWAY):
                async with asyncio.timeout(PATIENCE_S):
                    counted = await self._app.connector.execute_query_one_async(_WAITING, queue=QUEUE)
                self._depth = counted["depth"]
            await asyncio.sleep(PAUSE_S)

    # --- answering -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def serving(self, answer: Answer, most: int) -> AsyncIterator[None]:
        """Look at conversations while the block runs, so many at a time. Those that are being answered at its end are
        answered to their end, but what waits behind is left to others."""
        self._answer = answer
        serving = asyncio.ensure_future(self._serve(most))
        try:
            yield
        finally:
            await ended(serving)

    async def _serve(self, most: int) -> None:
        """A worker, begun anew whenever it stops because PostgreSQL was away."""
        while True:
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE, UPKEEP],
                    concurrency=most,
                    fetch_job_polling_interval=POLL_S,
                    shutdown_graceful_timeout=0.1,
                    stalled_worker_timeout=DEAD_AFTER_S,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            except AWAY as error:
                log.warning("jobs_not_fetched", error=type(error).__name__, retry_in_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    async def _look_at(self, conversation_id: str) -> None:
        assert self._answer is not None
        await self._answer(conversation_id)

    async def _clean_up(self, timestamp: int) -> None:
        """Remove the jobs of workers that are dead, once a minute by one of the living."""
        manager = self._app.job_manager
        await manager.prune_stalled_workers(DEAD_AFTER_S)
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
            await manager.finish_job(job, Status.FAILED, delete_job=True)


def schema() -> str:
    """The SQL of the tables that jobs are kept in."""
    return SchemaManager.get_schema()


@asynccontextmanager
async def open_procrastinate_dispatcher(url: str) -> AsyncIterator[ProcrastinateDispatcher]:
    """The dispatcher over the PostgreSQL at this URL (as libpq has it), whose tables are there."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=TOGETHER + 4, timeout=PATIENCE_S))
    dispatcher = ProcrastinateDispatcher(app)
    await app.open_async()
    works: list[Coroutine[Any, Any, None]] = [dispatcher.send(), dispatcher.count()]
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield dispatcher
    finally:
        await dispatcher.flush()
        await ended(*tasks)
        await app.close_async()
