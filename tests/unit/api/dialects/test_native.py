"""The dialect of `/ws/chat`: what its frames ask for, and what it tells clients of different ages."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dialects.native import DIALECT
from api.protocol.dialect import Denied, Done, Handshake, Limits, Ping, Pong, Problem, Rejected, Requested, Welcome
from api.protocol.native_frames import CLIENT_FRAMES
from orchestrator import events
from orchestrator.commands import Answer, Cancel, Delete, Feedback, Read, Resume, Send, Type
from orchestrator.errors import AuthInvalid, RunBusy
from orchestrator.events import Envelope

FIELDS = ["token", "message", "session_id", "after", "message_id", "rating", "run_id", "partial", "timestamp"]
FIELDS += ["request_id", "value", "seq", "client_message_id", "reason", "request", "replaces", "metadata"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
typed = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(CLIENT_FRAMES))}, optional=dict.fromkeys(FIELDS, json_values)
).map(json.dumps)


def completed(text: str) -> events.Completed:
    return events.Completed(
        "r", "s", "m", text, "specs", (events.RoutedAgent("specs", 0.9),), 0.9, ("a.md",),
        (events.CitedSpan(1, "p", "a.md", "A", 0, 4),), events.UsageFigures(), events.Timing(1.0, 2.0), "offline",
    )  # fmt: skip


def a_run(pieces: list[str], ending: events.Terminal | None = None) -> list[Envelope]:
    told: list[Any] = [
        events.Accepted("m", "r", "s", "Hello?", "2026-01-01T00:00:00.000Z"),
        events.Progress("r", "starting", "…"),
        events.Routed("r", (events.RoutedAgent("specs", 0.9),)),
        events.Sources("r", (events.SourcePassage("p", "A", "a.md", "", 0, 4, "text", 0.9),)),
    ]
    text = ""
    for piece in pieces:
        told.append(events.Token("r", piece, len(text)))
        text += piece
    told.append(ending or completed(text))
    seqs = iter(range(1, 100))
    return [Envelope("c", event, next(seqs) if isinstance(event, events.Durable) else None) for event in told]


def said(envelopes: list[Envelope], **options: Any) -> list[dict[str, Any]]:
    session = DIALECT.open(Handshake())
    return [json.loads(frame) for envelope in envelopes for frame in session.emitted(envelope, **options)]


@given(text=typed)
def test_fields_of_any_type_give_a_command_or_a_reason(text: str) -> None:
    DIALECT.open(Handshake()).received(text)


def test_every_token_carries_the_text_so_far() -> None:
    partial = [frame["partial_response"] for frame in said(a_run(["Hello ", "you"])) if frame["type"] == "token"]
    assert partial == ["Hello ", "Hello you"]


def test_durable_frames_carry_their_seq() -> None:
    assert [frame["seq"] for frame in said(a_run(["Hi"])) if "seq" in frame] == [1, 2, 3, 4]


def test_a_lagging_reader_gets_no_text_so_far() -> None:
    assert not any("partial_response" in frame for frame in said(a_run(["Hello ", "you"]), lagging=True))


def test_a_restarted_run_begins_with_empty_text() -> None:
    again = [Envelope("c", events.RunRestarted("r", 2), 9), Envelope("c", events.Token("r", "New", 0))]
    assert said([*a_run(["Old"])[:-1], *again])[-1]["partial_response"] == "New"


PROMPT = events.InputRequired(
    "r",
    "s",
    "q-1",
    "confirm",
    "Shall I book it?",
    (events.Option(True, "Yes"), events.Option(False, "No")),
    {"slot": "2026-12-01T09:00"},
    "2026-11-22T10:00:00Z",
    "There is a free place.",
)
MODERN = [
    '{"type":"auth","token":"t","partial":true}',
    '{"type":"auth","token":"t","partial":false}',
    '{"type":"message","message":"Hi","client_message_id":"m"}',
    '{"type":"resume","session_id":"s"}',
    '{"type":"cancel","session_id":"s"}',
    '{"type":"answer","request_id":"q","value":true}',
    '{"type":"read","session_id":"s","seq":1}',
    '{"type":"typing","session_id":"s"}',
    '{"type":"delete","message_id":"m"}',
    '{"type":"feedback","message_id":"m","rating":"up"}',
    '{"type":"message","message":"Hi","replaces":"m"}',
    '{"type":"ping","request":"r-1"}',
]
OLDEST = [
    '{"type":"auth","token":"t"}',
    '{"type":"message","message":"Hi","session_id":"s","customer_id":"c","client_message_id":null}',
    '{"type":"ping"}',
    '{"type":"subscribe"}',
]


def parked(*received: str, end: events.Terminal | None = None) -> list[dict[str, Any]]:
    """What a native client that sent `received` is told from a parked run on."""
    session = DIALECT.open(Handshake())
    for text in received:
        session.received(text)
    told = [*a_run(["There is a free place."])[:-1], Envelope("c", PROMPT, 4)]
    told += [Envelope("c", end, 5)] if end else []
    frames = [json.loads(frame) for envelope in told for frame in session.emitted(envelope)]
    return frames[[frame["type"] for frame in frames].index("token") + 1 :]


@pytest.mark.parametrize("word", MODERN)
def test_a_client_that_knows_more_is_asked(word: str) -> None:
    asked, end = parked(*OLDEST, word, end=events.Cancelled("r", ""))
    assert asked == {
        "type": "input_required",
        "run_id": "r",
        "session_id": "s",
        "request_id": "q-1",
        "kind": "confirm",
        "prompt": "Shall I book it?",
        "options": [{"value": True, "label": "Yes"}, {"value": False, "label": "No"}],
        "proposal": {"slot": "2026-12-01T09:00"},
        "expires_at": "2026-11-22T10:00:00Z",
        "partial_response": "There is a free place.",
        "seq": 4,
    }
    assert end["type"] == "cancelled"


def test_to_the_oldest_client_a_prompt_is_the_end_of_the_turn() -> None:
    [asked] = parked(*OLDEST, end=events.Cancelled("r", ""))
    assert asked["type"] == "complete"
    assert asked["response"] == "There is a free place.\n\nShall I book it?"
    assert asked["session_id"] == "s"
    assert "seq" not in asked
    request = asked["metadata"]["input_required"]
    assert (request["request_id"], request["kind"], request["expires_at"]) == ("q-1", "confirm", "2026-11-22T10:00:00Z")
    assert [option["value"] for option in request["options"]] == [True, False]


def test_the_oldest_client_is_told_how_an_answered_run_ends() -> None:
    asked, end = parked(*OLDEST, end=completed("There is a free place. It is booked."))
    assert (asked["type"], end["type"], end["seq"]) == ("complete", "complete", 5)


def test_a_message_taken_back() -> None:
    [frame] = DIALECT.open(Handshake()).emitted(Envelope("c", events.Deleted("m-1", "r"), 7))
    assert json.loads(frame) == {"type": "deleted", "message_id": "m-1", "run_id": "r", "seq": 7}


def test_a_message_that_was_replaced() -> None:
    session = DIALECT.open(Handshake())
    [frame] = session.emitted(Envelope("c", events.Superseded("m-1", "m-2", "r"), 7))
    assert json.loads(frame) == {"type": "superseded", "message_id": "m-1", "by": "m-2", "run_id": "r", "seq": 7}
    [ack] = session.emitted(Envelope("c", events.Accepted("m-2", "r2", "s", "Hi", "now", replaces="m-1"), 8))
    assert json.loads(ack)["replaces"] == "m-1"


@pytest.mark.parametrize("metadata", [None, {}, {"timezone": None}, {"timezone": "Mars/Base"}, {"timezone": 7},
    {"timezone": "../../etc/passwd"}, {"timezone": "America"}, {"timezone": "x" * 5_000}, {"timezone": ["UTC"]},
    {"timezone": ""}, {"timezone": "Europe/Berlin\n"}, {"time_zone": "UTC"}])  # fmt: skip
def test_a_time_zone_that_nobody_knows_is_ignored(metadata: Any) -> None:
    text = json.dumps({"type": "message", "message": "Hi", "metadata": metadata})
    assert DIALECT.open(Handshake()).received(text).inbound == Send("Hi")


@pytest.mark.parametrize("field", ["replaces", "metadata"])
@pytest.mark.parametrize("value", [7, True, ["m"], 1.5])
def test_a_field_of_a_message_with_a_wrong_type(field: str, value: Any) -> None:
    text = json.dumps({"type": "message", "message": "Hi", field: value})
    inbound = DIALECT.open(Handshake()).received(text).inbound
    assert isinstance(inbound, Rejected)
    assert (inbound.error.code, inbound.error.field) == ("BAD_REQUEST", field)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            '{"type":"message","message":"Hi","session_id":"s","replaces":"m","metadata":{"timezone":"Asia/Tokyo"}}',
            Send("Hi", "s", None, "m", "Asia/Tokyo"),
        ),
        ('{"type":"answer","request_id":"q","value":{"change":"at ten"}}', Answer("q", {"change": "at ten"})),
        ('{"type":"answer","request_id":"q","value":false}', Answer("q", False)),
        ('{"type":"delete","message_id":"m"}', Delete("m")),
        ('{"type":"typing","session_id":"s"}', Type("s")),
        ('{"type":"read","session_id":"s","seq":4}', Read("s", 4)),
        ('{"type":"cancel","run_id":"r"}', Cancel("r")),
        ('{"type":"resume","session_id":"s","after":3}', Resume("s", 3)),
        ('{"type":"resume","session_id":"s","after":3,"epoch":"e"}', Resume("s", 3, "e")),
        ('{"type":"read","session_id":"s","seq":3,"epoch":"e"}', Read("s", 3, "e")),
        ('{"type":"feedback","message_id":"m","rating":"up","reason":"good"}', Feedback("m", "up", "good")),
    ],
)
def test_frames_are_commands(text: str, command: object) -> None:
    assert DIALECT.open(Handshake()).received(text) == Requested(command)  # type: ignore[arg-type]


def test_a_ping_brings_its_timestamp_back() -> None:
    session = DIALECT.open(Handshake())
    inbound = session.received('{"type":"ping","timestamp":{"t":[1,null]}}').inbound
    assert isinstance(inbound, Ping)
    [frame] = session.notice(Pong(inbound.timestamp))
    assert json.loads(frame) == {"type": "pong", "timestamp": {"t": [1, None]}}


def test_a_foreign_frame_is_refused_with_its_field() -> None:
    inbound = DIALECT.open(Handshake()).received('{"type":"message","message":7}').inbound
    assert isinstance(inbound, Rejected)
    assert (inbound.error.code, inbound.error.field) == ("BAD_REQUEST", "message")


# --- requests --------------------------------------------------------------------------------------------------------

GOOD: dict[str, dict[str, Any]] = {
    "auth": {"token": "t"},
    "message": {"message": "Hi"},
    "cancel": {"run_id": "r"},
    "resume": {"session_id": "s"},
    "answer": {"request_id": "q", "value": True},
    "delete": {"message_id": "m"},
    "typing": {"session_id": "s"},
    "read": {"session_id": "s", "seq": 1},
    "feedback": {"message_id": "m", "rating": "up"},
    "handover": {"session_id": "s"},
    "ping": {},
}


def test_every_kind_of_frame_is_among_the_good_ones() -> None:
    assert set(GOOD) == set(CLIENT_FRAMES)


@given(
    kind=st.sampled_from(sorted(GOOD)),
    request=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64),
)
def test_a_request_comes_with_what_it_asks(kind: str, request: str) -> None:
    plain, named = ({"type": kind, **GOOD[kind], **more} for more in ({}, {"request": request}))
    open_ = DIALECT.open
    assert open_(Handshake()).received(json.dumps(plain)).request is None
    asked = open_(Handshake()).received(json.dumps(named))
    assert asked == Requested(open_(Handshake()).received(json.dumps(plain)).inbound, request)
    assert not isinstance(asked.inbound, Rejected)


@given(kind=st.sampled_from([*sorted(GOOD), "subscribe"]), fields=st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_a_frame_that_makes_no_sense_keeps_its_request(kind: str, fields: dict[str, Any]) -> None:
    text = json.dumps({**fields, "type": kind, "request": "r-1"})
    asked = DIALECT.open(Handshake()).received(text)
    storable = not isinstance(asked.inbound, Rejected) or asked.inbound.error.code != "BAD_JSON"
    if storable and not any(strange in text for strange in ("\\u0000", "\\ud")):
        assert asked.request == "r-1"


@pytest.mark.parametrize("request_", ["", "x" * 65, 7, True, ["r"], {"r": 1}])
@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_request_that_is_no_name(kind: str, request_: Any) -> None:
    asked = DIALECT.open(Handshake()).received(json.dumps({"type": kind, **GOOD[kind], "request": request_}))
    assert asked.request is None
    assert isinstance(asked.inbound, Rejected)
    assert (asked.inbound.error.code, asked.inbound.error.field) == ("BAD_REQUEST", "request")


@pytest.mark.parametrize(
    "notice",
    [
        Welcome("u", "e@x", "N", Limits(1, 2, 3), 20),
        Denied(AuthInvalid()),
        Pong(7),
        Problem(RunBusy(retry_after_ms=5), "ref"),
    ],
    ids=lambda notice: type(notice).__name__,
)
def test_what_answers_a_request_names_it_and_nothing_else_does(notice: Any) -> None:
    session = DIALECT.open(Handshake())
    [plain] = session.notice(notice)
    [named] = session.notice(replace(notice, request="r-1"))
    assert json.loads(named) == json.loads(plain) | {"request": "r-1"}
    assert "request" not in json.loads(plain)


def test_what_was_obeyed_is_done() -> None:
    assert DIALECT.open(Handshake()).notice(Done("r-1")) == ('{"type":"done","request":"r-1"}',)
