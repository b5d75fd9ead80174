"""Logs: one structured line per event on stderr, JSON in production. Texts of customers and tokens are never logged.

Nobody waits for a log, and nobody fails over one: lines are written by a thread of their own. When the disk is full or
whoever reads the other end of the pipe has stopped, lines are dropped, and their number is told when that works again.
"""

import atexit
import logging
import queue
import sys
import threading
from typing import TextIO

import structlog

LINES = 10_000
"""Lines that may wait to be written."""
FAREWELL_S = 1.0
"""Seconds that the last lines may take when the process ends."""


class LogStream:
    """A text stream over `out` whose `write` never waits and never raises. Safe for threads."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lines: queue.Queue[str] = queue.Queue(LINES)
        self._lock = threading.Lock()
        self._dropped = 0
        threading.Thread(target=self._run, name="logs", daemon=True).start()

    def write(self, text: str) -> int:
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._drop(1)
        return len(text)

    def flush(self) -> None:
        """Nothing: the thread flushes."""

    def settle(self, seconds: float = FAREWELL_S) -> None:
        """Wait until what was written so far is out, but not for ever."""
        joining = threading.Thread(target=self._lines.join, daemon=True)
        joining.start()
        joining.join(seconds)

    def _drop(self, lines: int) -> int:
        """Count lost lines; how many there were before."""
        with self._lock:
            before, self._dropped = self._dropped, self._dropped + lines
        return before

    def _run(self) -> None:
        while True:
            text = self._lines.get()
            lost = self._drop(0)
            try:
                if lost:
                    self._out.write(f"{lost} log lines could not be written\n")
                self._out.write(text)
                self._out.flush()
                self._drop(-lost)
            except (OSError, ValueError):
                self._drop(1)
            finally:
                self._lines.task_done()


def configure_logs(*, json: bool) -> LogStream:
    """Set up structlog, and let the libraries' own loggers speak from warnings on. Returns what they write to."""
    stream = LogStream(sys.stderr)
    atexit.register(stream.settle)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The pretty one takes most of a second, and whoever logs an error waits for it.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if json:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s: %(message)s")
    return stream


def hide_frames() -> None:
    """Keep uvicorn's loggers above the levels at which they print URLs and frames, tokens and texts among them."""
    for name in ("uvicorn.error", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logging.INFO, logger.getEffectiveLevel()))
