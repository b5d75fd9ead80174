"""A customer's cancellation reaches the provider; a closed tab does not."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import Talk, talking, text_of
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

SECONDS = 2.0
QUESTION = "What is the roof load of the Wren?"


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("upstream") / "data")
    settings = {
        "OPENAI_API_KEY": "sk-any",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:script-60tok-20ms",
    }
    with serving(own, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


async def started(talk: Talk, session: str, until: str) -> dict[str, Any]:
    """Ask, and take frames up to one of this type or step."""
    await talk.send({"type": "message", "message": QUESTION, "session_id": session})
    while True:
        frame = await talk.receive()
        if until in (frame["type"], frame.get("step")):
            return frame


@pytest.mark.parametrize(
    ("session", "fault", "until"),
    [
        ("no byte yet", {"kind": "never"}, "generating"),
        ("no text yet", {"kind": "stall", "after": 0}, "generating"),
        ("silent midway", {"kind": "stall", "after": 5}, "token"),
        ("speaking", None, "token"),
    ],
)
async def test_a_cancel_frame_closes_the_models_connection(
    served: Served, provider: Control, session: str, fault: dict[str, Any] | None, until: str
) -> None:
    provider.script(always=fault)
    async with talking(served.chat, served.token("canceller")) as talk:
        frame = await started(talk, session, until)
        await asyncio.to_thread(provider.wait_until, SECONDS, open=1)
        began = time.monotonic()
        await talk.send({"type": "cancel", "run_id": frame["run_id"]})
        last = (await talk.until_end())[-1]
        assert last["type"] == "cancelled"
        assert bool(last["partial_response"]) == (until == "token")
        await asyncio.to_thread(provider.wait_until, SECONDS, open=0, aborted=1)
        assert time.monotonic() - began < SECONDS
        provider.reset()
        assert (await talk.ask(QUESTION, session_id=session))[-1]["type"] == "complete"
    assert provider.stats()["aborted"] == 0


async def test_a_closed_socket_stops_nothing(served: Served, provider: Control) -> None:
    async with talking(served.chat, served.token("leaver")) as talk:
        run_id = (await started(talk, "left", "token"))["run_id"]
    assert provider.stats()["open"] == 1
    async with talking(served.chat, served.token("leaver")) as talk:
        await talk.send({"type": "resume", "session_id": "left", "after": 0})
        frames = await talk.until_end()
    assert (frames[-1]["type"], frames[-1]["run_id"]) == ("complete", run_id)
    assert text_of(frames) == frames[-1]["response"]
    assert (await asyncio.to_thread(provider.wait_until, SECONDS, open=0))["aborted"] == 0
