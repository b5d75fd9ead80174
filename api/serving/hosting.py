"""Pitcrew under a server that somebody else has started. Where that is uvicorn, by itself or as a worker of gunicorn,
sockets have the same limits and the same end as under `pitcrew serve`."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.server import HANDLED_SIGNALS

from api.compose.app_state import AppState
from api.compose.server import open_app
from api.observability.logs import configure_logs, hide_frames
from api.observability.watchdog import Watchdog
from api.serving.app import create_app
from api.serving.drain import drain
from api.serving.server import adapt
from api.serving.settling import settle
from api.settings import BadSetting, Settings


@asynccontextmanager
async def open_application() -> AsyncIterator[FastAPI]:
    """The web application with everything that it works with, as the environment says. Raises what `open_app` raises,
    and BadSetting for several workers."""
    server = _current_server()
    if server is not None and server.config.workers > 1:
        raise BadSetting(
            "Several workers cannot share a data directory. Start one (`--workers 1`): it serves thousands of sockets."
        )
    settings = Settings().on(_address(server))
    log_stream = configure_logs(json=settings.production)
    hide_frames()
    async with open_app(settings) as state:
        ending = Ending(state)
        if server is not None:
            adapt(server.config, state)
            ending.precede(server)
        watchdog = Watchdog(state.metrics.loop_lag.observe)
        watchdog.start()
        settle()
        try:
            yield create_app(state)
            await ending.finish()
        finally:
            watchdog.stop()
    await asyncio.to_thread(log_stream.settle)  # uvicorn ends its process by the signal that it was sent


def _current_server() -> uvicorn.Server | None:
    """The uvicorn that runs this process, where one does: it handles SIGTERM before it starts its application."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if isinstance(server, uvicorn.Server) else None


def _address(server: uvicorn.Server | None) -> str:
    """Where a server listens; "" where that cannot be told, as of a socket that it was given."""
    if server is None or server.config.uds or server.config.fd is not None:
        return ""
    if server.config.callback_notify is not None:  # gunicorn's worker: its sockets are not those of its configuration
        return ""
    return server.config.host


class Ending:
    """The drain, begun by a signal before the server hears of it, or by the server's own end.

    SIGINT does not wait for answers, and another SIGINT ends the process at once. A second SIGTERM means nothing: a
    process manager and a master process each send one.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._loop = asyncio.get_running_loop()
        self._signal: int | None = None
        self._draining: asyncio.Task[None] | None = None

    def precede(self, server: uvicorn.Server) -> None:
        """Take the server's signals: the first thing that it does with one is close the sockets."""
        self._server = server
        for number in HANDLED_SIGNALS:
            signal.signal(number, self._signalled)

    async def finish(self) -> None:
        """Returns when the drain is over."""
        if self._draining is None:
            await drain(self._state, self._state.settings.drain_s)
        else:
            await self._draining

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self._signal is None:
            self._signal = number
            self._loop.call_soon_threadsafe(self._begin)
        elif number == signal.SIGINT:
            os._exit(128 + number)

    def _begin(self) -> None:
        self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        assert self._signal is not None
        try:
            await drain(self._state, 0.0 if self._signal == signal.SIGINT else self._state.settings.drain_s)
        finally:
            self._server.handle_exit(self._signal, None)
