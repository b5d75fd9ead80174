"""Errands between processes over a real Redis: each is done once, and whoever asks hears how it went."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from orchestrator.errand import ErrandFailed
from orchestrator.errands.redis import RedisErrands, open_redis_errands
from tests.redis_server import redis_server
from tests.serving import free_port


@pytest.fixture
async def asking() -> AsyncIterator[RedisErrands]:
    async with open_redis_errands(redis_server().url) as errands:
        yield errands


@pytest.fixture
async def doing() -> AsyncIterator[list[bytes]]:
    """Two processes that do errands; what they were asked."""
    asked: list[bytes] = []

    async def echo(body: bytes) -> bytes:
        asked.append(body)
        return body

    async def fail(body: bytes) -> bytes:
        raise ValueError

    async with open_redis_errands(redis_server().url) as first, open_redis_errands(redis_server().url) as second:
        kinds = {"echo": echo, "fail": fail}
        tasks = [asyncio.ensure_future(one.do(kinds)) for one in (first, second)]
        yield asked
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_each_is_done_once(asking: RedisErrands, doing: list[bytes]) -> None:
    bodies = [f"{number}\x00".encode() for number in range(30)]
    assert await asyncio.gather(*(asking.ask("echo", body, 20) for body in bodies)) == bodies
    assert sorted(doing) == sorted(bodies)


@pytest.mark.parametrize("kind", ["fail", "unheard-of"])
async def test_who_asks_hears_that_it_failed(asking: RedisErrands, doing: list[bytes], kind: str) -> None:
    with pytest.raises(ErrandFailed, match="could not"):
        await asking.ask(kind, b"", 20)
    assert await asking.ask("echo", b"still there", 20) == b"still there"


async def test_nobody_is_waited_for_longer_than_said(asking: RedisErrands) -> None:
    with pytest.raises(ErrandFailed, match="in time"):
        await asking.ask("echo", b"late", 0.1)


async def test_what_nobody_waits_for_is_not_done(asking: RedisErrands) -> None:
    with pytest.raises(ErrandFailed):
        await asking.ask("echo", b"late", 0.1)
    asked: list[bytes] = []

    async def echo(body: bytes) -> bytes:
        asked.append(body)
        return body

    doing = asyncio.ensure_future(asking.do({"echo": echo}))
    assert await asking.ask("echo", b"now", 20) == b"now"
    assert asked == [b"now"]
    doing.cancel()


async def test_a_redis_that_is_away_is_said_at_once() -> None:
    async with open_redis_errands(f"redis://127.0.0.1:{free_port()}") as errands:
        with pytest.raises(ErrandFailed):
            await errands.ask("echo", b"", 20)
