"""Databases, opened so that the promises hold on them: durable commits, one writer on SQLite, bounded waiting.

What differs between SQLite and a server ends here. `Transactions` run in threads, so that the event loop stays free;
on SQLite the writing ones of one user share a thread, because a queue in the process is fairer and cheaper than waiting
for the lock of a database that has a single writer anyway.
"""

import asyncio
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Double, Engine, Select, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")

LOCK_PATIENCE_S = 5
"""How long a writer waits for its turn and SQLite's lock before the database counts as unavailable. The execution
option `patience_s` of a connection shortens it."""
ANSWER_PATIENCE_S, READ_PATIENCE_S, CONNECT_PATIENCE_S, PING_PATIENCE_S = 300.0, 30.0, 3, 2.0
"""How long a server of PostgreSQL may take for one statement, also where nobody sees that it stands still: where the
option `patience_s` says nothing else, in `reading`; and for a new connection, and for a sign that an old one lives."""
LOG_PATIENCE_MS = 1_000
THREADS = 4
"""That read; as many more write where the database takes several writers."""
ATTEMPTS = 2
"""What looked for a row and found none may insert one that another has inserted meanwhile: then it looks again."""
_PAUSE_S = 0.01


def open_database(url: str, *, durable: bool = True) -> Engine:
    """An engine for `url`. On SQLite a commit survives kill -9 and power loss; if not `durable`, for what can be made
    again, power loss may take the last ones."""
    if make_url(url).get_backend_name() != "sqlite":
        return _open_server(url)
    engine = create_engine(
        url,
        hide_parameters=True,  # what customers write stands in no error of the database
        poolclass=QueuePool,
        pool_size=8,
        connect_args={"timeout": LOCK_PATIENCE_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        configure(connection, durable=durable)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("bare"):
            return
        if options.get("read_only"):
            connection.exec_driver_sql("BEGIN")
        else:
            patience_s = max(0.0, min(options.get("patience_s", LOCK_PATIENCE_S), LOCK_PATIENCE_S))
            connection.exec_driver_sql(f"PRAGMA busy_timeout={round(patience_s * 1000)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _open_server(url: str) -> Engine:
    """Whoever waits for a server that accepts and does not answer is told in time, and gives its connection up: what it
    had not committed is rolled back when the server goes on."""
    from rag.postgresql.connection import BoundedConnection  # noqa: PLC0415 (SQLite needs no driver of a server)

    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=0,
        pool_timeout=LOCK_PATIENCE_S,
        connect_args={"connect_timeout": CONNECT_PATIENCE_S},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> BoundedConnection:
        return BoundedConnection.connect(*arguments, **options)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        patience_s = connection.get_execution_options().get("patience_s", ANSWER_PATIENCE_S)
        connection.connection.driver_connection.patience_s = max(0.1, patience_s)

    @event.listens_for(engine, "checkin")
    def given_back(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.patience_s = PING_PATIENCE_S  # the next who takes it asks first whether it lives

    return engine


def configure(connection: sqlite3.Connection, *, durable: bool) -> None:
    """Put a connection in WAL mode, with full durability or without, and with transactions that begin when told to.
    Raises sqlite3.OperationalError when the database stays locked."""
    # The driver's own transaction control begins late and would let two writers deadlock on an upgrade.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={round(LOCK_PATIENCE_S * 1000)}")
    _write_ahead(connection)
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted or overwritten is gone from the file.
    connection.execute("PRAGMA secure_delete=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of several that open a new database at once, SQLite refuses all but one without any waiting, whatever its timeout
    is; so they try again here."""
    ends = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
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


def hold_rows(connection: Connection, rows: Select[Any], parameters: Mapping[str, Any] | None = None) -> None:
    """Let no other transaction change these rows before this one ends. On SQLite, where it is the only one that
    writes, nothing is left to do."""
    if connection.dialect.name != "sqlite":
        connection.execute(rows.with_for_update(key_share=True), parameters).all()


class seconds_now(FunctionElement[float]):
    """The database's own time in seconds since 1970: one clock for all processes that share it."""

    type = Double()
    inherit_cache = True


@compiles(seconds_now, "sqlite")
def _seconds_of_sqlite(_element: seconds_now, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(seconds_now)
def _seconds_of_a_server(_element: seconds_now, _compiler: Any, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())::float8"


def reading(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction in the calling thread that sees one state of the database and waits for no writer. To write,
    `engine.begin()`."""
    return engine.execution_options(read_only=True, patience_s=READ_PATIENCE_S).begin()


class Transactions:
    """Those of one user of `engine`, which stays its owner's. Whatever the work itself raises goes through;
    `unavailable` is raised where the database cannot be reached in time. `failed`: the last write did not get
    through."""

    def __init__(self, engine: Engine, unavailable: type[Exception]) -> None:
        self.engine = engine
        self.failed = False
        self._unavailable = unavailable
        self._server = engine.dialect.name != "sqlite"
        writers = THREADS if self._server else 1
        self._writer = ThreadPoolExecutor(writers, thread_name_prefix="database-write")
        self._reader = ThreadPoolExecutor(THREADS, thread_name_prefix="database-read")

    async def write(self, work: Callable[[Connection], T], *, attempts: int = ATTEMPTS) -> T:
        """Commit `work`; so many attempts are made where others are quicker, then IntegrityError is raised. Waiting
        for the turn counts too: behind a locked database everybody is told in time."""
        deadline = time.monotonic() + LOCK_PATIENCE_S

        def transaction() -> T:
            with self._connected(deadline) as connection, connection.begin():
                return work(connection)

        while True:
            attempts -= 1
            try:
                result = await self.in_turn(transaction)
            except IntegrityError:
                if attempts <= 0:
                    raise
            except self._unavailable:
                self.failed = True
                raise
            else:
                self.failed = False
                return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads from one state of the database."""

        deadline = time.monotonic() + (
            LOCK_PATIENCE_S if self._server else math.inf
        )  # SQLite's readers wait for nobody

        def transaction() -> T:
            with self._connected(deadline, read_only=True) as connection, connection.begin():
                return work(connection)

        return await self._run(self._reader, transaction)

    @contextmanager
    def _connected(self, deadline: float, **options: Any) -> Iterator[Connection]:
        """A connection that waits no longer than until then."""
        if time.monotonic() >= deadline:
            raise self._unavailable
        with self.engine.connect() as connection:
            yield connection.execution_options(patience_s=deadline - time.monotonic(), **options)

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Do something between the writes."""
        return await self._run(self._writer, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        done = asyncio.get_running_loop().run_in_executor(pool, work)
        done.add_done_callback(_taken_note_of)
        try:
            # Shielded: a cancelled caller must not leave the outcome of a half-sent transaction unknown to its thread.
            return await asyncio.shield(done)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:  # the pool's own time limit among them
            raise self._unavailable from error

    def close(self) -> None:
        """Wait for what was begun."""
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)


def _taken_note_of(done: "asyncio.Future[Any]") -> None:
    """Of a failure whose caller is gone nobody is to be told."""
    if not done.cancelled():
        done.exception()
