import asyncio
import gc
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from rag import database
from rag.database import Transactions, open_database


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
