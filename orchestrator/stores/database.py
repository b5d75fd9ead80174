"""Opening a database so that the promises hold on it: durable commits, one writer on SQLite, bounded waiting."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

LOCK_PATIENCE_S = 5
"""How long a writer waits for SQLite's lock before the store is reported unavailable."""


def open_database(url: str) -> Engine:
    """An engine for `url`. SQLite is put in WAL mode with full durability: a commit survives kill -9 and power loss."""
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
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={LOCK_PATIENCE_S * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        mode = "" if connection.get_execution_options().get("read_only") else " IMMEDIATE"
        connection.exec_driver_sql(f"BEGIN{mode}")

    return engine
