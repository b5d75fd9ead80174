"""What keeps a server from writing: another process with the database's lock, and a full disk."""

import sqlite3
from contextlib import closing

from tests.faults.invariants import Storage
from tests.faults.process import Server


def locked(storage: Storage) -> sqlite3.Connection:
    """A connection that keeps everybody else from writing until it is closed."""

    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(storage.path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
        return connection

    connection: sqlite3.Connection = storage.within(lock)
    return connection


def empty_log(storage: Storage) -> None:
    """Move what the write-ahead log holds into the database: SQLite could use its room again on a full
    disk. Where it is in use all the time, some of that room remains."""

    def checkpoint() -> bool:
        with closing(sqlite3.connect(storage.path, timeout=10)) as connection:
            return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])

    for _ in range(50):
        if not storage.within(checkpoint):
            return


class FullDisk:
    """No room for the server's files while it is entered: a filled volume, or else a limit on the size of its files."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def means(self) -> str:
        return "tmpfs filled" if self._server.volume else "RLIMIT_FSIZE"

    def __enter__(self) -> None:
        empty_log(self._server.storage)
        if self._server.volume:
            self._server.volume.fill()
        else:
            self._server.limit_files(1)

    def __exit__(self, *_: object) -> None:
        if self._server.volume:
            self._server.volume.free()
        else:
            self._server.limit_files(None)
