"""The server started as `uvicorn api:app`, as process managers start servers."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import websockets

from tests.conversing import talking
from tests.model_server.running import running_model_server
from tests.serving import ROOT, START_S, Served, _await_health, environment, free_port, prepared

QUESTION = "What is the roof load of the Wren?"


def started(data: Path, *options: str, **settings: str) -> Served:
    """`uvicorn api:app`, which may not be ready yet."""
    port = free_port()
    log = data / f"uvicorn-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "api:app", "--port", str(port), *options],
            cwd=ROOT,
            env=environment(data, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Served(port, process, log, data)


@contextmanager
def hosted(data: Path, *options: str, **settings: str) -> Iterator[Served]:
    """`uvicorn api:app` until the block ends."""
    served = started(data, *options, **settings)
    try:
        _await_health(served)
        yield served
    finally:
        with suppress(subprocess.TimeoutExpired):
            served.process.send_signal(signal.SIGINT)
            served.process.wait(15)
        served.process.kill()
        served.process.wait()


async def test_it_is_the_same_server_and_logs_no_token(data: Path) -> None:
    with hosted(data, "--log-level", "trace") as served:
        token = served.token("anna")
        async with websockets.connect(f"ws://127.0.0.1:{served.port}/ws/query?token={token}") as socket:
            await socket.send(json.dumps({"question": QUESTION, "humanize": True, "stream": True, "session_id": "a"}))
            frames = []
            while not frames or frames[-1]["type"] != "stream_end":
                frames.append(json.loads(await socket.recv()))
        assert {"status", "immediate", "stream_start", "stream_token"} <= {frame["type"] for frame in frames}
        assert "50 kg" in frames[-1]["response"]
        async with talking(served.chat, token) as talk:
            await talk.socket.send("x" * 70_000)
            assert await talk.closed() == 1009
        async with websockets.connect(f"ws://127.0.0.1:{served.port}/ws/a-guest") as socket:  # on this machine only
            await socket.send(json.dumps({"content": "Which tables are there?"}))
            assert json.loads(await socket.recv())["type"] == "user"
        status, told, _ = await asyncio.to_thread(
            served.get, f"/agent/stream?question=How+many+orders%3F&token={token}"
        )
        assert (status, b"stream_end" in told) == (200, True)
        assert served.prints('"GET /agent/stream HTTP/1.1" 200')
        assert served.prints('"WebSocket /ws/query" [accepted]')
        assert token not in served.printed()
        assert "roof load" not in served.printed()
        assert "How+many" not in served.printed()
        served.process.send_signal(signal.SIGINT)
        await asyncio.to_thread(served.process.wait, 15)
        assert "Traceback" not in served.printed()


async def test_sigterm_lets_answers_finish(data: Path) -> None:
    with running_model_server() as provider:
        settings = {"OPENAI_API_KEY": "sk-any", "OPENAI_BASE_URL": provider.base_url}
        settings |= {"PITCREW_MODELS": "openai:script-150tok-20ms", "PITCREW_DRAIN_S": "20"}
        with hosted(data, **settings) as served:
            async with talking(served.chat, served.token("one")) as talk:
                await talk.send({"type": "message", "message": QUESTION})
                while (await talk.receive())["type"] != "token":
                    pass
                served.process.send_signal(signal.SIGTERM)
                while (await talk.receive())["type"] != "closing":
                    pass
                status, body, _ = await asyncio.to_thread(served.get, "/ready")
                assert (status, json.loads(body)["checks"]["server"]["ok"]) == (503, False)
                served.process.send_signal(signal.SIGTERM)  # of a process manager that signals every process
                frames = await talk.until_end()
                assert frames[-1]["type"] == "complete"
                ended = time.monotonic()
                assert await talk.closed() == 1001
            assert await asyncio.to_thread(served.process.wait, 6) in {0, -signal.SIGTERM}
            assert time.monotonic() - ended < 6
            assert "Traceback" not in served.printed()


def refused(data: Path, *options: str, **settings: str) -> tuple[int, str]:
    """The exit code of a server that does not start, and what it printed."""
    served = started(data, *options, **settings)
    try:
        return served.process.wait(START_S), served.printed()
    finally:
        served.process.kill()


def test_several_workers_are_refused(ingested: Path, tmp_path: Path) -> None:
    _, printed = refused(prepared(ingested, tmp_path / "data"), "--workers", "2")
    assert "pitcrew: Several workers cannot share a data directory" in printed
    assert "Traceback" not in printed


def test_a_setting_that_keeps_it_from_starting_is_one_line(ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    code, printed = refused(data, PITCREW_ENV="production", PITCREW_RATE_LIMITS="on", PITCREW_JWT_SECRET="")
    assert code == 3
    assert "pitcrew: PITCREW_JWT_SECRET" in printed
    assert "Traceback" not in printed


LIGHT = """
import sys
import api, api.client, api.cli
application = api.app
heavy = {"uvicorn", "fastapi", "starlette", "pydantic", "sqlalchemy", "api.settings", "api.serving.app", "langgraph"}
print(sorted(heavy & set(sys.modules)), callable(application), application is api.app)
"""


def test_nothing_heavy_is_imported_and_no_setting_is_read_before_it_starts(tmp_path: Path) -> None:
    env = environment(tmp_path, PITCREW_SOCKETS="none at all")
    done = subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[] True True", "")
