"""The dialect of `/ws/query`: what its frames ask for, and the grammar of a turn."""

import json
from typing import Any

import pytest

from agents.types import Wishes
from api.dialects.query import DIALECT, SNIPPET_CHARS
from api.protocol.dialect import Authenticate, Handshake, Ping, Problem, Rejected, Session
from orchestrator import events
from orchestrator.commands import Cancel, Send
from orchestrator.errors import RateLimited
from orchestrator.events import Envelope


def asked(session: Session, **fields: Any) -> Send:
    inbound = session.received(json.dumps({"question": "Hi", **fields})).inbound
    assert isinstance(inbound, Send)
    return inbound


def told(session: Session, *said: Any) -> list[dict[str, Any]]:
    return [json.loads(frame) for event in said for frame in session.emitted(Envelope("c", event))]


def found(text: str) -> events.Sources:
    return events.Sources("r", (events.SourcePassage("p", "A", "a.md", "", 0, 4, text, 0.9),))


def test_a_question_is_a_message_that_wants_passages() -> None:
    session = DIALECT.open(Handshake())
    send = asked(session, session_id="s", client_message_id="m")
    assert send == Send("Hi", "s", "m", wishes=Wishes(passages=True))
    assert asked(session, humanize=False).wishes == Wishes(passages=True, prose=False)


def test_without_a_session_it_is_the_connections_own() -> None:
    session, other = DIALECT.open(Handshake()), DIALECT.open(Handshake())
    own = asked(session).session_id
    assert own is not None
    assert asked(session).session_id == own != asked(other).session_id
    assert session.received('{"type":"cancel"}').inbound == Cancel(session_id=own)
    assert session.received('{"type":"cancel","session_id":"s"}').inbound == Cancel(session_id="s")


def test_other_frames() -> None:
    session = DIALECT.open(Handshake())
    assert session.received('{"type":"ping","timestamp":[1]}').inbound == Ping([1])
    assert session.received('{"type":"auth","token":"t"}').inbound == Authenticate("t")
    assert isinstance(session.received('{"type":"auth"}').inbound, Rejected)


@pytest.mark.parametrize(
    ("text", "snippet"),
    [
        ("Two\n  lines", "Two lines"),
        ("word " * 200, ("word " * 60).strip() + " …"),
        ("x" * 1_000, "x" * SNIPPET_CHARS + " …"),
        ("", ""),
    ],
)
def test_a_snippet_is_how_a_passage_begins(text: str, snippet: str) -> None:
    [frame] = told(DIALECT.open(Handshake()), found(text))
    assert frame == {"type": "immediate", "results": [{"file": "a.md", "snippet": snippet, "score": 0.9}]}


def test_what_was_found_is_told_once() -> None:
    session = DIALECT.open(Handshake())
    accepted = events.Accepted("m", "r", "s", "Hi", "now")
    frames = told(session, accepted, found("one"), found("two"), events.Token("r", "Hi", 0))
    assert [frame["type"] for frame in frames] == ["status", "immediate", "stream_start", "stream_token"]


def test_a_stream_that_broke_is_replaced_by_an_overview() -> None:
    session = DIALECT.open(Handshake())
    frames = told(
        session,
        events.Token("r", "Old", 0),
        events.RunRestarted("r", 2),
        events.Token("r", "New", 0),
        events.Failed("r", "LLM_STALLED", "Sorry.", "ref"),
    )
    assert [frame["type"] for frame in frames] == ["immediate", "stream_start", "stream_token", "error", "stream_end"]
    assert frames[-1]["response"] == "Old"


@pytest.mark.parametrize(("stream", "end"), [(True, "stream_end"), (False, "overview")])
def test_a_stopped_answer_ends_as_it_was_wanted(stream: bool, end: str) -> None:
    session = DIALECT.open(Handshake())
    name = asked(session, stream=stream).client_message_id
    accepted = events.Accepted("m", "r", "s", "Hi", "now", name)
    frames = told(session, accepted, events.Token("r", "Half", 0), events.Cancelled("r", "Half"))
    assert frames[-1] == {"type": end, "response" if stream else "overview": "Half"}


def test_a_refused_question_leaves_nothing_behind() -> None:
    session = DIALECT.open(Handshake())
    refused = session.received('{"question":"Hi","stream":false,"client_message_id":"m"}')
    session.notice(Problem(RateLimited(), "ref", refused.request))
    assert asked(session, client_message_id="m").client_message_id == "m"
    accepted = events.Accepted("message", "r", "s", "Hi", "2026-01-01T00:00:00.000Z", "m")
    frames = told(session, accepted, events.Token("r", "Hello.", 0))
    assert "stream_token" in [frame["type"] for frame in frames]
