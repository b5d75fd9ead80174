"""The dialects of `/ws/agent/stream` and `/ws/agent/interactive`: what opening and frames ask for."""

import json
from typing import Any

import pytest

from agents.types import Wishes
from api.dialects.analysis_interactive import DIALECT as INTERACTIVE
from api.dialects.analysis_stream import DIALECT as STREAM
from api.protocol.analysis_session import QUESTION
from api.protocol.dialect import Handshake, Ping, Problem, Requested
from orchestrator import events
from orchestrator.commands import Cancel, Send
from orchestrator.errors import RunBusy, RunNotActive
from orchestrator.events import Envelope

AT = "2026-01-01T00:00:00.000Z"
WISHES = Wishes(agent="analyst", channel="analysis")


def opened(**query: str) -> Send:
    [asked] = STREAM.open(Handshake(query=query)).opened()
    assert asked.request == QUESTION
    assert isinstance(asked.inbound, Send)
    return asked.inbound


@pytest.mark.parametrize(("said", "meant"), [("all", None), ("", None), ("operations", "operations")])
def test_the_url_asks(said: str, meant: str | None) -> None:
    send = opened(question="How many?", dataset=said, session_id="s", client_message_id="m")
    assert send == Send("How many?", "s", "m", wishes=Wishes(agent="analyst", channel="analysis", dataset=meant))


def test_without_names_it_makes_its_own() -> None:
    assert opened(question="How many?").wishes == WISHES
    assert opened(question="How many?").session_id != opened(question="How many?").session_id


@pytest.mark.parametrize("text", ["cancel", " cancel\n", '{"action":"cancel"}'])
def test_the_word_that_stops(text: str) -> None:
    stream = STREAM.open(Handshake(query={"session_id": "s", "client_message_id": "m"}))
    assert stream.received(text).inbound == Cancel(session_id="s")
    stream.emitted(Envelope("c", events.Accepted("m-1", "r", "s", "How many?", AT, "m"), 1))
    assert stream.received(text).inbound == Cancel(run_id="r")
    assert INTERACTIVE.open(Handshake(query={"session_id": "s"})).received(text).inbound == Cancel(session_id="s")


def test_frames_of_the_interactive_wire() -> None:
    session = INTERACTIVE.open(Handshake(query={"session_id": "s"}))
    query = {"action": "query", "question": "How many?", "dataset": "all", "client_message_id": "m"}
    assert session.received(json.dumps(query)) == Requested(Send("How many?", "s", "m", wishes=WISHES), QUESTION)
    assert session.received('{"action":"ping","timestamp":{"t":1}}').inbound == Ping({"t": 1})


def said(*frames: str) -> list[str]:
    return [json.loads(frame)["type"] for frame in frames]


def test_a_refused_question_ends_and_other_refusals_do_not() -> None:
    stream, session = STREAM.open(Handshake()), INTERACTIVE.open(Handshake())
    assert said(*stream.notice(Problem(RunNotActive(), "ref"))) == ["error"]
    assert not stream.finished
    assert said(*stream.notice(Problem(RunBusy(), "ref", QUESTION))) == ["error", "stream_end"]
    assert stream.finished
    assert said(*session.notice(Problem(RunNotActive(), "ref"))) == ["error"]
    assert said(*session.notice(Problem(RunBusy(), "ref", QUESTION))) == ["error", "stream_end", "query_complete"]


def test_a_question_that_is_refused_while_one_is_answered_ends_nothing() -> None:
    session = INTERACTIVE.open(Handshake())
    session.emitted(Envelope("c", events.Accepted("m", "r", "s", "How many?", AT), 1))
    assert said(*session.notice(Problem(RunBusy(), "ref", QUESTION))) == ["error"]
    ending = session.emitted(Envelope("c", events.Cancelled("r", ""), 2))
    assert said(*ending) == ["cancelled", "stream_end", "query_complete"]


def test_a_question_that_waits_begins_when_the_one_before_it_has_ended() -> None:
    session = INTERACTIVE.open(Handshake())

    def told(event: Any) -> list[str]:
        return said(*session.emitted(Envelope("c", event)))

    assert told(events.Accepted("m-1", "r-1", "s", "How many?", AT)) == ["start"]
    assert told(events.Accepted("m-2", "r-2", "s", "And when?", AT)) == []
    assert told(events.Token("r-1", "Many.", 0)) == ["analysis_chunk"]
    assert told(events.Cancelled("r-1", "Many.")) == ["cancelled", "stream_end", "query_complete"]
    assert said(*session.notice(Problem(RunBusy(), "ref", QUESTION))) == ["error"]
    assert told(events.Routed("r-2", ())) == ["start"]
    assert told(events.Token("r-2", "Soon.", 0)) == ["analysis_chunk"]
    assert told(events.Failed("r-2", "INTERNAL", "Sorry.", "ref")) == ["error", "stream_end", "query_complete"]
    assert told(events.Accepted("m-3", "r-3", "s", "How many?", AT)) == ["start"]


def test_the_one_question_of_a_stream_is_told_alone() -> None:
    """Its conversation may have other runs."""
    session = STREAM.open(Handshake(query={"client_message_id": "m"}))

    def told(event: Any) -> list[str]:
        return said(*session.emitted(Envelope("c", event)))

    assert told(events.Accepted("m-0", "r-0", "s", "Other?", AT, "other")) == []
    assert told(events.Accepted("m-1", "r-1", "s", "Mine?", AT, "m")) == ["start"]
    assert told(events.Token("r-0", "Other.", 0)) == []
    assert told(events.Cancelled("r-0", "")) == []
    assert told(events.Token("r-1", "Mine.", 0)) == ["analysis_chunk"]
    assert told(events.Failed("r-1", "INTERNAL", "Sorry.", "ref")) == ["error", "stream_end"]
