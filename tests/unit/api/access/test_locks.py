"""Things of one name wait for each other, and leave nothing behind."""

import asyncio
import gc
from contextlib import suppress

from api.access.locks import Locks


async def test_one_at_a_time_however_late_they_come() -> None:
    locks, inside, most = Locks(), 0, 0

    async def work(turns_before: int) -> None:
        nonlocal inside, most
        for _ in range(turns_before):
            await asyncio.sleep(0)
        async with locks.of("a"):
            inside += 1
            most = max(most, inside)
            for _ in range(5):
                await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(turns_before) for turns_before in range(40)))
    assert most == 1
    gc.collect()
    assert len(locks) == 0


async def test_other_names_do_not_wait() -> None:
    locks = Locks()
    async with locks.of("a"), asyncio.timeout(5), locks.of("b"):
        assert len(locks) == 2


async def test_what_fails_lets_the_next_in_and_is_forgotten() -> None:
    locks = Locks()
    for _ in range(3):
        with suppress(ValueError):
            async with locks.of("a"):
                raise ValueError
    gc.collect()
    assert len(locks) == 0
