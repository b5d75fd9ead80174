import asyncio

import pytest

from api.dialect import Pong
from api.transport.outbox import FULL_CHARS, MERGE_CHARS, Outbox, OutboxFull
from orchestrator.events import Envelope, Progress, Token


def said(text: str, offset: int, run: str = "r") -> Envelope:
    return Envelope("c", Token(run, text, offset))


async def taken(outbox: Outbox, count: int) -> list[object]:
    return [await outbox.take() for _ in range(count)]


async def test_first_in_first_out() -> None:
    outbox = Outbox()
    items = [said("a", 0), Pong(1), said("b", 1)]
    for item in items:
        outbox.put(item)
    assert await taken(outbox, 3) == items


async def test_take_waits_for_what_comes() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    outbox.put(Pong(1))
    assert await waiting == Pong(1)


async def test_a_lagging_readers_tokens_are_merged_and_lose_nothing() -> None:
    outbox = Outbox()
    big = "x" * (MERGE_CHARS + 1)
    outbox.put(said(big, 0))
    for n in range(1000):
        outbox.put(said("y", len(big) + n))
    assert outbox.lagging
    first, rest = await taken(outbox, 2)
    assert first.event.text == big  # type: ignore[attr-defined]
    assert (rest.event.text, rest.event.offset) == ("y" * 1000, len(big))  # type: ignore[attr-defined]
    assert not outbox.lagging


async def test_only_neighbours_of_one_run_are_merged() -> None:
    outbox = Outbox()
    outbox.put(said("x" * (MERGE_CHARS + 1), 0))
    for item in (
        said("a", 0, "other"),
        Envelope("c", Progress("other", "starting", "…")),
        said("b", 1, "other"),
        said("c", 9, "other"),
    ):
        outbox.put(item)
    assert len(await taken(outbox, 5)) == 5


async def test_a_hopeless_reader_is_given_up() -> None:
    outbox = Outbox()
    for n in range(5):
        outbox.put(said("x" * (FULL_CHARS // 3), n, f"run-{n}"))
    with pytest.raises(OutboxFull):
        await outbox.take()


async def test_drained_when_everything_is_on_its_way() -> None:
    outbox = Outbox()
    await outbox.drained()
    outbox.put(Pong(1))
    draining = asyncio.create_task(outbox.drained())
    await outbox.take()
    await asyncio.sleep(0)
    assert not draining.done()
    outbox.sent()
    await draining
