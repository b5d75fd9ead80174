"""Tasks end, also those that lose a cancellation."""

import asyncio
from contextlib import suppress

import pytest

from orchestrator import cancellation
from orchestrator.cancellation import ended


async def forever(lost: int, failing: bool = False) -> None:
    """Goes on after so many cancellations."""
    for _ in range(lost):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if failing:
            raise ValueError from None
        raise


@pytest.mark.parametrize("lost", [0, 1, 3])
@pytest.mark.parametrize("failing", [False, True])
async def test_a_task_that_loses_cancellations_ends(lost: int, failing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancellation, "PAUSE_S", 0.01)
    tasks = [asyncio.ensure_future(forever(lost, failing)) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await ended(*tasks)
    assert all(task.cancelled() or isinstance(task.exception(), ValueError) for task in tasks)


async def test_what_is_done_is_left_as_it_is() -> None:
    done = asyncio.ensure_future(asyncio.sleep(0, "told"))
    await done
    await ended(done)
    await ended()
    assert done.result() == "told"
