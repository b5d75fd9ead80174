"""Whether several servers may work on one database, and what keeps those apart that may not.

What is embedded belongs to one process. A server that has such a part keeps all others out of its database for as long
as it lives, and one that has none keeps out those that have.
"""

import fcntl
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy import text

from api.settings import BadSetting, Settings, setting_name
from orchestrator.store import Lease

log = structlog.get_logger()

LEASE_S = 15.0
"""For how long a server that has died keeps its runs from the others; one that lives renews it."""
LOOK_S = 0.25
_LOCK = 0x70697463
"""The first half of the lock's name on a server; the other is the schema's."""


def embedded_parts(settings: Settings) -> tuple[str, ...]:
    """The settings that would have to be set for other servers to work beside this one."""
    given = {
        "database_url": not settings.embedded_sql,
        "redis_url": bool(settings.redis_url),
        "chroma_url": bool(settings.chroma_url),
    }
    return tuple(setting_name(field) for field, there in given.items() if not there)


def lease(settings: Settings) -> Lease | None:
    """That of this process, where others may answer runs of the same database."""
    if settings.embedded_sql:
        return None
    return Lease(f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"[-64:], LEASE_S)


@contextmanager
def kept_apart(settings: Settings, database: Database, patience_s: float = 0.0) -> Iterator[None]:
    """Have the database, alone or with others, while the block runs; a server before this one is waited for so long.
    Raises BadSetting where another does not go."""
    embedded = embedded_parts(settings)
    if settings.embedded_sql:
        with Path(f"{database.url.database}.lock").open("w") as lock:
            _wait(lambda: _alone(lock.fileno()), patience_s, embedded)
            yield
        return
    taking = f"SELECT pg_try_advisory_lock{'' if embedded else '_shared'}({_LOCK}, hashtext(current_schema()))"
    with closing(database.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        try:
            _wait(lambda: bool(connection.execute(text(taking)).scalar()), patience_s, embedded)
            yield
        finally:
            connection.invalidate()  # the lock is the session's, which ends with it


def _alone(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(take: Callable[[], bool], patience_s: float, embedded: tuple[str, ...]) -> None:
    ends = time.monotonic() + patience_s
    if take():
        return
    log.info("waiting_for_the_database", reason="another server works on it", most_s=patience_s)
    while time.monotonic() < ends:
        time.sleep(LOOK_S)
        if take():
            return
    if embedded:
        todo = f"Stop it, or set {', '.join(embedded)} for each of them: what is embedded belongs to one server."
    else:
        todo = "That one has embedded parts: stop it, or give it the same three URLs as this one."
    raise BadSetting(f"Another server works on this database. {todo}")
