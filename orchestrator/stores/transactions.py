"""Transactions in threads, so that the event loop stays free.

On SQLite all writes are in one thread: it has a single writer anyway, and a queue in the process is fairer and cheaper
than waiting for its lock.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.errors import StorageUnavailable
from orchestrator.stores.database import LOCK_PATIENCE_S

T = TypeVar("T")

READERS = 4


class Transactions:
    """Those on `engine`, which it owns. `failed`: the last write did not get through. Everything raises
    StorageUnavailable when the database cannot be reached, and what the work itself raises."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.readable = engine.execution_options(read_only=True)
        self.failed = False
        writers = 1 if engine.dialect.name == "sqlite" else READERS
        self._writer = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._reader = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Commit `work`. Waiting for its turn counts too: behind a locked database everybody is told in time."""
        deadline = time.monotonic() + LOCK_PATIENCE_S

        def transaction() -> T:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise StorageUnavailable
            with self.engine.connect() as connection, connection.execution_options(patience_s=left_s).begin():
                return work(connection)

        try:
            done = await self.in_turn(transaction)
        except StorageUnavailable:
            self.failed = True
            raise
        self.failed = False
        return done

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads from one state of the database."""

        def transaction() -> T:
            with self.readable.begin() as connection:
                return work(connection)

        return await self._run(self._reader, transaction)

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Do something between the writes."""
        return await self._run(self._writer, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            # Shielded: a cancelled caller must not leave the outcome of a half-sent transaction unknown to its thread.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(pool, work))
        except IntegrityError:
            raise
        except (SQLAlchemyError, PoolTimeout) as error:
            raise StorageUnavailable from error

    def close(self) -> None:
        """Finish what was begun, and close the database."""
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
        self.engine.dispose()
