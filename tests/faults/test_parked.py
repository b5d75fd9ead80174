"""kill -9 while runs wait for their customers or act: they still wait, and what was done is done once."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conversing import Frame, Talk, talking
from tests.faults.counts import COUNTS
from tests.faults.invariants import Storage
from tests.faults.process import DOCUMENTS
from tests.serving import Served, copied_documents, environment, pitcrew, prepared, serving

QUESTION = "I would like to book a test drive"
SESSION = "drive"


async def asked(talk: Talk) -> Frame:
    await talk.send({"type": "message", "message": QUESTION, "session_id": SESSION, "client_message_id": "m1"})
    while (frame := await talk.receive())["type"] != "input_required":
        assert frame["type"] not in {"error", "complete"}, frame
    return frame


async def park(server: Served, user: str) -> Frame:
    async with talking(server.chat, server.token(user)) as talk:
        return await asked(talk)


async def acting(server: Served, user: str, request: Frame) -> None:
    """Say yes, and go when the effect has begun."""
    async with talking(server.chat, server.token(user)) as talk:
        await talk.send({"type": "answer", "request_id": request["request_id"], "value": True})
        while (frame := await talk.receive())["type"] != "token" or "Booking" not in frame["token"]:
            assert frame["type"] not in {"error", "complete"}, frame
        await asyncio.sleep(0.2)


async def taken_up(server: Served, user: str, request: Frame) -> str:
    """What became of a parked run after the restart: it waits and is answered, or it has ended."""
    async with talking(server.chat, server.token(user)) as talk:
        await talk.send({"type": "resume", "session_id": SESSION, "after": 0})
        seqs, last = [], None
        head = None
        while head is None or (seqs[-1] if seqs else 0) < head:
            frame = await talk.receive()
            head = frame["head_seq"] if frame["type"] == "resumed" else head
            if "seq" in frame:
                seqs.append(frame["seq"])
                last = frame
        assert seqs == list(range(1, len(seqs) + 1))
        assert last is not None
        if last["type"] == "error":
            return str(last["reason"])
        assert (last["type"], last["request_id"]) == ("input_required", request["request_id"])
        await talk.send({"type": "answer", "request_id": request["request_id"], "value": True})
        ended = (await talk.until_end(30))[-1]
        assert ended["run_id"] == request["run_id"]
        following = await talk.ask("How heavy may a trailer be that the Osprey tows?", session_id=SESSION)
        assert following[-1]["type"] == "complete"
        return str(ended["type"])


async def test_parked_runs_survive_a_kill(
    ingested: Path, acting_data: Path, tmp_path: Path, report: Callable[..., None]
) -> None:
    data, bookings = prepared(ingested, tmp_path / "data"), tmp_path / "bookings"
    documents = copied_documents(DOCUMENTS, tmp_path / "documents")
    for name in ("learnt.npz", "examples.npz"):
        (data / name).unlink(missing_ok=True)  # which is the same file in many folders
        shutil.copy(acting_data / name, data)
    assert pitcrew("ingest", str(documents), env=environment(data)).returncode == 0
    waiting = [f"waits-{n}" for n in range(COUNTS.parked)]
    busy = [f"acts-{n}" for n in range(COUNTS.parked // 4)]
    settings = {"TRIAL_DRIVES": str(bookings), "TRIAL_DRIVE_EXPIRES_S": "3600"}
    with serving(data, "tests.with_trial_drives", **settings, TRIAL_DRIVE_TAKES_S="60") as server:
        requests = dict(zip(waiting, await asyncio.gather(*(park(server, user) for user in waiting)), strict=True))
        acts = await asyncio.gather(*(park(server, user) for user in busy))
        await asyncio.gather(*(acting(server, user, request) for user, request in zip(busy, acts, strict=True)))
        server.process.kill()
        server.process.wait()
    with serving(data, "tests.with_trial_drives", **settings) as server:
        outcomes = await asyncio.gather(*(taken_up(server, user, request) for user, request in requests.items()))
        assert set(outcomes) == {"complete"}
        acted = await asyncio.gather(
            *(taken_up(server, user, request) for user, request in zip(busy, acts, strict=True))
        )
        assert set(acted) == {"INTERRUPTED"}, "a run is never begun again over an effect"
    assert Storage(data / "pitcrew.db").breaches() == []
    assert bookings.read_text().split() == ["10:00"] * len(waiting)
    report(parked=len(waiting), answered_after_the_kill=len(outcomes), killed_while_acting=len(busy), done_twice=0)
