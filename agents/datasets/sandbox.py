"""Queries in processes of their own (`agents/datasets/query_process.py`), so that none can hold up or harm the server.

At most two processes; they start with the first query that needs them and end when nobody has asked for a while.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from agents.dataset import LONGEST_SQL, QueryFailed, Rows
from agents.datasets.pipe_messages import Answered, Attached, Limits, QueryRequest
from rag.isolation.pipes import Ended, Process

PROCESSES = 2
MOST_WAITING = 32
_START_S = 60.0
_FRAME_SLACK = 4 << 20
_STOPPING = "The server is stopping: ask again in a minute."


class Sandbox:
    """Runs queries. Safe for concurrent use."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        # A process ends with the thread that started it, so the threads stay.
        self._pool = ThreadPoolExecutor(PROCESSES, thread_name_prefix="query")
        self._own = threading.local()
        self._children: set[Process] = set()
        self._closing = False
        self._waiting = 0

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that are there now."""
        return tuple(child.id for child in self._children)

    async def query(self, datasets: Sequence[Attached], sql: str) -> Rows:
        """The result of one SELECT over the snapshots. Raises QueryFailed."""
        if not sql.strip():
            raise QueryFailed("The query is empty: write one SELECT statement.", refused=True)
        if len(sql) > LONGEST_SQL:
            raise QueryFailed(f"The query is longer than {LONGEST_SQL:,} characters: shorten it.", refused=True)
        if "\0" in sql or not _is_text(sql):
            raise QueryFailed("The query holds characters that are no text: leave them out.", refused=True)
        frame = msgspec.msgpack.encode(QueryRequest(tuple(datasets), sql))
        if self._waiting >= MOST_WAITING:
            raise QueryFailed("Too many queries are waiting: ask again in a minute.", busy=True)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, frame)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the processes."""
        self._closing = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in tuple(self._children):
            child.kill()
        await asyncio.to_thread(self._pool.shutdown)
        for child in self._children:
            child.close()

    def _run(self, frame: bytes) -> Rows:
        began = time.perf_counter()
        try:
            answer = self._answer(frame)
        except Ended as ended:
            self._drop()
            stopped = self._closing or ended.stopped
            raise QueryFailed(self._why(ended), limit=not stopped, busy=stopped) from ended
        if answer.last:
            self._drop()
        if answer.error:
            raise QueryFailed(answer.error, refused=answer.refused, limit=answer.limit, too_large=answer.too_large)
        rows = tuple(tuple(row) for row in answer.rows)
        took = (time.perf_counter() - began) * 1000
        return Rows(tuple(answer.columns), tuple(answer.kinds), rows, answer.total, took)

    def _answer(self, frame: bytes) -> Answered:
        fresh = getattr(self._own, "child", None) is None
        try:
            child = self._child()
            child.send(frame)
            return msgspec.msgpack.decode(child.receive(self._limits.wall_s), type=Answered)
        except Ended as ended:
            self._drop()
            if fresh or not ended.done:
                raise
            return self._answer(frame)  # nobody had asked for a while

    def _child(self) -> Process:
        """This thread's process, a new one where the last has ended."""
        child: Process | None = getattr(self._own, "child", None)
        if child is not None and child.alive():
            return child
        self._drop()
        if self._closing:
            raise QueryFailed(_STOPPING, busy=True)
        limits = msgspec.json.encode(self._limits).decode()
        child = Process("agents.datasets.query_process", limits, most=self._limits.result_bytes * 2 + _FRAME_SLACK)
        self._own.child = child
        self._children.add(child)
        try:
            child.receive(_START_S)
        except Ended as error:
            self._drop()
            message = "The process that runs queries does not start: see `pitcrew doctor`."
            raise QueryFailed(message, busy=True) from error
        return child

    def _drop(self) -> None:
        child: Process | None = getattr(self._own, "child", None)
        if child is not None:
            self._children.discard(child)
            child.close()
            self._own.child = None

    def _why(self, ended: Ended) -> str:
        if self._closing:
            return _STOPPING
        if ended.stopped:
            return "The query was stopped: ask again in a minute."
        if ended.late or ended.signal:
            return (
                f"The query was ended: it may take {self._limits.wall_s:g} s and {self._limits.engine_mb} MB. "
                "Filter earlier, join on keys, or aggregate."
            )
        return "The query ended its process: write it more simply."


def _is_text(sql: str) -> bool:
    try:
        sql.encode()
    except UnicodeEncodeError:
        return False
    return True
