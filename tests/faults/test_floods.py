"""Strangers' floods beside customers who chat: no error for them, and first words within twice the time of before."""

import asyncio
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.conversing import Talk, talking
from tests.faults.counts import FULL
from tests.faults.pulse import pulse
from tests.serving import ROOT, Served, duplicate, serving

CUSTOMERS = 20
SECONDS = 60 if FULL else 6
PAUSE_S = 3.2
"""Between two questions of a customer, who may ask 20 in a minute."""
MEMORY = 100 << 20
HEALTH_MS = 250 if FULL else 3000
"""The longest that `/health` may take; where tests run beside, the machine itself is late."""
SLACK_S = 0.0 if FULL else 1.0
QUESTIONS = ("What is the roof load of the Plover?", "How often does the Osprey need engine oil?")


async def chats(served: Served, talk: Talk, ends: float) -> list[float]:
    """The seconds to the first word of each answer. Fails for an error."""
    times = []
    session = uuid.uuid4().hex
    while time.monotonic() < ends:
        begun = time.monotonic()
        question = QUESTIONS[len(times) % len(QUESTIONS)]
        await talk.send({"type": "message", "message": question, "session_id": session})
        while (frame := await talk.receive(60))["type"] != "token":
            assert frame["type"] not in {"error", "complete", "closing"}, frame
        times.append(time.monotonic() - begun)
        frames = await talk.until_end()
        assert frames[-1]["type"] == "complete", frames[-1]
        await asyncio.sleep(max(0.0, begun + PAUSE_S - time.monotonic()))
    return times


async def crowd(served: Served, seconds: float, prefix: str) -> list[float]:
    """As many customers, one after the other, so that they do not ask in step."""

    async def one(n: int) -> list[float]:
        await asyncio.sleep(PAUSE_S * n / CUSTOMERS)
        async with talking(served.chat, served.token(f"{prefix}-{n}")) as talk:
            return await chats(served, talk, time.monotonic() + seconds)

    return [told for times in await asyncio.gather(*map(one, range(CUSTOMERS))) for told in times]


async def test_floods_before_sign_in(ingested: Path, tmp_path: Path, report: Callable[..., Any]) -> None:
    own = duplicate(ingested, tmp_path / "data")
    with serving(own, PITCREW_RATE_LIMITS="on") as served:
        await crowd(served, 1, "warms-up")
        quiet = await crowd(served, SECONDS / 2, "before")
        process = psutil.Process(served.process.pid)
        before, cpu = process.memory_info().rss, sum(process.cpu_times()[:2])
        command = [sys.executable, "-m", "tests.faults.strangers", str(served.port), str(SECONDS + PAUSE_S)]
        flood = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        with pulse(served.port) as health:
            beside = await crowd(served, SECONDS, "beside")
        told, _ = await flood.communicate()
        cpu = sum(process.cpu_times()[:2]) - cpu
        quiet += await crowd(
            served, SECONDS / 2, "after"
        )  # a machine that others use is quick at one time, slow at another
        after = process.memory_info().rss
        assert flood.returncode == 0
        report(
            answers=len(beside),
            quiet_ms=round(1000 * statistics.median(quiet)),
            beside_ms=round(1000 * statistics.median(beside)),
            health_ms=health.median_ms,
            health_longest_ms=health.longest_ms,
            processor_s=round(cpu, 1),
            more_memory_mb=(after - before) >> 20,
            flood=told.decode().strip(),
        )
        assert statistics.median(beside) < 2 * statistics.median(quiet) + SLACK_S
        assert health.longest_ms < HEALTH_MS
        assert after < before + MEMORY
        assert "Traceback" not in served.printed()
        assert "connections_shut" in served.printed()
