"""The official AG-UI client (npm, under Node), run on a list of messages."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "integration" / "agui"
Told = dict[str, Any]


def run(url: str, token: str, thread: str, *runs: Told) -> list[Told]:
    """What the client has made of each run; `runs` as `client.mjs` takes them. Without Node the test is skipped."""
    if shutil.which("node") is None:
        pytest.skip("AG-UI's client needs Node 20 or newer: install it to run this test")
    if not (HERE / "node_modules").is_dir():
        pytest.fail("AG-UI's client is not installed: run `npm ci --prefix tests/integration/agui` (`make setup` does)")
    asked = json.dumps({"url": url, "token": token, "threadId": thread, "runs": runs})
    done = subprocess.run(
        ["node", "client.mjs"], cwd=HERE, input=asked, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(one["warnings"] == [] for one in told), told[-1]["warnings"]
    return told


def kinds(told: Told) -> list[str]:
    return [event["type"] for event in told["events"]]


def answer(told: Told) -> str:
    """The last message, as the client has put it together."""
    last = told["messages"][-1]
    assert last["role"] == "assistant", last
    return str(last["content"])
