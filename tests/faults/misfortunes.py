"""What befalls a server, each for a while; it returns when the cause is gone, not when the server has recovered."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from tests.faults.crowd import Crowd
from tests.faults.obstacles import FullDisk, locked
from tests.faults.process import Server

Misfortune = Callable[[Server, Crowd], Awaitable[None]]
BROKEN: tuple[dict[str, Any], ...] = (
    {"kind": "stall", "after": 3},
    {"kind": "status", "status": 500},
    {"kind": "cut", "after": 3},
    {"kind": "status", "status": 429, "retry_after": "1"},
)


def a_while() -> float:
    return random.uniform(2.0, 8.0)


async def lines_cut(server: Server, crowd: Crowd) -> None:
    crowd.cut_lines(0.7)


async def lines_dead(server: Server, crowd: Crowd) -> None:
    await crowd.freeze_lines(a_while())


async def model_broken(server: Server, crowd: Crowd) -> None:
    crowd.provider.always(random.choice(BROKEN))
    await asyncio.sleep(a_while())
    crowd.provider.always(None)


async def database_locked(server: Server, crowd: Crowd) -> None:
    lock = locked(server.storage)
    await asyncio.sleep(a_while())
    server.storage.within(lock.close)


async def disk_full(server: Server, crowd: Crowd) -> None:
    with FullDisk(server):
        await asyncio.sleep(a_while())


async def killed(server: Server, crowd: Crowd) -> None:
    await server.kill()
    await server.restart()


async def stopped(server: Server, crowd: Crowd) -> None:
    server.signal(signal.SIGTERM)
    await server.ended(15)
    await server.restart()


LASTING: tuple[Misfortune, ...] = (lines_cut, lines_dead, model_broken, database_locked, disk_full)
MORTAL: tuple[Misfortune, ...] = (killed, killed, stopped, lines_cut, database_locked, disk_full)
