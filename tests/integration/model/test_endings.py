"""However an answer ends, its connection is closed at once."""

import asyncio
from contextlib import aclosing

import pytest

from agents.models.failover import Budget
from tests.integration.model.asking import OIL, QUICK, Build, collect
from tests.model_server.running import Control


async def test_an_endless_answer_is_cut_and_its_connection_closed(answerer: Build, provider: Control) -> None:
    text, end = await collect(answerer("fault-endless"))
    assert end.truncated
    assert len(text) <= QUICK.max_tokens * 8
    await asyncio.to_thread(provider.wait_until, open=0, aborted=1)


async def test_closing_the_iterator_closes_the_connection(answerer: Build, provider: Control) -> None:
    async with aclosing(answerer("script-5000tok-5ms").answer(OIL)) as stream:
        await anext(stream)
        assert provider.stats()["open"] == 1
    await asyncio.to_thread(provider.wait_until, 1.0, open=0, aborted=1)


@pytest.mark.parametrize("model", ["script-5000tok-5ms-burst4", "fault-stall-4", "fault-never"])
async def test_cancelling_closes_the_connection(answerer: Build, provider: Control, model: str) -> None:
    run = asyncio.create_task(collect(answerer(model, budget=Budget())))
    await asyncio.to_thread(provider.wait_until, open=1)
    await asyncio.sleep(0.05)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await asyncio.to_thread(provider.wait_until, 1.0, open=0, aborted=1)
