"""The end of a server without loss: nothing new is taken, answers finish, then every socket is closed."""

import asyncio
import math
import random
from collections.abc import Awaitable

import structlog

from api.compose.app_state import AppState

log = structlog.get_logger()

RECONNECT_SPREAD_MS = 5_000
"""Clients are told to come back at random within this time, so that they do not all come at once."""
CLOSE_BATCH, CLOSE_BATCHES, CLOSE_PAUSE_S = 100, 20, 0.05
"""Sockets closed at a time, batches at most, and the pause after each: one second, however many there are."""
CLOSED_PAUSES = 30
"""How often the server then looks whether they are gone."""


async def drain(state: AppState, wait_s: float, *beside: Awaitable[None]) -> None:
    """Refuse what is new, let runs finish for so many seconds, hand the others to the next process, wait for those who
    answer `beside` this process, close every socket."""
    log.info("draining", running=state.gateway.engine.running, sockets=len(state.connections))
    state.draining = True
    for connection in tuple(state.connections):
        connection.announce_close(random.randint(0, RECONNECT_SPREAD_MS))  # noqa: S311
    await asyncio.gather(state.gateway.engine.close(wait_s), *beside)
    await _close_sockets(state)


async def _close_sockets(state: AppState) -> None:
    connections = tuple(state.connections)
    size = max(CLOSE_BATCH, math.ceil(len(connections) / CLOSE_BATCHES))
    for start in range(0, len(connections), size):
        for connection in connections[start : start + size]:
            connection.hang_up()
        await asyncio.sleep(CLOSE_PAUSE_S)
    for _ in range(CLOSED_PAUSES):
        if not state.connections:
            return
        await asyncio.sleep(CLOSE_PAUSE_S)
