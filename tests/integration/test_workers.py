"""Processes kept beside a server: started again when they die, longer after each that dies early, and ended with it.
What real workers do then is in `tests/faults/test_cluster.py`."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.serving import workers as kept
from tests.serving import environment, pitcrew

PROGRAM = """
import os, signal, sys, time
folder, way = sys.argv[1:]
def stop(number, frame):
    print(signal.Signals(number).name, file=open(f"{folder}/{os.getpid()}.stopped", "w"), flush=True)
    sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN if way == "deaf" else stop)
open(f"{folder}/{os.getpid()}.started", "w").close()
if way == "dies":
    sys.exit(3)
time.sleep(60)
"""


def workers(folder: Path, way: str, number: int = 2, drain_s: float = 5.0) -> kept.Workers:
    return kept.Workers(number, (sys.executable, "-c", PROGRAM, str(folder), way), drain_s)


def started(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.started"))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


async def comes_true(condition: Callable[[], bool], seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        await asyncio.sleep(0.02)
    return condition()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_signal_that_ends_the_server_is_handed_on_once(tmp_path: Path, number: signal.Signals) -> None:
    beside = workers(tmp_path, "obeys")
    assert await comes_true(lambda: len(started(tmp_path)) == 2)
    await asyncio.gather(beside.end(number), beside.end(signal.SIGTERM))
    assert [path.read_text().strip() for path in tmp_path.glob("*.stopped")] == [number.name] * 2
    assert not any(map(runs, started(tmp_path)))


async def test_one_that_is_killed_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PAUSES_S", (0.0,))
    beside = workers(tmp_path, "obeys")
    assert await comes_true(lambda: len(started(tmp_path)) == 2)
    first, second = started(tmp_path)
    os.kill(first, signal.SIGKILL)
    assert await comes_true(lambda: len(started(tmp_path)) == 3)
    assert [runs(pid) for pid in (first, second)] == [False, True]
    await beside.end(signal.SIGTERM)
    assert len(started(tmp_path)) == 3


async def test_one_that_cannot_start_is_tried_ever_more_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PAUSES_S", (0.0, 0.0, 0.0, 3600.0))
    beside = workers(tmp_path, "dies", number=1)
    assert await comes_true(lambda: len(started(tmp_path)) == 3)
    await asyncio.sleep(0.3)
    assert len(started(tmp_path)) == 3, "it waits for an hour now"
    await asyncio.wait_for(beside.end(signal.SIGTERM), 5)


async def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LINGER_S", 0.2)
    beside = workers(tmp_path, "deaf", drain_s=0.1)
    assert await comes_true(lambda: len(started(tmp_path)) == 2)
    await asyncio.wait_for(beside.end(signal.SIGTERM), 10)
    assert not any(map(runs, started(tmp_path)))


async def test_without_any_there_is_nothing_to_wait_for() -> None:
    async with kept.workers(0, drain_s=30) as beside:
        await asyncio.wait_for(beside.end(signal.SIGTERM), 1)


def test_they_need_what_processes_can_share(tmp_path: Path) -> None:
    done = pitcrew("serve", "--workers", "2", env=environment(tmp_path, PITCREW_REDIS_URL="redis://127.0.0.1:1"))
    assert done.returncode == 3
    assert "PITCREW_DATABASE_URL, PITCREW_CHROMA_URL" in done.stderr
    assert "belong to one process" in done.stderr
    for wrong in ("-1", "257", "many"):
        assert pitcrew("serve", "--workers", wrong, env=environment(tmp_path)).returncode == 2
