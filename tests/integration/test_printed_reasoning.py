"""The message printed for `/ws/chat/{session_id}`, sent as it stands but for its question."""

import json
import time
import uuid

import websockets

from tests.printed import printed_frames
from tests.serving import Served


async def test_printed_message(server: Served) -> None:
    sent, shown = printed_frames("004")
    assert (sent["type"], shown["type"]) == ("chat", "reasoning_step")
    assert sent["payload"]["message"]
    sent["payload"]["message"] = "When is the brake fluid of the Wren changed?"
    steps = []
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws/chat/{uuid.uuid4().hex}") as socket:
        await socket.send(json.dumps(sent))
        while not steps or steps[-1]["type"] not in {"final_answer", "error"}:
            frame = json.loads(await socket.recv())
            assert set(frame) == set(shown)
            assert frame["type"] == shown["type"]
            for name, value in shown["data"].items():
                assert type(frame["data"][name]) is type(value)
            steps.append(frame["data"])
    assert steps[-1]["type"] == "final_answer"
    assert "2 years" in steps[-1]["content"]
    assert steps[0]["type"] == "thought"
    assert abs(steps[-1]["timestamp"] - time.time()) < 60
    assert [step["iteration"] for step in steps] == sorted(step["iteration"] for step in steps)
