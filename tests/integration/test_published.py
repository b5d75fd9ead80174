"""The published schema of a running server, and what its sockets really say."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.integration.listening import listening
from tests.published import Published
from tests.serving import Served
from tests.wire.test_asyncapi import OFFICIAL

Frame = dict[str, Any]
FIGURES = "How many incidents are there by severity?"
POWER = "How much power does the Wren 58 have?"
TABLES = "Show relationships between the tables as a diagram"


@pytest.fixture(scope="module")
def published(server: Served) -> Published:
    status, body, headers = server.get("/asyncapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    return Published(json.loads(body))


def test_it_is_valid_and_names_this_server(published: Published, server: Served) -> None:
    official = Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))
    assert [error.message[:300] for error in official.iter_errors(published.document)] == []
    assert published.document["servers"]["pitcrew"] == {"host": f"127.0.0.1:{server.port}", "protocol": "ws"}


def is_of(*types: str) -> Callable[[Frame], bool]:
    return lambda frame: frame["type"] in types or (frame.get("data") or {}).get("type") in types


CONVERSATIONS: dict[str, tuple[str, list[Frame], Callable[[Frame], bool]]] = {
    "native": (
        "/ws/chat?token={token}",
        [
            {"type": "ping", "timestamp": 1},
            {"type": "cancel"},
            {"type": "message", "message": POWER, "client_message_id": "m-1"},
        ],
        is_of("complete"),
    ),
    "query": ("/ws/query?token={token}", [{"question": ""}, {"question": POWER}], is_of("stream_end")),
    "analysis_stream": (f"/ws/agent/stream?question={FIGURES.replace(' ', '+')}", [], is_of("stream_end")),
    "analysis_interactive": (
        "/ws/agent/interactive",
        [{"action": "ping", "timestamp": 1}, {"action": "query", "question": FIGURES, "dataset": "all"}],
        is_of("query_complete"),
    ),
    "explorer": ("/ws/{session}", [{"content": TABLES}], is_of("agent")),
    "reasoning": (
        "/ws/chat/{session}",
        [{"type": "ping", "timestamp": 1}, {"type": "chat", "payload": {"message": POWER}}],
        is_of("final_answer"),
    ),
    "staff": (
        "/ws/staff?token={staff}",
        [
            {"type": "ping", "timestamp": 1},
            {"type": "status", "status": "away"},
            {"type": "open", "conversation_id": "x"},
        ],
        is_of("error"),
    ),
}


@pytest.mark.parametrize("dialect", CONVERSATIONS)
async def test_a_real_run_keeps_to_it(dialect: str, published: Published, server: Served) -> None:
    path, asked, ends = CONVERSATIONS[dialect]
    tokens = {"token": server.token("publisher"), "staff": server.token("publisher-staff", role="staff")}
    filled = path.format(**tokens, session=uuid.uuid4().hex)
    async with listening(server, filled) as line:
        for frame in asked:
            await line.send(frame)
        frames = await line.until(ends)
    assert len({frame["type"] for frame in frames}) > 1 or dialect == "reasoning"
    assert [fault for frame in frames if (fault := published.fault(dialect, frame))] == []
    typed = [frame for frame in asked if "type" in frame or "action" in frame]
    assert [fault for frame in typed if (fault := published.fault(dialect, frame, "receive"))] == []


def test_every_wire_is_tried(published: Published) -> None:
    assert set(published.document["channels"]) == set(CONVERSATIONS)
