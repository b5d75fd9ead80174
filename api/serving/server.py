"""uvicorn, set up for sockets that live long: limits, heartbeats, no tokens in logs, a drain before the end."""

import asyncio
import gc
import math
import os
import random
import signal
import socket
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from api.compose.app_state import AppState
from api.observability.watchdog import Watchdog
from api.protocol.frames import FRAME_BYTES
from api.transport.uvicorn_protocols import RequestProtocol, SocketProtocol

log = structlog.get_logger()

RECONNECT_SPREAD_MS = 5_000
"""Clients are told to come back at random within this time, so that they do not all come at once."""
CLOSE_BATCH, CLOSE_BATCHES, CLOSE_PAUSE_S = 100, 20, 0.05
"""Sockets closed at a time, batches at most, and the pause after each: one second, however many there are."""
CLOSED_PAUSES = 30
"""How often the server then looks whether they are gone."""
FINISH_S = 1
"""Seconds for requests to finish after that."""


def port_problem(host: str, port: int) -> str | None:
    """Why the server cannot listen there, with the fix; None when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"Cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}). Free the port, or use --port."
    return None


class Server(uvicorn.Server):
    """Serves `app`; `announce` is called once it accepts connections.

    SIGTERM lets running answers finish for the drain time, closes the sockets with 1001 and exits 0 within 5 s more;
    SIGINT does not wait for answers; a second signal ends the process at once.
    """

    def __init__(self, app: FastAPI, state: AppState, host: str, port: int, announce: Callable[[], None]) -> None:
        self._state = state
        self._announce = announce
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drain: asyncio.Task[None] | None = None
        self._stopping = False
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="off",
                http=RequestProtocol,
                ws=SocketProtocol,
                ws_max_size=FRAME_BYTES,
                ws_ping_interval=state.settings.heartbeat_s,
                ws_ping_timeout=state.settings.heartbeat_s,
                ws_per_message_deflate=False,
                access_log=False,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=FINISH_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen. What was loaded up to now stays for good: the collector need not look through it each time,
        which would stop everything for a third of a second."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()
            self._announce()

    async def main_loop(self) -> None:
        watchdog = Watchdog(self._state.metrics.loop_lag.observe)
        watchdog.start()
        try:
            await super().main_loop()
        finally:
            watchdog.stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._stopping:
            os._exit(128 + sig)
        self._stopping = True
        if self._loop is None:
            self.should_exit = True
            return
        wait_s = 0.0 if sig == signal.SIGINT else self._state.settings.drain_s
        self._loop.call_soon_threadsafe(self._begin_drain, wait_s)

    def _begin_drain(self, wait_s: float) -> None:
        self._drain = asyncio.ensure_future(self._drained(wait_s))

    async def _drained(self, wait_s: float) -> None:
        """Refuse what is new, let runs finish, close every socket; then let uvicorn stop, whatever happened here."""
        state = self._state
        log.info("draining", running=state.gateway.engine.running, sockets=len(state.connections))
        state.draining = True
        try:
            for connection in tuple(state.connections):
                connection.announce_close(random.randint(0, RECONNECT_SPREAD_MS))  # noqa: S311
            await state.gateway.engine.close(wait_s)
            await self._close_sockets()
        finally:
            self.should_exit = True

    async def _close_sockets(self) -> None:
        connections = tuple(self._state.connections)
        size = max(CLOSE_BATCH, math.ceil(len(connections) / CLOSE_BATCHES))
        for start in range(0, len(connections), size):
            for connection in connections[start : start + size]:
                connection.hang_up()
            await asyncio.sleep(CLOSE_PAUSE_S)
        for _ in range(CLOSED_PAUSES):
            if not self._state.connections:
                return
            await asyncio.sleep(CLOSE_PAUSE_S)
