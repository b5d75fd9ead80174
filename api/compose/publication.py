"""The server's part in keeping knowledge: a thread that publishes what ingestion made ready, while answers go on.

Where several processes could, one does, and the others find in the indexes and in SQL what it has shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from rag.index import IndexUnavailable
from rag.ingestion.publish import Publisher, Stopped

log = structlog.get_logger()

EVERY_S = 1.0
"""How often the server looks for releases; an ingestion beside it waits about half of that before it is published."""
PAUSE_S = 0.01
"""Rest after every few chunks that go into the indexes, so that searches and streams have their turn."""
SILENT_S = 60.0
"""A publisher that has said nothing for so long stands still, and another takes its place. What both have done is done
once: chunks are put in by their ids, and a release is shown by one of them."""
_LOCK = 0x70697464
"""The first half of the lock's name on a server; the other is the schema's."""


class PublishingTurn:
    """Whether this process is the one that publishes. Used by one thread; raises SQLAlchemy's errors."""

    def __init__(self, database: Database, silent_s: float = SILENT_S) -> None:
        """What is in a SQLite file has one server anyway."""
        self._database = database
        self._silent = {"silent_s": silent_s}
        self._alone = database.dialect.name == "sqlite"
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Take it where nobody has it, or keep it: to be asked again within `silent_s`."""
        if self._alone:
            return True
        try:
            if self._connection is None:
                self._connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
            lock = {"lock": _LOCK}
            if self._connection.execute(_TAKEN, lock).scalar() or self._connection.execute(_TAKE, lock).scalar():
                return True
            self._connection.execute(_FREE_OF_THE_SILENT, lock | self._silent)
        except SQLAlchemyError:
            self.close()
            raise
        return False

    def close(self) -> None:
        """Leave it to others: the lock is the session's, which ends here."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


_TAKEN = text(
    "SELECT true FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() "
    "AND classid = CAST(:lock AS oid)"
)
_TAKE = text("SELECT pg_try_advisory_lock(:lock, hashtext(current_schema()))")
_FREE_OF_THE_SILENT = text(
    "SELECT pg_terminate_backend(held.pid) FROM pg_locks held JOIN pg_stat_activity told ON told.pid = held.pid "
    "WHERE held.locktype = 'advisory' AND held.granted AND held.classid = CAST(:lock AS oid) "
    "AND held.objid = CAST(CAST(hashtext(current_schema()) AS bigint) & 4294967295 AS oid) "
    "AND told.datname = current_database() AND told.state = 'idle' "
    "AND told.state_change < clock_timestamp() - make_interval(secs => :silent_s)"
)


@contextmanager
def keeping_current(publisher: Publisher, turn: PublishingTurn, every_s: float = EVERY_S) -> Iterator[None]:
    """Publish what becomes ready until the block ends, in a thread of its own, whenever it is this process's turn."""
    ended = Event()

    def still(*_: object) -> None:
        turn.held()

    def keep() -> None:
        failing = False
        while True:
            try:
                for published in publisher.work(still) if turn.held() else ():
                    log.info("published", generation=published.generation, **published.actions)
                failing = False
            except Stopped:
                return
            except (IndexUnavailable, SQLAlchemyError, OSError) as error:
                if not failing:  # it is tried again every second, and said once
                    log.error("publishing_failed", error=str(error))
                failing = True
            if ended.wait(every_s):
                return

    def work() -> None:
        try:
            keep()
        finally:
            turn.close()

    thread = Thread(target=work, name="publish")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        publisher.stop()
        thread.join()
