"""Opening a database so that the promises hold on it: durable commits, one writer on SQLite, bounded waiting."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

LOCK_PATIENCE_S = 5
"""How long a writer waits for its turn and SQLite's lock before the store is reported unavailable. The execution option
`patience_s` of a connection shortens it."""

LOG_PATIENCE_MS = 1_000
_PAUSE_S = 0.01


def open_database(url: str, *, durable: bool = True) -> Engine:
    """An engine for `url`. SQLite is put in WAL mode with full durability: a commit survives kill -9 and power loss; if
    not `durable`, for what can be made again, power loss may take the last ones."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=0, pool_timeout=LOCK_PATIENCE_S)
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=8, connect_args={"timeout": LOCK_PATIENCE_S, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transaction control begins late and would let two writers deadlock on an upgrade.
        connection.isolation_level = None
        cursor = connection.cursor()
        _write_ahead(cursor)
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is deleted or overwritten is gone from the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute(f"PRAGMA busy_timeout={LOCK_PATIENCE_S * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("bare"):
            return
        if options.get("read_only"):
            connection.exec_driver_sql("BEGIN")
        else:
            patience_s = max(0.0, options.get("patience_s", LOCK_PATIENCE_S))
            connection.exec_driver_sql(f"PRAGMA busy_timeout={round(patience_s * 1000)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Put the database in WAL mode. Of several that open a new one at once, SQLite refuses all but one without any
    waiting, whatever its timeout is; so they try again here. Raises sqlite3.OperationalError when it stays locked."""
    ends = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def empty_log(engine: Engine) -> bool:
    """Bring SQLite's write-ahead log into the database and empty it: what was overwritten stands in neither. False
    when others were reading it for too long."""
    with engine.connect().execution_options(bare=True) as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={LOG_PATIENCE_MS}")
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        return not busy
