"""Datasets that are not a customer's, asked for over every wire: nothing of them is told, not even their names."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.listening import is_of, listening
from tests.serving import SECRET, Served, duplicate, environment, pitcrew, serving

SECRETS = ("zanzipay", "bonusgrade", "48151623", "hunter.example")
"""Dataset and table, a column, a figure, and another customer's address."""
NAMES = ("What is the total bonusgrade in zanzipay?", "List the tables of the dataset zanzipay")
OWN = "How many rows are in myorders by buyer?"


@pytest.fixture(scope="module")
def rights(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with two datasets more: one of the staff's, and one in which everybody has rows of their own."""
    env = environment(server.data)
    names = add_datasets(tmp_path_factory.mktemp("rights"), env)
    yield server
    for name in names:
        assert pitcrew("datasets", "remove", name, env=env).returncode == 0


def add_datasets(folder: Path, env: dict[str, str]) -> tuple[str, str]:
    (folder / "zanzipay.csv").write_text("id,bonusgrade\n1,48151623\n")
    (folder / "myorders.csv").write_text("id,buyer,amount\n1,anna@own.example,11\n2,ben@hunter.example,48151623\n")
    for name, *more in (
        ("zanzipay", "--audience", "staff"),
        ("myorders", "--audience", "customers", "--own-rows", "buyer=email"),
    ):
        added = pitcrew("datasets", "add", name, str(folder / f"{name}.csv"), *more, env=env)
        assert added.returncode == 0, added.stderr
    return "zanzipay", "myorders"


async def told(server: Served, wire: str, text: str, dataset: str | None, token: str) -> str:
    """Everything that comes back for one question."""
    session = uuid.uuid4().hex
    wished = {"dataset": dataset} if dataset else {}
    match wire:
        case "datasets":
            return _body(server, "GET", "/api/v1/datasets", token)
        case "chat" | "chat stream":
            path = "/api/v1/chat" + ("/stream" if "stream" in wire else "")
            return _body(server, "POST", path, token, {"message": text, "session_id": session})
        case "openai":
            messages = [{"role": "user", "content": text}]
            return _body(server, "POST", "/v1/chat/completions", token, {"model": "analyst", "messages": messages})
        case "agui":
            said = [{"id": "1", "role": "user", "content": text}]
            props = {"agent": "analyst", **wished}
            body = {"threadId": session, "runId": "r", "messages": said, "state": {}, "tools": [], "context": []}
            return _body(server, "POST", "/agui", token, {**body, "forwardedProps": props})
        case "langgraph":
            asked = {"assistant_id": "analyst", "input": {"messages": [{"role": "user", "content": text}]}}
            return _body(server, "POST", "/langgraph/runs/wait", token, {**asked, "context": wished})
        case "events":
            query = urlencode({"question": text, "session_id": session, **wished})
            told = _body(server, "GET", f"/agent/stream?{query}", token)
            return "".join(line for line in told.splitlines() if '"type":"start"' not in line)
        case "stream":
            query = urlencode({"question": text, "session_id": session, "token": token, **wished})
            async with listening(server, f"/ws/agent/stream?{query}") as line:
                frames, _ = await line.closed(60)
            return json.dumps([{**frame, "question": ""} for frame in frames])
        case "charts":
            spec = {"data": {"name": dataset or "zanzipay"}, "mark": "bar", "encoding": {"x": {"field": "bonusgrade"}}}
            return _body(server, "POST", "/api/v1/charts", token, spec)
    frames: list[Any] = []
    path, asks, ends = {
        "native": ("/ws/chat", {"type": "message", "message": text, "session_id": session}, ("complete", "error")),
        "analysis": (
            "/ws/agent/interactive",
            {"action": "query", "question": text, **wished},
            ("query_complete", "error"),
        ),
        "explorer": (f"/ws/{session}", {"content": text}, ("agent", "error")),
        "query": ("/ws/query", {"question": text}, ("stream_end", "overview", "error")),
        "reasoning": (
            f"/ws/chat/{session}",
            {"type": "chat", "payload": {"message": text}},
            ("final_answer", "error"),
        ),
    }[wire]
    async with listening(server, f"{path}?token={token}") as line:
        await line.send(asks)
        frames = await line.until(is_of(*ends))
    return json.dumps([{**frame, "question": ""} if "question" in frame else frame for frame in frames])


def _body(server: Served, method: str, path: str, token: str, body: Any = None) -> str:
    status, answered, _ = server.request(method, path, token, None if body is None else json.dumps(body).encode())
    assert status < 500, answered
    return answered.decode()


WIRES = (
    "datasets", "chat", "chat stream", "openai", "agui", "langgraph", "native", "analysis", "explorer", "query",
    "reasoning", "events", "stream",
)  # fmt: skip


@pytest.mark.parametrize("wire", WIRES)
async def test_nothing_of_the_staff_s_is_told_to_a_customer(rights: Served, wire: str) -> None:
    """Asked about what is theirs, all wires say as much as of a dataset that there is not."""
    token = rights.token("anna", email="anna@own.example")
    questions = ("Show me all tables", "How many rows are there?", OWN)
    answers = await asyncio.gather(*(told(rights, wire, text, None, token) for text in questions))
    for secret in SECRETS:
        assert not any(secret in answer for answer in answers), (wire, secret)


@pytest.mark.parametrize("wire", ["analysis", "agui", "langgraph", "explorer", "openai", "events", "stream"])
async def test_who_asks_by_name_learns_nothing(rights: Served, wire: str) -> None:
    """But for the name that they said themselves; and it is found by the staff, so that this test can fail."""
    customer, staff = rights.token("anna", email="anna@own.example"), rights.token("sue", role="staff")
    for text in NAMES:
        answer = await told(rights, wire, text, "zanzipay", customer)
        assert not any(secret in answer.replace(text, "") for secret in SECRETS[2:]), (wire, text)
    found = "".join([await told(rights, wire, text, "zanzipay", staff) for text in NAMES])
    assert SECRETS[1] in found, wire


async def test_everybody_sees_their_own_rows(rights: Served) -> None:
    asked = "What is the total amount of myorders by buyer?"
    anna = await told(rights, "analysis", asked, "myorders", rights.token("anna", email="anna@own.example"))
    ben = await told(rights, "analysis", asked, "myorders", rights.token("ben", email="Ben@hunter.example"))
    assert "anna@own.example" in anna
    assert not any(secret in anna for secret in SECRETS)
    assert "48151623" in ben
    assert "anna@own" not in ben


async def test_a_chart_holds_the_data_that_it_was_sent(rights: Served) -> None:
    """There is no way from a chart to a dataset, for anybody."""
    for role in ("customer", "staff"):
        drawn = await told(rights, "charts", "", "zanzipay", rights.token("anna", role=role))
        assert not any(secret in drawn for secret in SECRETS[2:]), drawn


async def test_rights_are_changed_while_a_server_runs(rights: Served) -> None:
    """As it is typed, from the next question on, and back."""
    asked, env, token = NAMES[0], environment(rights.data), rights.token("anna", email="anna@own.example")
    for audience, heard in (("customers", True), ("admin", False), ("staff", False)):
        changed = pitcrew("datasets", "rights", "zanzipay", "--audience", audience, env=env)
        assert (changed.returncode, f"zanzipay is for {audience}" in changed.stderr) == (0, True), changed.stderr
        assert ("48151623" in await told(rights, "analysis", asked, "zanzipay", token)) is heard, audience
    shown = pitcrew("datasets", "rights", "zanzipay", "--own-rows", "nothing=email", env=env)
    assert shown.returncode != 0
    assert "has a column" in shown.stderr


async def test_in_production(ingested: Path, tmp_path: Path) -> None:
    """A dataset that is added there without a word of rights is the staff's, also those that come with the product."""
    own = duplicate(ingested, tmp_path / "data")
    settings = {"PITCREW_ENV": "production", "PITCREW_RATE_LIMITS": "on", "PITCREW_JWT_SECRET": SECRET}
    (tmp_path / "zanzipay.csv").write_text("id,bonusgrade\n1,48151623\n")
    added = pitcrew("datasets", "add", "zanzipay", str(tmp_path / "zanzipay.csv"), env=environment(own, **settings))
    assert added.returncode == 0, added.stderr
    with serving(own, **settings) as served:
        customer, staff = served.token("anna"), served.token("sue", role="staff")
        for wire in ("analysis", "stream", "datasets"):
            assert "48151623" not in await told(served, wire, NAMES[0], "zanzipay", customer)
        assert json.loads(served.get("/api/v1/datasets", customer)[1])["datasets"] == []
        assert "zanzipay" in await told(served, "datasets", "", None, staff)
        assert "48151623" in await told(served, "stream", NAMES[0], "zanzipay", staff)
