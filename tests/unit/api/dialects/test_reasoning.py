"""The dialect of `/ws/chat/{session_id}`: what its frames ask for, and who hears of steps."""

import json
from typing import Any

import pytest

from agents.types import AS_USUAL, Wishes
from api.dialects.reasoning import DIALECT
from api.protocol.dialect import Beat, Handshake, NoOp, Ping, Rejected, Requested, Session
from orchestrator import events
from orchestrator.commands import Cancel, Resume, Send
from orchestrator.events import Envelope

AT = "2026-01-01T00:00:00.000Z"
THOUGHT = events.Reasoning("r", "thought", "Hm.", 1, AT, aspect="route", number=1)


def opened(**query: str) -> Session:
    return DIALECT.open(Handshake({"session_id": "s"}, query))


def asked(session: Session, **payload: Any) -> Send:
    inbound = session.received(json.dumps({"type": "chat", "payload": {"message": "Hi", **payload}})).inbound
    assert isinstance(inbound, Send)
    return inbound


def kinds(session: Session, *told: Any) -> list[str]:
    frames = [frame for event in told for frame in session.emitted(Envelope("c", event))]
    return [json.loads(frame)["data"]["type"] for frame in frames]


@pytest.mark.parametrize("name", [None, "", "auto", "researcher"])
def test_names_of_nobody_leave_the_choice_to_the_router(name: str | None) -> None:
    assert asked(opened(), agent_name=name).wishes == AS_USUAL


def test_another_name_picks_an_agent() -> None:
    send = asked(opened(), agent_name="specs", client_message_id="m")
    assert send == Send("Hi", "s", "m", wishes=Wishes(agent="specs"))


def test_other_frames() -> None:
    session = opened()
    assert session.opened() == (Requested(Resume("s", None), tentative=True),)
    assert session.received('{"type":"cancel"}').inbound == Cancel(session_id="s")
    assert session.received('{"type":"ping","timestamp":1.5}').inbound == Ping(1.5)
    assert session.received('{"type":"pong"}').inbound == NoOp()
    assert json.loads(session.notice(Beat(7.25))[0]) == {"type": "ping", "timestamp": 7.25}


@pytest.mark.parametrize(("wanted", "heard"), [(True, ["thought", "final_answer"]), (False, ["final_answer"])])
@pytest.mark.parametrize("back", [False, True], ids=["at once", "on another connection"])
def test_steps_only_where_they_are_wanted(wanted: bool, heard: list[str], back: bool) -> None:
    session = opened()
    name = asked(session, enable_reasoning=wanted).client_message_id
    ended = events.Completed(
        "r", "s", "m", "Yes.", "specs", (), 0.9, (), (), events.UsageFigures(), events.Timing(1.0, 2.0), "offline",
        steps=(THOUGHT,),
    )  # fmt: skip
    accepted = events.Accepted("m", "r", "s", "Hi", AT, name)
    assert kinds(opened() if back else session, accepted, *(() if back else (THOUGHT,)), ended) == heard


def test_who_wants_the_history_gets_all_of_it_and_the_questions_too() -> None:
    session = opened(history="true")
    assert session.opened() == (Requested(Resume("s", 0), tentative=True),)
    mine = events.Accepted("m", "r", "s", "Hi", AT, "bare-m-1")
    to_a_person = events.Accepted("n", None, "s", "Hello", AT)
    told = [json.loads(frame) for one in (mine, to_a_person) for frame in session.emitted(Envelope("c", one))]
    assert told == [
        {"type": "asked", "data": {"content": "Hi", "message_id": "m", "client_message_id": "m-1", "run_id": "r"}},
        {"type": "asked", "data": {"content": "Hello", "message_id": "n"}},
    ]
    assert opened().emitted(Envelope("c", mine)) == ()


@pytest.mark.parametrize("history", ["", "1", "True", "x" * 9000])
def test_another_word_for_the_history_is_refused_and_loses_nothing(history: str) -> None:
    back, refused = opened(history=history).opened()
    assert back == Requested(Resume("s", None), tentative=True)
    assert isinstance(refused.inbound, Rejected)
    assert (refused.inbound.error.code, refused.inbound.error.field) == ("BAD_REQUEST", "history")
