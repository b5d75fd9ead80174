"""A client that is back at once finds done what its last connection was asked."""

import asyncio
from unittest.mock import patch

from api.transport import departures
from api.transport.departures import Leaving


async def test_it_waits_for_the_tasks_of_the_user_alone() -> None:
    doing, other = asyncio.Event(), asyncio.Event()
    mine, foreign = asyncio.ensure_future(doing.wait()), asyncio.ensure_future(other.wait())
    kept = Leaving()
    kept.add("anna", mine)  # type: ignore[arg-type]
    kept.add("bert", foreign)  # type: ignore[arg-type]
    waiting = asyncio.ensure_future(kept.done("anna"))
    await asyncio.sleep(0)
    assert not waiting.done()
    doing.set()
    await waiting
    assert mine.done()
    assert not foreign.done()
    other.set()
    await kept.done("bert")
    await kept.done("nobody")


async def test_its_patience_ends() -> None:
    stuck = asyncio.ensure_future(asyncio.Event().wait())
    kept = Leaving()
    kept.add("anna", stuck)  # type: ignore[arg-type]
    with patch.object(departures, "PATIENCE_S", 0.01):
        await kept.done("anna")
    assert not stuck.done()
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)
    await kept.done("anna")
