"""AG-UI's door, through the protocol's own client, whose pipeline verifies the order of events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from ag_ui.core import RunAgentInput
from ag_ui.encoder import EventEncoder

from api.integrations.agui.run_events import Narration
from orchestrator.errors import ShuttingDown
from orchestrator.events import Envelope, InputRequired
from tests.agui_client import Told, answer, kinds, run
from tests.integration.test_parked import bookings
from tests.serving import Served
from tests.unit.api.turns_of_all_kinds import TURNS


def test_a_thread_is_a_conversation(server: Served) -> None:
    first, second, third = run(
        f"{server.http}/agui",
        server.token("agnes"),
        "thread",
        {"message": "What is the roof load of the Wren?", "runId": "one"},
        {"message": "And of the Plover?"},
        {"message": "How strong is it?", "forwardedProps": {"agent": "specs"}},
    )
    for told in (first, second, third):
        assert told["error"] is None
        assert kinds(told)[0] == "RUN_STARTED"
        assert kinds(told)[-1] == "RUN_FINISHED"
        assert answer(told) == told["result"]["response"]
        assert told["events"][-1]["outcome"] == {"type": "success"}
    assert "50 kg" in answer(first)
    assert {"STEP_STARTED", "REASONING_MESSAGE_CONTENT", "TOOL_CALL_RESULT", "CUSTOM"} <= set(kinds(first))
    assert "100 kg" in answer(second)
    assert third["result"]["metadata"]["agent"] == "specs"
    sources = next(event for event in first["events"] if event.get("name") == "sources")
    assert sources["value"]["passages"]
    status, said, _ = server.get("/api/v1/sessions/thread/messages", server.token("agnes"))
    assert (status, len(json.loads(said)["messages"])) == (200, 6)


def test_several_specialists_in_one_answer(server: Served) -> None:
    question = "What is the roof load of the Wren and how often does it need an oil change?"
    (told,) = run(f"{server.http}/agui", server.token("agnes"), "several", {"message": question})
    assert told["error"] is None
    assert len(told["result"]["metadata"]["parts"]) == 2
    assert answer(told) == told["result"]["response"]


def test_stopping(server: Served) -> None:
    """A client that stops can go on in the thread."""
    stopped, again = run(
        f"{server.http}/agui",
        server.token("agnes"),
        "stopped",
        {"message": "What is the roof load of the Wren?", "abortAfter": "STEP_STARTED"},
        {"message": "What is the roof load of the Plover?"},
    )
    assert "RUN_FINISHED" not in kinds(stopped)
    assert "100 kg" in answer(again)


@pytest.mark.parametrize(
    ("said", "booked"),
    [
        ({"status": "resolved", "payload": True}, "10:00"),
        ({"status": "resolved", "payload": {"approved": True}}, "10:00"),
        ({"status": "resolved", "payload": "yes please, go ahead"}, "10:00"),
        ({"status": "resolved", "payload": False}, None),
        ({"status": "cancelled"}, None),
    ],
)
def test_an_interrupt_is_answered(acting_server: Served, said: Told, booked: str | None) -> None:
    before = bookings(acting_server)
    asked, done = run(
        f"{acting_server.http}/agui",
        acting_server.token(f"interrupted {said}"),
        "drive",
        {"message": "I would like to book a test drive"},
        {"answer": said},
    )
    (interrupt,) = asked["events"][-1]["outcome"]["interrupts"]
    assert interrupt["message"] == "Shall I book the test drive at 10:00?"
    assert [option["const"] for option in interrupt["responseSchema"]["oneOf"]] == [True, False]
    assert answer(asked).endswith(interrupt["message"])
    assert done["error"] is None
    assert done["pending"] == []
    assert ("Booked for 10:00." in answer(done)) is (booked is not None)
    assert bookings(acting_server) == [*before, *([booked] if booked else [])]


def test_a_declined_interrupt_and_a_new_question(acting_server: Served) -> None:
    """Cancelled is never a yes, whatever the message beside it says."""
    before = bookings(acting_server)
    _, done = run(
        f"{acting_server.http}/agui",
        acting_server.token("declining"),
        "drive",
        {"message": "I would like to book a test drive"},
        {"message": "What is the roof load of the Plover?", "answer": {"status": "cancelled"}},
    )
    assert "100 kg" in answer(done)
    assert bookings(acting_server) == before


@pytest.mark.parametrize("payload", [[1], {"else": 1}, {"change": 7}, 12, None])
def test_an_answer_that_is_none(acting_server: Served, payload: Any) -> None:
    before = bookings(acting_server)
    _, refused, done = run(
        f"{acting_server.http}/agui",
        acting_server.token(f"confused {payload}"),
        "drive",
        {"message": "I would like to book a test drive"},
        {"answer": {"status": "resolved", "payload": payload}},
        {"answer": {"status": "resolved", "payload": True}},
    )
    assert "BAD_REQUEST" in refused["error"]
    assert done["error"] is None
    assert bookings(acting_server) == [*before, "10:00"]


MESSAGE = {"id": "m", "role": "user", "content": "Hi"}
INPUT = {"threadId": "t", "runId": "r", "state": {}, "messages": [MESSAGE], "tools": [], "context": []}
REFUSED: dict[str, tuple[Told, int, str]] = {
    "a long thread": ({"threadId": "x" * 129}, 400, "BAD_REQUEST"),
    "no thread": ({"threadId": None}, 400, "BAD_REQUEST"),
    "an empty thread": ({"threadId": ""}, 400, "BAD_REQUEST"),
    "an empty run": ({"runId": ""}, 400, "BAD_REQUEST"),
    "messages of no kind": ({"messages": {}}, 400, "BAD_REQUEST"),
    "no message": ({"messages": []}, 400, "BAD_REQUEST"),
    "nothing new": ({"messages": [{"id": "m", "role": "assistant", "content": "Hi"}]}, 400, "BAD_REQUEST"),
    "an empty message": ({"messages": [{**MESSAGE, "content": " "}]}, 400, "EMPTY_MESSAGE"),
    "a long message": ({"messages": [{**MESSAGE, "content": "x" * 8001}]}, 413, "MESSAGE_TOO_LONG"),
    "a huge body": ({"state": "x" * 2**20}, 413, "MESSAGE_TOO_LONG"),
    "a picture": (
        {"messages": [{**MESSAGE, "content": [{"type": "image", "source": {"type": "url", "value": "http://x"}}]}]},
        400, "BAD_REQUEST",
    ),
    "an unknown agent": ({"forwardedProps": {"agent": "cook"}}, 404, "NOT_FOUND"),
    "an agent of no kind": ({"forwardedProps": {"agent": 7}}, 400, "BAD_REQUEST"),
    "two answers": ({"resume": [{"interruptId": "a", "status": "cancelled"}] * 2}, 400, "BAD_REQUEST"),
    "a stranger's interrupt": (
        {"resume": [{"interruptId": "a", "status": "resolved", "payload": True}]}, 404, "NOT_FOUND",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_refusals(server: Served, change: Told, status: int, code: str) -> None:
    body = json.dumps(INPUT | change).encode()
    answered, said, _ = server.request("POST", "/agui", server.token("agnes"), body)
    problem = json.loads(said)
    assert (answered, problem["code"]) == (status, code)
    field, _, inner = problem.get("field", "").partition(".")
    assert not field or field in change  # the client's own name for what is to blame
    assert not inner or inner in change[field]


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:3000", True), ("https://elsewhere.example", False)])
def test_pages_of_other_origins(server: Served, origin: str, allowed: bool) -> None:
    wanted = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization"}
    for path in ("/agui", "/v1/chat/completions"):
        status, _, headers = server.request("OPTIONS", path, Origin=origin, **wanted)
        assert (status, headers.get("Access-Control-Allow-Origin") == origin) == (200 if allowed else 400, allowed)
    body = json.dumps(INPUT).encode()
    _, said, headers = server.request("POST", "/agui", server.token("agnes"), body, Origin=origin)
    assert b"RUN_FINISHED" in said
    assert (headers.get("Access-Control-Allow-Origin") == origin) is allowed
    assert "Access-Control-Allow-Origin" not in server.request("GET", "/health", Origin=origin)[2]


def test_a_token_is_needed(server: Served) -> None:
    status, said, _ = server.request("POST", "/agui", body=json.dumps(INPUT).encode())
    assert (status, json.loads(said)["code"]) == (401, "AUTH_REQUIRED")


@contextmanager
def narrating() -> Iterator[str]:
    """A server that tells turns as the product would, also those that none takes at will: a run's id says which."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = RunAgentInput.model_validate_json(self.rfile.read(int(self.headers["Content-Length"])))
            narration, encode = Narration(asked, asked.run_id), EventEncoder().encode
            told = [*narration.opening()]
            for seq, event in enumerate(TURNS[asked.run_id].events, 1):
                told += narration.events(Envelope("c", event, seq))
            if told[-1].type.value not in ("RUN_FINISHED", "RUN_ERROR"):
                told += narration.failed(ShuttingDown())
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write("".join(map(encode, told)).encode())

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/"
        finally:
            http.shutdown()
            thread.join()


def test_the_order_of_every_kind_of_turn() -> None:
    names = sorted(TURNS, key=lambda name: isinstance(TURNS[name].events[-1], InputRequired))
    with narrating() as url:
        done = run(url, "", "t", *({"message": "Hi", "runId": name} for name in names))
    for name, told in zip(names, done, strict=True):
        turn = TURNS[name]
        assert told["error"] == turn.error, name
        ours = [message for message in told["messages"] if message["id"].startswith(f"{name}-")]
        said = [message["content"] for message in ours if message["role"] == "assistant" and "content" in message]
        assert said == ([turn.text] if turn.text else []), name
        calls = [call["id"] for message in ours for call in message.get("toolCalls", ())]
        results = {message["toolCallId"] for message in ours if message["role"] == "tool"}
        assert len(calls) == len({event.iteration for event in turn.events if getattr(event, "tool", None)}), name
        assert results <= set(calls), name
