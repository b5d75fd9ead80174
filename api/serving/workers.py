"""Workers that a server has beside itself: processes that begin with it, again when one dies, and end with it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

log = structlog.get_logger()

PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Before a worker is started again: longer each time that one has not lived for SETTLED_S."""
SETTLED_S = 60.0
LINGER_S = 5.0
"""How long workers get beyond the drain time, until they are killed."""


class Workers:
    """So many processes of a command, kept alive until `end`. Used from one event loop."""

    def __init__(self, number: int, command: Sequence[str], drain_s: float) -> None:
        self._command = command
        self._drain_s = drain_s
        self._stopping = asyncio.Event()
        self._processes: set[asyncio.subprocess.Process] = set()
        self._kept = [asyncio.ensure_future(self._keep()) for _ in range(number)]

    async def end(self, number: signal.Signals) -> None:
        """Start none any more, hand the signal on, and wait: at SIGTERM they have the drain time for what they are at.
        To call it again is only to wait: to a worker a second signal means at once."""
        if not self._stopping.is_set():
            self._stopping.set()
            for process in self._processes:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
        seconds = LINGER_S + (0.0 if number == signal.SIGINT else self._drain_s)
        if self._kept:
            await asyncio.wait(self._kept, timeout=seconds)
        for process in self._processes:
            log.warning("worker_killed", pid=process.pid, after_s=seconds)
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*self._kept)

    async def _keep(self) -> None:
        early = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run()
            if self._stopping.is_set():
                return
            early = 0 if time.monotonic() - began > SETTLED_S else min(early + 1, len(PAUSES_S) - 1)
            log.warning("worker_ended", code=code, again_in_s=PAUSES_S[early])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSES_S[early])

    async def _run(self) -> int:
        # A session of its own: a Ctrl-C at the terminal is this process's to hand on.
        process = await asyncio.create_subprocess_exec(*self._command, start_new_session=True)
        self._processes.add(process)
        try:
            if self._stopping.is_set():
                process.terminate()
            return await process.wait()
        finally:
            self._processes.discard(process)


@asynccontextmanager
async def workers(number: int, drain_s: float) -> AsyncIterator[Workers]:
    """So many workers beside this process while the block runs; then they have `drain_s` for what they are at."""
    kept = Workers(number, (sys.executable, "-m", "api", "worker", "--parent", str(os.getpid())), drain_s)
    try:
        yield kept
    finally:
        await kept.end(signal.SIGTERM)
