"""The states of parked runs, taken out of a file and put where processes share them."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from psycopg import Connection

from orchestrator.graph.saver import serializer

_RUNS = "SELECT DISTINCT thread_id FROM checkpoints"
_CHECKPOINTS = "SELECT count(*) FROM checkpoints"
_WRITES_THERE = "SELECT count(*) FROM writes"
_WRITES_HERE = "SELECT count(*) FROM checkpoint_writes"
_GET = "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value FROM writes"
_PUT = (
    "INSERT INTO checkpoint_writes "
    "(thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class States:
    """How many rows there are of LangGraph's checkpoints and of writes to them, and which runs they are of."""

    checkpoints: int
    writes: int
    runs: frozenset[str]


def there(path: Path) -> States:
    """Those in a file. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as file:
        (checkpoints,), (writes,) = (file.execute(query).fetchone() for query in (_CHECKPOINTS, _WRITES_THERE))
        return States(checkpoints, writes, frozenset(run for (run,) in file.execute(_RUNS)))


def here(connection: "Connection[Any]") -> States:
    """Those in a database that `prepare` has been done on. Raises psycopg.Error."""
    [(checkpoints,)], [(writes,)] = (connection.execute(query).fetchall() for query in (_CHECKPOINTS, _WRITES_HERE))
    return States(checkpoints, writes, frozenset(run for (run,) in connection.execute(_RUNS)))


def copy(path: Path, connection: "Connection[Any]") -> None:
    """Put the states of the file into the database, in the connection's transaction. Raises sqlite3.Error,
    psycopg.Error."""
    with closing(sqlite3.connect(path, check_same_thread=False)) as file:
        source, target = SqliteSaver(file, serde=serializer()), PostgresSaver(connection, serde=serializer())
        for state in source.list(None):
            before = (state.parent_config or {}).get("configurable", {}).get("checkpoint_id")
            at = {**state.config["configurable"], "checkpoint_id": before}
            target.put({"configurable": at}, state.checkpoint, state.metadata, state.checkpoint["channel_versions"])
        # As they stand: both savers write values the same way, and a saver that reads loses the places of writes.
        with connection.cursor() as cursor:
            cursor.executemany(_PUT, file.execute(_GET))
