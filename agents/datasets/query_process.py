"""The process in which queries run: `python -m agents.datasets.query_process LIMITS`, started by `sandbox.py`.

A query meets four walls, one behind the other: the tree that the parser makes of it holds nothing but one SELECT over
the dataset's tables (`select`); the engine has the snapshots open read-only, no access to anything else, and its
configuration locked; this process has no environment, writes no file, and has little memory; and it is ended when time
is up.
"""

import gc
import os
import select
import sys
import threading
import time
from typing import Any

import duckdb
import msgspec
import orjson

from agents.dataset import quoted
from agents.datasets.pipe_messages import Answered, Attached, Limits, QueryRequest
from agents.datasets.plain_values import kind_of, plain, weight
from agents.datasets.single_select import Refused, check
from agents.datasets.staging import free_names
from rag.isolation.confinement import allow_cpu, confine
from rag.isolation.pipes import read_frame, write_frame

_BATCH = 500
_FOR_COUNTING = 0.8  # of the time: what is left after that is for the way back
_LONGEST_MESSAGE = 600
_WHOLE = "_whole"
"""What a snapshot is called while some of its rows are copied: no dataset has such a name."""


class Engine:
    """A DuckDB that has some snapshots open and reaches nothing else."""

    def __init__(self, datasets: tuple[Attached, ...], limits: Limits) -> None:
        self.datasets = datasets
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": "1",
                "memory_limit": f"{limits.engine_mb}MB",
                "temp_directory": "",
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "python_enable_replacements": "false",
                "allow_persistent_secrets": "false",
            },
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        for dataset in datasets:
            self._open(dataset)
        where = ",".join(f"{quoted(dataset.name)}.main" for dataset in datasets)
        self._connection.execute(f"SET search_path = '{where}'")
        rows = self._connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        self.tables = sorted({name for (name,) in rows})
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def _open(self, dataset: Attached) -> None:
        """Let queries read a snapshot, or a copy of those of its rows that they may: then the snapshot is closed before
        any query runs, so that no query, however it is written, reaches the others."""
        run, name, path = self._connection.execute, quoted(dataset.name), dataset.path.replace("'", "''")
        if dataset.own is None:
            run(f"ATTACH '{path}' AS {name} (READ_ONLY)")
            return
        run(f"ATTACH '{path}' AS {_WHOLE} (READ_ONLY)")
        run(f"ATTACH ':memory:' AS {name}")
        fold, own = "lower" if dataset.own.folded else "", dataset.own
        tables = run(
            "SELECT table_name FROM duckdb_columns() WHERE database_name = ? AND column_name = ?", [_WHOLE, own.column]
        ).fetchall()
        for (table,) in tables:
            rows = f"SELECT * FROM {_WHOLE}.{quoted(table)}"  # noqa: S608
            theirs = f"$own <> '' AND {fold}(CAST({quoted(own.column)} AS VARCHAR)) = {fold}($own)"
            run(f"CREATE TABLE {name}.{quoted(table)} AS {rows} WHERE {theirs}", {"own": own.value})
        run(f"DETACH {_WHOLE}")

    def close(self) -> None:
        self._connection.close()

    def parsed(self, sql: str) -> str:
        """The tree of a text, as JSON."""
        row = self._connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        return str(row[0]) if row else "{}"

    def select(self, sql: str, tree: str, limits: Limits) -> Answered:
        """The result of a SELECT whose tree was checked."""
        connection = self._connection
        until = time.monotonic() + limits.wall_s * _FOR_COUNTING
        connection.execute(sql)
        try:
            described = connection.description or []
            rows: list[list[Any]] = []
            size = 0
            while len(rows) <= limits.rows and (batch := connection.fetchmany(_BATCH)):
                for row in batch:
                    rows.append([plain(value) for value in row])
                    size += sum(weight(value) for value in rows[-1])
                    if size > limits.result_bytes:
                        raise TooMuch
        finally:
            connection.abort()
        total = (
            len(rows) if len(rows) <= limits.rows else self._count(tree, min(limits.count_s, until - time.monotonic()))
        )
        columns = free_names(column[0] for column in described)
        return Answered(columns, [kind_of(str(column[1])) for column in described], rows[: limits.rows], total)

    def _count(self, tree: str, seconds: float) -> int | None:
        """How many rows there are; None where that takes longer than `seconds`, or cannot be told."""
        if seconds <= 0:
            return None
        late = threading.Timer(seconds, self._connection.interrupt)
        late.start()
        try:
            # The text again without what may follow it: a semicolon, a comment.
            body = self._connection.execute("SELECT json_deserialize_sql(?::JSON)", [tree]).fetchall()[0][0]
            row = self._connection.execute(f"SELECT count(*) FROM ({body})").fetchone()  # noqa: S608
        except duckdb.Error:
            return None
        finally:
            late.cancel()
            late.join()
            self._connection.abort()
        return int(row[0]) if row else None


class TooMuch(Exception):
    """The result is larger than what may be carried away."""


def main(limits: Limits) -> None:
    """Answer queries until standard input ends."""
    inbox, outbox = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    gc.freeze()
    confine(limits.memory_bytes)
    os.environ.clear()
    write_frame(outbox, b"")
    engine: Engine | None = None
    while _comes(inbox, limits.idle_s) and (frame := read_frame(inbox)) is not None:
        request = msgspec.msgpack.decode(frame, type=QueryRequest)
        allow_cpu(limits.cpu_s)
        try:
            if engine is not None and engine.datasets != request.datasets:
                engine.close()
                engine = None
            engine = engine or Engine(request.datasets, limits)
            answer = _answer(engine, request, limits)
        except duckdb.Error:
            answer = Answered(error="The copy of the data cannot be opened: ask again, or `pitcrew datasets refresh`.")
        except MemoryError:
            answer = Answered(error=_memory(limits), too_large=True, last=True)
        write_frame(outbox, msgspec.msgpack.encode(answer))
        if answer.last:
            return


def _comes(inbox: int, seconds: float) -> bool:
    """Whether there is something to read within the time."""
    poll = select.poll()
    poll.register(inbox, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _answer(engine: Engine, request: QueryRequest, limits: Limits) -> Answered:
    try:
        tree = engine.parsed(request.sql)
        check(orjson.loads(tree), engine.tables)
        return engine.select(request.sql, tree, limits)
    except Refused as refused:
        return Answered(error=str(refused), refused=True)
    except TooMuch:
        most = f"{limits.result_bytes >> 20} MB"
        advice = "select fewer columns, aggregate, or add a LIMIT."
        return Answered(error=f"The result is larger than {most}: {advice}", too_large=True)
    except (orjson.JSONDecodeError, RecursionError):
        return Answered(error="The query is nested too deeply: write it flatter.", refused=True)
    except duckdb.OutOfMemoryException:
        return Answered(error=_memory(limits), too_large=True, last=True)
    except (duckdb.FatalException, duckdb.InternalException):  # the engine is of no use any more
        return Answered(error="The query makes the engine fail: write it in another way.", last=True)
    except duckdb.Error as error:
        return Answered(error=_message(error, request))
    except (OverflowError, ValueError, TypeError):
        return Answered(error="The result holds a value that cannot be shown: filter it out, or cast it to text.")


def _memory(limits: Limits) -> str:
    return f"The query needs more than {limits.engine_mb} MB of memory: filter or aggregate before joining."


def _message(error: Exception, request: QueryRequest) -> str:
    """DuckDB's own words, without places of this machine."""
    text = str(error)
    for dataset in request.datasets:
        text = text.replace(dataset.path, dataset.name)
    return text[:_LONGEST_MESSAGE].strip()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Limits))
