"""Datasets that are not a customer's, asked for over every wire: nothing of them is told, not even their names."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.listening import is_of, listening
from tests.serving import Served, environment, pitcrew

SECRETS = ("zanzipay", "bonusgrade", "48151623", "hunter.example")
"""Dataset and table, a column, a figure, and another customer's address."""
NAMES = ("What is the total bonusgrade in zanzipay?", "List the tables of the dataset zanzipay")
OWN = "How many rows are in myorders by buyer?"


@pytest.fixture(scope="module")
def rights(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with two datasets more: one of the staff's, and one in which everybody has rows of their own."""
    folder, env = tmp_path_factory.mktemp("rights"), environment(server.data)
    (folder / "zanzipay.csv").write_text("id,bonusgrade\n1,48151623\n")
    (folder / "myorders.csv").write_text("id,buyer,amount\n1,anna@own.example,11\n2,ben@hunter.example,48151623\n")
    for name, *more in (
        ("zanzipay", "--audience", "staff"),
        ("myorders", "--audience", "customers", "--own-rows", "buyer=email"),
    ):
        added = pitcrew("datasets", "add", name, str(folder / f"{name}.csv"), *more, env=env)
        assert added.returncode == 0, added.stderr
    yield server
    for name in ("zanzipay", "myorders"):
        assert pitcrew("datasets", "remove", name, env=env).returncode == 0


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
    "reasoning",
)  # fmt: skip


@pytest.mark.parametrize("wire", WIRES)
async def test_nothing_of_the_staff_s_is_told_to_a_customer(rights: Served, wire: str) -> None:
    """Asked about what is theirs, all wires say as much as of a dataset that there is not."""
    token = rights.token("anna", email="anna@own.example")
    questions = ("Show me all tables", "How many rows are there?", OWN)
    answers = await asyncio.gather(*(told(rights, wire, text, None, token) for text in questions))
    for secret in SECRETS:
        assert not any(secret in answer for answer in answers), (wire, secret)


@pytest.mark.parametrize("wire", ["analysis", "agui", "langgraph", "explorer", "openai"])
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
