"""How the server stops: nothing is lost, nobody waits for ever, and a supervisor gets its exit code in time."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.conversing import talking
from tests.model_server.running import running_model_server
from tests.serving import ROOT, Served, environment, free_port, serving

QUESTION = {"type": "message", "message": "What is the roof load of the Wren?"}


@contextmanager
def streaming(data: Path, model: str, drain_s: int) -> Iterator[Served]:
    """A server whose model talks at the pace that its name gives."""
    with running_model_server() as provider:
        settings = {
            "OPENAI_API_KEY": "sk-any",
            "OPENAI_BASE_URL": provider.base_url,
            "PITCREW_MODELS": f"openai:{model}",
            "PITCREW_DRAIN_S": str(drain_s),
        }
        with serving(data, **settings) as served:
            yield served


async def exited(served: Served, within_s: float) -> int:
    """The exit code. Raises TimeoutExpired."""
    return await asyncio.to_thread(served.process.wait, within_s)


async def asked_over_http(served: Served) -> tuple[int, dict[str, Any], Any]:
    body = json.dumps({"message": QUESTION["message"]}).encode()
    status, answer, headers = await asyncio.to_thread(
        served.request, "POST", "/api/v1/chat", served.token("http"), body
    )
    return status, json.loads(answer), headers


async def test_a_drain_lets_answers_finish_and_takes_nothing_new(data: Path) -> None:
    with streaming(data, "script-300tok-20ms", 20) as served:
        async with (
            talking(served.chat, served.token("one")) as talk,
            talking(served.chat, served.token("idle")) as idle,
        ):
            await talk.send(QUESTION)
            while (await talk.receive())["type"] != "token":
                pass
            over_http = asyncio.create_task(asked_over_http(served))
            await asyncio.sleep(0.5)
            served.process.send_signal(signal.SIGTERM)
            closing = await idle.receive()
            assert closing["type"] == "closing"
            assert 0 <= closing["reconnect_after_ms"] <= 5000
            status, body, _ = await asyncio.to_thread(served.get, "/ready")
            assert (status, json.loads(body)["checks"]["server"]["ok"]) == (503, False)
            with pytest.raises(InvalidStatus) as refused:
                async with talking(served.chat):
                    pass
            assert refused.value.response.status_code == 503
            assert int(refused.value.response.headers["Retry-After"]) > 0
            late = await idle.call(QUESTION)
            assert (late["code"], late["retryable"]) == ("SHUTTING_DOWN", True)
            frames = await talk.until_end()
            assert frames[-1]["type"] == "complete"
            status, answer, _ = await over_http
            assert (status, bool(answer.get("response"))) == (200, True)
            stopped = time.monotonic()
            assert await talk.closed() == 1001
            assert await idle.closed() == 1001
        assert await exited(served, 6) == 0
        assert time.monotonic() - stopped < 6
        assert "Traceback" not in served.printed()


async def test_what_does_not_finish_in_time_is_told_so(data: Path) -> None:
    with streaming(data, "script-2000tok-20ms", 1) as served:
        async with talking(served.chat, served.token("one")) as talk:
            await talk.send(QUESTION)
            while (await talk.receive())["type"] != "token":
                pass
            over_http = asyncio.create_task(asked_over_http(served))
            await asyncio.sleep(0.5)
            served.process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            status, answer, headers = await over_http
            assert (status, answer["code"], answer["retryable"]) == (503, "SHUTTING_DOWN", True)
            assert int(headers["Retry-After"]) > 0
            assert await talk.closed() == 1001
        assert await exited(served, 6) == 0
        assert time.monotonic() - started < 1 + 5
        assert "Traceback" not in served.printed()


async def test_a_second_signal_ends_the_server_at_once(data: Path) -> None:
    with streaming(data, "script-2000tok-20ms", 30) as served:
        async with talking(served.chat, served.token("one")) as talk:
            await talk.send(QUESTION)
            while (await talk.receive())["type"] != "token":
                pass
            served.process.send_signal(signal.SIGTERM)
            while (await talk.receive())["type"] != "closing":
                pass
            served.process.send_signal(signal.SIGTERM)
            assert await exited(served, 2) == 128 + signal.SIGTERM


@pytest.mark.parametrize("after_s", [0.5, 4])
def test_a_signal_during_the_start_ends_it(data: Path, after_s: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", str(free_port())],
        cwd=ROOT,
        env=environment(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(after_s)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()
