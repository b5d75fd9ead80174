"""The dialect of `/ws/{session_id}`: its fixed words."""

import json
from typing import Any

import pytest

from agents.types import Wishes
from api.dialects.explorer import DIALECT
from api.protocol.dialect import Handshake, Problem, Requested
from orchestrator import events
from orchestrator.commands import Resume, Send
from orchestrator.errors import EmptyMessage, RateLimited
from orchestrator.events import Envelope

WISHES = Wishes(agent="explorer", channel="explorer", seconds=30.0)


def test_opening_and_asking() -> None:
    session = DIALECT.open(Handshake(path={"session_id": "s"}))
    assert session.opened() == (Requested(Resume("s", None), tentative=True),)
    all_of_it = DIALECT.open(Handshake({"session_id": "s"}, {"history": "true"}))
    assert all_of_it.opened() == (Requested(Resume("s", 0), tentative=True),)
    assert session.received('{"content":"Hi"}') == Requested(Send("Hi", "s", wishes=WISHES))
    assert session.received("{}") == Requested(Send("", "s", wishes=WISHES))
    assert session.received('{"content":"Hi","client_message_id":"m"}').inbound == Send("Hi", "s", "m", wishes=WISHES)


@pytest.mark.parametrize(
    ("error", "content"),
    [
        (EmptyMessage(field="message"), "Empty message"),
        (RateLimited(), "Too many messages. Wait a moment and send again."),
    ],
)
def test_refusals(error: Any, content: str) -> None:
    [frame] = DIALECT.open(Handshake()).notice(Problem(error, "ref"))
    assert json.loads(frame) == {"type": "error", "content": content}


@pytest.mark.parametrize(
    ("reason", "content"),
    [
        ("RUN_TIMEOUT", "Request timeout (30s). Please try a simpler query."),
        ("LLM_UNAVAILABLE", "Agent error: Not there."),
    ],
)
def test_failures(reason: str, content: str) -> None:
    failed = events.Failed("r", reason, "Not there.", "ref")
    [frame] = DIALECT.open(Handshake()).emitted(Envelope("c", failed, 3))
    assert json.loads(frame) == {"type": "error", "content": content}


def test_the_wire_closes_pages_of_others_and_keeps_a_place() -> None:
    assert DIALECT.foreign_origin == 4003
    assert DIALECT.keeps_place
    assert DIALECT.guest is not None
    assert DIALECT.guest(Handshake(path={"session_id": "s"})) == "s"
