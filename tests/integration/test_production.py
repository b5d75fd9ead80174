"""What a server in production tells strangers, and what others on its machine can read."""

import json
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from agents.specialist import open_to
from agents.specialists import catalogue
from rag.database import open_database
from tests.conversing import talking
from tests.serving import ROOT, SECRET, Served, duplicate, environment, free_port, pitcrew, serving


@pytest.fixture(scope="module")
def production(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("production") / "data")
    with serving(own, PITCREW_ENV="production", PITCREW_RATE_LIMITS="on", PITCREW_JWT_SECRET=SECRET) as running:
        yield running


def test_strangers_learn_little(production: Served) -> None:
    for path in ("/docs", "/openapi.json", "/ws/test", "/docs/assets/swagger-ui-bundle.js"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(production.http + path, timeout=30)
        assert refused.value.code == 404, path
    assert production.get("/metrics")[0] == 401
    status, body, _ = production.get("/ready")
    assert (status, set(json.loads(body)["checks"])) == (200, {"database", "knowledge", "model"})
    assert all(check == {"ok": True} for check in json.loads(body)["checks"].values())
    _, body, _ = production.get("/ready", production.token("ada", role="staff"))
    assert json.loads(body)["checks"]["knowledge"]["documents"] > 0
    assert json.loads(production.get("/ready", production.token("anna"))[1])["checks"]["model"] == {"ok": True}


def test_nobody_keeps_what_was_answered(production: Served) -> None:
    token = production.token("anna")
    for path in ("/api/v1/sessions", "/v1/models", "/api/v1/agents", "/ready"):
        _, _, headers = production.get(path, token)
        assert "no-store" in headers["Cache-Control"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
    _, _, headers = production.get("/widget.js")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" not in (headers["Cache-Control"] or "")


def test_files_are_the_owner_s_alone(production: Served) -> None:
    open_to_others = [
        path
        for path in (production.data, *production.data.iterdir())
        if not path.is_symlink()
        and path.name != production.log.name
        and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    assert open_to_others == []


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
async def test_integers_that_nothing_can_hold(production: Served, number: int) -> None:
    token = production.token("numbers")
    async with talking(production.chat, token) as talk:
        for frame in (
            {"type": "resume", "session_id": "s", "after": number},
            {"type": "read", "session_id": "s", "seq": number},
        ):
            assert (await talk.call(frame))["code"] in {"BAD_JSON", "BAD_REQUEST"}
    assert production.get(f"/api/v1/sessions/s/messages?after={number}", token)[0] == 400
    for field in ("max_tokens", "seed", "n"):
        body = json.dumps({"model": "pitcrew", "messages": [{"role": "user", "content": "Hi"}], field: number}).encode()
        assert production.request("POST", "/v1/chat/completions", token, body)[0] == 400, field
    search = json.dumps({"limit": number, "offset": number}).encode()
    assert production.request("POST", "/langgraph/threads/search", token, search)[0] in {400, 422}
    assert "Traceback" not in production.printed()


def test_what_headers_say_of_an_address_counts_from_a_named_proxy_alone(production: Served) -> None:
    for name in ("X_Forwarded_For", "X_Real_IP", "Forwarded"):
        status, _, _ = production.request("GET", "/metrics", None, None, **{name: "127.0.0.1"})
        assert status == 401


def test_an_admin_has_every_specialist_of_the_staff() -> None:
    every = catalogue()
    assert {one.name for one in open_to(every, "staff")} == {one.name for one in open_to(every, "admin")}
    assert len(open_to(every, "admin")) > len(open_to(every, "customer"))


def test_no_error_of_the_database_repeats_what_was_written(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with pytest.raises(DBAPIError) as failed, engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "what-a-customer-wrote"})
    assert "what-a-customer-wrote" not in str(failed.value)
    engine.dispose()


def test_tools_over_http_want_a_token(tmp_path: Path) -> None:
    """`pitcrew mcp --http` is reached by every program of the machine, and by every user of it."""
    port, env = free_port(), environment(tmp_path)
    command = [sys.executable, "-m", "api", "mcp", "--http", str(port), "--url", "http://127.0.0.1:9", "--token", "x"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        token = pitcrew("token", "--user", "anna", env=env).stdout.strip()
        hello = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"},
            },
        }
        assert _status(port, hello, None) == 401
        assert _status(port, hello, "nonsense") == 401
        assert _status(port, hello, token) == 200
    finally:
        process.kill()
        process.wait()


def _status(port: int, body: dict[str, object], token: str | None) -> int:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    ends = time.monotonic() + 90
    while True:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/mcp", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            assert time.monotonic() < ends
            time.sleep(0.2)
