"""The printed Python client, run as it stands but for address and token; and one of our own with the same exchange."""

import asyncio
import json
import subprocess
import sys

import websockets

from tests.printed import printed_code
from tests.serving import Served

STEPS = ["starting", "agent_routing", "rag_retrieval", "generating"]


def test_printed_python_client(server: Served) -> None:
    code = printed_code("002", "python", "async def chat_stream")
    code = code.replace("localhost:8000", f"127.0.0.1:{server.port}").replace("your_jwt_token", server.token("printed"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Authenticated!"
    assert [line[1:].split("]")[0] for line in lines if line.startswith("[")][:4] == STEPS
    assert "Complete!" in lines
    assert any(line.startswith("Response: ") and len(line) > 30 for line in lines)
    assert "Agent: specs" in lines


async def test_the_same_exchange(server: Served) -> None:
    """First frame is the answer to `auth`; then steps, tokens and the whole, in this order."""
    async with websockets.connect(server.chat) as socket:
        await asyncio.sleep(0.2)
        await socket.send(json.dumps({"type": "auth", "token": server.token("own")}))
        first = json.loads(await socket.recv())
        assert first["type"] == "auth_success"
        await socket.send(json.dumps({"type": "message", "message": "What is the engine power?", "session_id": "own"}))
        steps, text = [], ""
        async for raw in socket:
            frame = json.loads(raw)
            if frame["type"] == "progress":
                assert not text
                steps.append(frame["step"])
            elif frame["type"] == "token":
                assert steps == STEPS
                text += frame["token"]
                assert frame["partial_response"] == text
            elif frame["type"] == "complete":
                break
        assert text == frame["response"]
        assert frame["metadata"]["agent"] == "specs"
        assert frame["metadata"]["context"]["sources"]
