import asyncio
import gc
import math
import os
import signal
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from rag import database
from rag.database import Transactions, open_database
from tests.databases import postgres


def writing(path: Path) -> sqlite3.Connection:
    """A connection that is about to write a new database, as another that puts it in WAL mode is for a moment."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE made (id INTEGER)")
    connection.execute("BEGIN IMMEDIATE")
    return connection


def mode(path: Path) -> str:
    engine = open_database(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    finally:
        engine.dispose()


def test_a_new_database_that_others_open_too_is_waited_for(tmp_path: Path) -> None:
    writer = writing(tmp_path / "new.db")
    began = time.monotonic()
    ends = threading.Timer(0.2, writer.close)
    ends.start()
    assert mode(tmp_path / "new.db") == "wal"
    assert time.monotonic() - began >= 0.2
    ends.join()


def test_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_PATIENCE_S", 0.1)
    writer = writing(tmp_path / "new.db")
    with pytest.raises(OperationalError, match="locked"):
        mode(tmp_path / "new.db")
    writer.close()


class Away(Exception):
    """The database is."""


def pid_of(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar() or 0)


@pytest.mark.parametrize("how", ["read", "write"])
async def test_a_server_that_stands_still_is_given_up_in_time(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each caller is told in time, whether it has a connection or waits for one; then all is as before."""
    monkeypatch.setattr(database, "LOCK_PATIENCE_S", 1.0)
    monkeypatch.setattr(database, "PING_PATIENCE_S", 0.5)
    with postgres(tmp_path) as url:
        engine = open_database(url)
        transactions = Transactions(engine, Away)
        do = getattr(transactions, how)
        still = await do(pid_of)
        os.kill(still, signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert await do(pid_of) != still, "another connection is made"
            assert time.monotonic() - began < database.PING_PATIENCE_S + 2
        finally:
            os.kill(still, signal.SIGCONT)
        working: list[int] = []

        def work(connection: Connection) -> None:
            working.append(pid_of(connection))
            os.kill(working[-1], signal.SIGSTOP)
            pid_of(connection)

        began = time.monotonic()
        told = await asyncio.gather(*(do(work) for _ in range(12)), return_exceptions=True)
        for pid in working:
            os.kill(pid, signal.SIGCONT)
        assert {type(one) for one in told} == {Away}
        assert time.monotonic() - began < 2 * database.LOCK_PATIENCE_S
        assert await do(pid_of) not in working
        await asyncio.to_thread(transactions.close)
        engine.dispose()


async def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = open_database(f"postgresql+psycopg://pitcrew@127.0.0.1:{silent.getsockname()[1]}/postgres")
        transactions = Transactions(engine, Away)
        began = time.monotonic()
        with pytest.raises(Away):
            await transactions.write(pid_of)
        assert time.monotonic() - began < database.LOCK_PATIENCE_S
        await asyncio.to_thread(transactions.close)
        engine.dispose()


def test_what_takes_long_by_intention_is_let(tmp_path: Path) -> None:
    with postgres(tmp_path) as url:
        engine = open_database(url)
        hasty = engine.execution_options(patience_s=0.2)
        with pytest.raises(OperationalError, match=r"not answered for 0\.2 s"), hasty.begin() as connection:
            connection.execute(text("SELECT pg_sleep(1)"))
        with engine.execution_options(patience_s=math.inf).begin() as connection:
            connection.execute(text("SELECT pg_sleep(0.5)"))
        engine.dispose()


async def test_what_fails_behind_a_caller_who_is_gone_is_no_error_of_the_server(tmp_path: Path) -> None:
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    begun, gone = threading.Event(), threading.Event()

    def work(_connection: object) -> None:
        begun.set()
        gone.wait(10)
        raise LookupError

    for kind in ("read", "write"):
        begun.clear()
        gone.clear()
        transactions = Transactions(engine, OSError)
        caller = asyncio.create_task(getattr(transactions, kind)(work))
        await asyncio.to_thread(begun.wait, 10)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        gone.set()
        await asyncio.to_thread(transactions.close)
        await asyncio.sleep(0)
    gc.collect()
    engine.dispose()
    assert told == []
