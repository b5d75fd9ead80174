"""A message that is long and says little is answered like any other, and nobody else waits for it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conversing import TERMINAL, talking
from tests.integration.listening import Frame, is_of, listening
from tests.serving import Served, duplicate, serving

LONG = {
    "blanks": "a" + " " * 7_998 + "b",
    "tabs": "a" + "\t" * 7_998 + "b",
    "line ends": "a? " + "\n" * 7_990 + "b.",
    "one letter": "a" * 8_000,
    "digits": "1" * 8_000,
    "dots": "a" + ". " * 3_999,
    "brackets": "(" * 8_000,
    "words": "and what is it " * 533,
    "questions": "what is the torque? " * 400,
    "codes": "P0301 " * 1_333,
    "vehicles": "my Wren 58 and " * 533,
    "dates": "tomorrow at 5 or on 3 May " * 307,
}
PROMPT_S = 3.0
"""Within which a health check is answered on a busy machine. A server that is frozen takes minutes."""


async def _slowest_health(served: Served, until: asyncio.Event) -> float:
    """Seconds of the slowest of the health checks that are made until then."""
    slowest = 0.0
    while not until.is_set():
        begun = time.monotonic()
        status, _, _ = await asyncio.to_thread(served.get, "/health")
        assert status == 200
        slowest = max(slowest, time.monotonic() - begun)
        await asyncio.sleep(0.05)
    return slowest


@pytest.mark.parametrize("kind", LONG)
async def test_others_do_not_wait_for_a_long_message(server: Served, kind: str) -> None:
    answered = asyncio.Event()
    checking = asyncio.create_task(_slowest_health(server, answered))
    try:
        async with talking(server.chat, server.token(f"long-{kind.replace(' ', '-')}")) as talk:
            frames = await talk.ask(LONG[kind], timeout=60)
    finally:
        answered.set()
    assert frames[-1]["type"] == "complete", frames[-1]
    assert await checking < PROMPT_S


@pytest.mark.parametrize("kind", ["blanks", "digits", "words", "questions", "dates", "brackets"])
@pytest.mark.parametrize(
    ("path", "asks", "ends"),
    [
        ("/ws/agent/interactive", lambda text: {"action": "query", "question": text}, "query_complete"),
        ("/ws/{session}", lambda text: {"content": text}, "agent"),
    ],
    ids=["analysis", "explorer"],
)
async def test_nor_for_a_long_question_about_data(
    server: Served, path: str, asks: Callable[[str], Frame], ends: str, kind: str
) -> None:
    """Which are read against the names and values of all tables."""
    answered = asyncio.Event()
    checking = asyncio.create_task(_slowest_health(server, answered))
    session = f"long-{kind.replace(' ', '-')}"
    try:
        async with listening(server, f"{path.format(session=session)}?token={server.token(session)}") as line:
            await line.send(asks(LONG[kind]))
            await line.until(is_of(ends, "error"), timeout=60)
    finally:
        answered.set()
    assert await checking < PROMPT_S


@pytest.mark.timeout(400)  # two starts
async def test_a_long_message_does_not_freeze_the_next_process(ingested: Path, tmp_path: Path) -> None:
    """The process is killed while it answers; the next one takes the run up again, and goes on."""
    own = duplicate(ingested, tmp_path / "data")
    with serving(own) as first:
        async with talking(first.chat, first.token("bo")) as talk:
            await talk.send({"type": "message", "message": LONG["blanks"], "session_id": "long"})
            frame = await talk.receive()
            while frame["type"] != "ack":
                frame = await talk.receive()
            first.process.kill()
            first.process.wait()
    with serving(own) as second:
        status, _, _ = second.get("/health")
        assert status == 200
        async with talking(second.chat, second.token("bo")) as talk:
            await talk.send({"type": "resume", "session_id": "long", "after": 0})
            frames = [await talk.receive()]
            while frames[-1]["type"] not in TERMINAL:
                frames.append(await talk.receive())
            assert frames[-1]["type"] == "complete", frames[-1]
            assert (await talk.ask("What is the tyre pressure of the Wren 58?"))[-1]["type"] == "complete"
