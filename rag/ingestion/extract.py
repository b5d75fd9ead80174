"""Reading strangers' files in processes of their own, so that a hostile one costs only itself.

Each process reads file after file within `Limits`. One that dies, hangs or eats too much takes its file with it; the
next file is read by a new one. Results come in the order of the names.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from rag.ingestion.reader_process import DEFAULT, Answer, Limits, Request
from rag.isolation.pipes import Ended, Process
from rag.types import Content

__all__ = ["Extracted", "Extractor", "Limits"]

_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came of one file. `content` is there when `status` is "ok"; `message` then says what was left out of it, if
    anything, and otherwise why there is none and what to do. `seconds` is the time that reading took. `sha256`, in hex,
    is that of the very bytes that were read; "" where they could not be."""

    path: Path
    status: Literal["ok", "empty", "rejected"]
    content: Content | None
    message: str
    seconds: float
    sha256: str


class Extractor:
    """Reads files of the known formats in `processes` confined processes (as many as there are cores, at most four).
    They start when they are needed and end with the context. May be used by one thread at a time."""

    def __init__(self, limits: Limits = DEFAULT, *, processes: int | None = None, loaders: str = "rag.loaders") -> None:
        self._limits = limits
        self._loaders = loaders
        self._processes = processes or min(4, os.cpu_count() or 1)
        self._own = threading.local()
        self._children: list[Process] = []
        self._closing = False

    def __enter__(self) -> Self:
        # A process ends with the thread that started it, so the threads stay until the context ends.
        self._pool = ThreadPoolExecutor(self._processes, thread_name_prefix="extract")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in list(self._children):
            child.kill()
        self._pool.shutdown()
        for child in self._children:
            child.close()

    def extract(self, root: Path, names: Iterable[str]) -> Iterator[Extracted]:
        """Read the files `names`, which are paths below `root` with forward slashes. Raises RuntimeError when no
        process for it can be started."""
        ahead: deque[Future[Extracted]] = deque()
        try:
            for name in names:
                ahead.append(self._pool.submit(self._read, root, name))
                if len(ahead) > 2 * self._processes:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()

    def _read(self, root: Path, name: str) -> Extracted:
        try:
            request = Request(root=os.fsencode(root), name=os.fsencode(name))
        except UnicodeEncodeError:
            return Extracted(root, "rejected", None, "The file's name is no valid text: rename it.", 0.0, "")
        child = self._child()
        began = time.perf_counter()
        try:
            child.send(msgspec.msgpack.encode(request))
            answer = msgspec.msgpack.decode(child.receive(self._limits.wall_s), type=Answer)
        except Ended as ended:
            answer = Answer("rejected", self._why(ended))
        except msgspec.MsgspecError:
            answer = Answer("rejected", "Reading it gave no sensible answer: save the file again.", last=True)
        seconds = time.perf_counter() - began
        if answer.last:
            child.kill()
        return Extracted(root / name, answer.status, answer.content, answer.message, seconds, answer.sha256)

    def _child(self) -> Process:
        """This thread's process, a new one where the last has ended."""
        child: Process | None = getattr(self._own, "child", None)
        if child is None or not child.alive():
            if self._closing:
                raise CancelledError
            if child is not None:
                self._children.remove(child)
                child.close()
            child = Process(
                "rag.ingestion.reader_process",
                msgspec.json.encode(self._limits).decode(),
                self._loaders,
                most=self._limits.frame_bytes,
            )
            self._own.child = child
            self._children.append(child)
            try:
                child.receive(_START_S)
            except Ended as error:
                raise RuntimeError("The process that reads files does not start: see `pitcrew doctor`.") from error
        return child

    def _why(self, ended: Ended) -> str:
        limits = self._limits
        if ended.late:
            return f"Reading it takes longer than {limits.wall_s:g} s: split it into several files."
        if ended.signal == signal.SIGXCPU:
            return f"Reading it takes more than {limits.cpu_s} s of processor time: split it into several files."
        return (
            "Reading it broke off: the file is damaged, or reading it takes more than "
            f"{limits.memory_bytes >> 20} MB of memory; save it again, or split it into several files."
        )
