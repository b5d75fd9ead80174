"""uvicorn, set up for sockets that live long: limits, heartbeats, no tokens in logs, a drain before the end."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api.compose.app_state import AppState
from api.observability.watchdog import Watchdog
from api.protocol.frames import FRAME_BYTES
from api.serving.drain import drain
from api.serving.settling import settle
from api.transport.front import PLAIN_REQUESTS, Front, Networks, allow_descriptors
from api.transport.uvicorn_request import RequestProtocol
from api.transport.uvicorn_socket import SocketProtocol

FINISH_S = 1
"""Seconds for requests to finish after the drain."""


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


def adapt(config: uvicorn.Config, state: AppState) -> None:
    """Make a loaded or new configuration, before it listens, one for sockets that live long and for strangers."""
    settings = state.settings
    descriptors = allow_descriptors(settings.sockets + PLAIN_REQUESTS + settings.sockets // 10)
    limited = settings.rate_limits == "on"
    front = Front(descriptors, settings.sockets_per_address if limited else None, Networks(settings.trusted_proxies))
    state.metrics.watch("pitcrew_connections", "Open connections, of HTTP and sockets.", lambda: len(front))
    state.metrics.watch(
        "pitcrew_connections_shut", "Connections that were shut before anybody signed in.", front.shut.total
    )
    config.http = config.http_protocol_class = partial(RequestProtocol, front=front)  # type: ignore[assignment]
    config.ws = config.ws_protocol_class = SocketProtocol
    config.ws_max_size = FRAME_BYTES
    config.ws_ping_interval = config.ws_ping_timeout = settings.heartbeat_s
    config.ws_per_message_deflate = False
    config.timeout_graceful_shutdown = FINISH_S


class Server(uvicorn.Server):
    """Serves `app`; `announce` is called once it accepts connections, `ending` with the signal that ends it, and
    waited for: sockets stay open meanwhile.

    SIGTERM lets running answers finish for the drain time, closes the sockets with 1001 and exits 0 within 5 s more;
    SIGINT does not wait for answers; a second signal ends the process at once.
    """

    def __init__(
        self,
        app: FastAPI,
        state: AppState,
        host: str,
        port: int,
        announce: Callable[[], None],
        ending: Callable[[signal.Signals], Awaitable[None]],
    ) -> None:
        self._state = state
        self._announce = announce
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drain: asyncio.Task[None] | None = None
        self._stopping = False
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
        )
        adapt(config, state)
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            settle()
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
        self._loop.call_soon_threadsafe(self._begin_drain, signal.Signals(sig))

    def _begin_drain(self, number: signal.Signals) -> None:
        self._drain = asyncio.ensure_future(self._drained(number))

    async def _drained(self, number: signal.Signals) -> None:
        """Let uvicorn stop after the drain, whatever happened there."""
        wait_s = 0.0 if number == signal.SIGINT else self._state.settings.drain_s
        try:
            await drain(self._state, wait_s, self._ending(number))
        finally:
            self.should_exit = True
