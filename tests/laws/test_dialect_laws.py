"""What every dialect promises, on each that there is."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocol.dialect import (
    AuthExpiring,
    Beat,
    Closing,
    Denied,
    Done,
    Limits,
    Notice,
    Pong,
    Problem,
    Rejected,
    Session,
    Welcome,
)
from orchestrator import events
from orchestrator.commands import Send
from orchestrator.errors import AuthInvalid, BadJson, BadRequest, EmptyMessage, PitcrewError, RunBusy, ShuttingDown
from orchestrator.events import AnyEvent, Envelope
from tests.wires import DIALECTS, WIRES, Frame, Wire

KEYS = ["type", "action", "content", "payload", "question", "message", "token", "session_id", "timestamp", "request"]
KEYS += ["humanize", "stream", "dataset", "agent_name", "enable_reasoning", "client_message_id", "after", "partial"]
WORDS = ["chat", "query", "cancel", "ping", "pong", "message", "auth", "resume", "subscribe"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
hostile = st.one_of(
    st.text(max_size=200),
    json_values.map(json.dumps),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(WORDS) | json_values).map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.just("chat"), "payload": st.dictionaries(st.sampled_from(KEYS), json_values)}
    ).map(json.dumps),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
pieces = st.lists(texts, min_size=1, max_size=8)
wires = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)

TYPELESS = {"explorer", "query"}
"""Wires whose questions have no word for what they are."""

AT = "2026-01-01T00:00:00.000Z"
STEPS = tuple(
    msgspec.structs.replace(step, number=number)
    for number, step in enumerate(
        (
            events.Reasoning("r", "thought", "Take it apart.", 1, AT, aspect="plan"),
            events.Reasoning("r", "thought", "Group and count.", 1, AT, aspect="approach"),
            events.Reasoning("r", "tool_use", "list_tables()", 1, AT, tool="list_tables", arguments={}),
            events.Reasoning("r", "tool_result", '["a"]', 1, AT, tool="list_tables", result=["a"], ok=True, ms=2.0),
            events.Reasoning("r", "tool_result", "No such table.", 2, AT, tool="describe", ok=False, ms=2.0),
            events.Reasoning("r", "thought", "There is no such column.\nAnother is meant.", 2, AT, aspect="cause"),
        ),
        start=1,
    )
)
ON_THE_WAY: tuple[AnyEvent, ...] = (
    events.Progress("r", "starting", "Reading..."),
    events.Routed("r", (events.RoutedAgent("specs", 0.9),)),
    events.Sources("r", (events.SourcePassage("p", "A", "a.md", "", 0, 4, "text", 0.9),)),
    *(events.Progress("r", stage, "...") for stage in ("data_loader", "code_generator", "executor", "verifier")),
    *STEPS,
    events.Code("r", "SELECT 1", 1),
    events.Verification("r", True, 0.9, 1, ("Counted twice.",)),
    events.DataReady("r", "SELECT 1", ("n",), ({"n": 1},), 1, "operations", {"mark": "bar"}),
    events.Progress("r", "generating", "Writing..."),
)
FAILED = events.Failed("r", "LLM_STALLED", "Sorry.", "ref")
TIMED_OUT = events.Failed("r", "RUN_TIMEOUT", "It took too long.", "ref", True, 5)
PROMPT = events.InputRequired(
    "r", "s", "q-1", "confirm", "Shall I book it?", (events.Option(True, "Yes"), events.Option(False, "No")),
    {"slot": "2026-12-01T09:00"}, "2026-11-22T10:00:00Z", "Hello",
)  # fmt: skip


def completed(text: str, steps: tuple[events.Reasoning, ...] = STEPS) -> events.Completed:
    return events.Completed(
        "r", "s", "m", text, "specs", (events.RoutedAgent("specs", 0.9),), 0.9, ("a.md",),
        (events.CitedSpan(1, "p", "a.md", "A", 0, 4),), events.UsageFigures(), events.Timing(1.0, 2.0), "offline",
        diagram="erDiagram", steps=steps,
    )  # fmt: skip


def tokens(said: Sequence[str]) -> list[AnyEvent]:
    told: list[AnyEvent] = []
    offset = 0
    for piece in said:
        told.append(events.Token("r", piece, offset))
        offset += len(piece)
    return told


class Hearing:
    """A client that has asked, and the frames that it was sent."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.session, send = wire.begin()
        self.accepted = events.Accepted("m", "r", "s", "Hi", AT, send.client_message_id)
        self.frames: list[Frame] = []
        self._seq = 0

    def hear(self, *told: Any, lagging: bool = False) -> list[Frame]:
        for event in told:
            self._seq += isinstance(event, events.Durable)
            envelope = Envelope("c", event, self._seq if isinstance(event, events.Durable) else None)
            self.frames += map(json.loads, self.session.emitted(envelope, lagging=lagging))
        return self.frames


def heard(wire: Wire, *told: Any, lagging: bool = False) -> list[Frame]:
    hearing = Hearing(wire)
    return hearing.hear(hearing.accepted, *told, lagging=lagging)


# --- what comes in ---------------------------------------------------------------------------------------------------


@given(text=hostile)
@wires
def test_whatever_comes_in_gives_a_command_or_one_error(wire: Wire, text: str) -> None:
    session = wire.dialect.open(wire.handshake)
    asked = session.received(text)
    if isinstance(asked.inbound, Rejected):
        frames = list(map(json.loads, session.notice(Problem(asked.inbound.error, "ref", asked.request))))
        assert [wire.kind(frame) for frame in frames].count("error") == 1
        assert {wire.kind(frame) for frame in frames} <= {"error", *wire.closings}


@wires
@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '"x"', '{"type":7}', '{"action":[]}', "[" * 100_000])
def test_what_is_no_frame_is_refused(wire: Wire, text: str) -> None:
    asked = wire.dialect.open(wire.handshake).received(text).inbound
    if isinstance(asked, Send) and wire.dialect.name in TYPELESS and text.startswith("{"):
        with pytest.raises(EmptyMessage):  # any object asks there, and this one nothing
            asked.check()
    else:
        assert isinstance(asked, Rejected)


@pytest.mark.parametrize("name", ["analysis_interactive", "analysis_stream", "native", "query"])
def test_a_refusal_says_which_field_is_to_blame(name: str) -> None:
    session = WIRES[name].dialect.open(WIRES[name].handshake)
    [frame, *_] = map(json.loads, session.notice(Problem(BadRequest(field="session_id"), "ref")))
    assert frame["field"] == "session_id"


@pytest.mark.parametrize(
    ("name", "field"), [("analysis_stream", "question"), ("query", "question"), ("native", "message")]
)
def test_a_field_has_the_name_that_the_wire_gives_it(name: str, field: str) -> None:
    session = WIRES[name].dialect.open(WIRES[name].handshake)
    [frame, *_] = map(json.loads, session.notice(Problem(EmptyMessage(field="message"), "ref")))
    assert frame["field"] == field


@wires
def test_a_question_is_a_message_with_its_name(wire: Wire) -> None:
    _, send = wire.begin("m-1")
    assert (send.client_message_id or "").endswith("m-1")
    send.check()


# --- what goes out ---------------------------------------------------------------------------------------------------


@given(said=pieces)
@wires
def test_pieces_make_the_whole(wire: Wire, said: list[str]) -> None:
    frames = heard(wire, *ON_THE_WAY, *tokens(said), completed("".join(said)))
    assert wire.whole(frames) == "".join(said)
    if wire.pieces is not None:
        assert wire.pieces(frames) == "".join(said)


@given(old=pieces, new=pieces)
@wires
def test_after_a_restart_the_new_answer_counts(wire: Wire, old: list[str], new: list[str]) -> None:
    again = (events.RunRestarted("r", 2), *ON_THE_WAY, *tokens(new), completed("".join(new)))
    frames = heard(wire, *ON_THE_WAY, *tokens(old), *again)
    assert wire.whole(frames) == "".join(new)
    assert len(wire.ended(frames)) == 1
    if wire.pieces is not None:
        assert wire.pieces(frames) == "".join(new)


@given(said=pieces, at=st.integers(0, 8))
@wires
def test_text_that_comes_again_from_its_beginning(wire: Wire, said: list[str], at: int) -> None:
    whole = "".join(said)
    again = events.Token("r", "".join(said[:at]) or said[0], 0)
    frames = heard(wire, *tokens(said[:at]), again, *tokens(said)[at:], completed(whole))
    assert wire.whole(frames) == whole
    if wire.pieces is not None:
        assert wire.pieces(frames) == whole


@given(said=pieces)
@wires
def test_an_answer_of_which_the_beginning_was_missed(wire: Wire, said: list[str]) -> None:
    frames = heard(wire, *tokens(["Missed. ", *said])[1:], completed("Missed. " + "".join(said)))
    assert wire.whole(frames) == "Missed. " + "".join(said)
    if wire.pieces is not None and wire.dialect.name not in {"native"}:
        assert wire.pieces(frames) == "Missed. " + "".join(said)


@wires
@pytest.mark.parametrize(
    "ending",
    [completed("Hello you"), FAILED, TIMED_OUT, events.Cancelled("r", "Hello"), events.Cancelled("r", ""), PROMPT],
    ids=["completed", "failed", "timed_out", "cancelled", "cancelled_early", "prompt"],
)
@pytest.mark.parametrize("said", [[], ["Hello"]], ids=["silent", "begun"])
def test_a_turn_has_one_ending_and_nothing_but_its_closing_behind(
    wire: Wire, ending: AnyEvent, said: list[str]
) -> None:
    frames = heard(wire, *ON_THE_WAY, *tokens(said), ending)
    [end] = wire.ended(frames)
    behind = [wire.kind(frame) for frame in frames]
    last = max(place for place, kind in enumerate(behind) if kind == end)
    assert set(behind[last + 1 :]) <= wire.closings


@wires
def test_a_prompt_that_nobody_answers_ends_once(wire: Wire) -> None:
    frames = heard(wire, *tokens(["Hello"]), PROMPT, events.Cancelled("r", "Hello"))
    if wire.dialect.name == "native":
        assert wire.ended(frames) == ["input_required", "cancelled"]
    else:
        assert len(wire.ended(frames)) == 1
        assert wire.whole(frames) == "Hello\n\nShall I book it?"


@wires
def test_a_prompt_that_is_answered_begins_a_turn(wire: Wire) -> None:
    if wire.dialect.name == "analysis_stream":
        return  # it has one turn
    hearing = Hearing(wire)
    hearing.hear(hearing.accepted, *tokens(["Hello"]), PROMPT)
    before = len(hearing.frames)
    hearing.hear(hearing.accepted, *tokens(["Hello", " booked"]), completed("Hello booked"))
    assert len(wire.ended(hearing.frames[before:])) == 1
    assert wire.whole(hearing.frames) == "Hello booked"


@wires
@pytest.mark.parametrize("heard_live", range(len(STEPS) + 1))
def test_every_step_is_told_once_whatever_was_heard_live(wire: Wire, heard_live: int) -> None:
    """The end of a run tells its steps again, for those who were away."""
    frames = heard(wire, *STEPS[:heard_live], *tokens(["Hello"]), completed("Hello"))
    told = [json.dumps(frame) for frame in frames if wire.kind(frame) in {"thought", "tool_use", "tool_result", "tool"}]
    assert len(told) == len(set(told)) == {"reasoning": len(STEPS), "explorer": 2}.get(wire.dialect.name, 0)


@wires
def test_a_lagging_reader_gets_no_more_and_the_same_answer(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    told = (*ON_THE_WAY, *tokens(["Hello ", "you"]), completed("Hello you"))
    short, usual = heard(wire, *told, lagging=True), heard(wire, *told)
    assert len(json.dumps(short)) <= len(json.dumps(usual))
    assert wire.whole(short) == "Hello you"


@wires
def test_it_is_finished_only_where_it_says_so(wire: Wire) -> None:
    once = wire.dialect.name == "analysis_stream"
    for ending in (completed("Hello"), FAILED, events.Cancelled("r", ""), PROMPT):
        hearing = Hearing(wire)
        assert not hearing.session.finished
        hearing.hear(hearing.accepted, *ON_THE_WAY, *tokens(["Hello"]))
        assert not hearing.session.finished
        hearing.hear(ending)
        assert hearing.session.finished is once
        if once:
            before = len(hearing.frames)
            assert hearing.hear(hearing.accepted, completed("Hello"))[before:] == []


@wires
def test_two_runs_do_not_mix(wire: Wire) -> None:
    """A question that waits is accepted while the one before it is being answered."""
    hearing = Hearing(wire)
    other = events.Accepted("m2", "r2", "s", "And?", AT)
    hearing.hear(hearing.accepted, *tokens(["One"]), other)
    hearing.hear(completed("One"), events.Token("r2", "Two", 0))
    end = msgspec.structs.replace(completed("Two", ()), run_id="r2")
    hearing.hear(end)
    only = wire.dialect.name == "analysis_stream"
    assert len(wire.ended(hearing.frames)) == (1 if only else 2)
    assert wire.whole(hearing.frames) == ("One" if only else "Two")


# --- its words -------------------------------------------------------------------------------------------------------

NOTICES: tuple[Notice, ...] = (
    Welcome("u", "e@x", "N", Limits(1, 2, 3), 20),
    Denied(AuthInvalid()),
    Pong({"any": ["thing"]}),
    Pong(None),
    Problem(RunBusy(retry_after_ms=5), "ref"),
    Problem(EmptyMessage(field="message"), "ref", "question"),
    AuthExpiring(60),
    Closing(100),
    Beat(1_800_000_000.5),
    Done("r-1"),
)


@wires
@pytest.mark.parametrize("lagging", [False, True])
def test_what_it_says_has_the_form_of_its_words(wire: Wire, lagging: bool) -> None:
    resumed = events.Resumed("s", 0, 3, "r")
    taken = (events.Deleted("m", "r"), events.Superseded("m", "m2", "r"))
    for ending in (completed("Hi"), completed("Hi", ()), FAILED, TIMED_OUT, events.Cancelled("r", "H", ("x",)), PROMPT):
        frames = heard(wire, resumed, *ON_THE_WAY, *tokens(["H"]), events.RunRestarted("r", 2), *tokens(["Hi"]), ending,
                       *taken, lagging=lagging)  # fmt: skip
        assert frames
        wire.validate(frames)


@wires
@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: type(notice).__name__)
def test_notices_have_the_form_of_its_words(wire: Wire, notice: Notice) -> None:
    session = wire.dialect.open(wire.handshake)
    wire.validate(list(map(json.loads, session.notice(notice))))


@wires
@pytest.mark.parametrize("error", [AuthInvalid(), BadJson(), RunBusy(retry_after_ms=5), ShuttingDown()])
def test_a_refusal_is_told_in_its_words(wire: Wire, error: PitcrewError) -> None:
    session = wire.dialect.open(wire.handshake)
    notices: tuple[Notice, ...] = (Denied(error), Problem(error, "ref"))
    for notice in notices:
        [frame] = map(json.loads, session.notice(notice))
        assert error.text in json.dumps(frame)


@wires
def test_its_words_say_what_they_mean(wire: Wire) -> None:
    words = wire.dialect.words
    assert words.received
    assert words.sent
    for kind in (*words.received, *words.sent):
        assert issubclass(kind, msgspec.Struct)
        assert kind.__doc__
        assert msgspec.json.schema(kind)
    tags = [kind.__struct_config__.tag for kind in words.sent]  # type: ignore[attr-defined]
    assert len(tags) == len(set(tags))


def test_every_dialect_is_held_to_this() -> None:
    assert set(WIRES) == set(DIALECTS)


@wires
@pytest.mark.parametrize("event", [events.Typing(), events.Seen(3)], ids=lambda e: type(e).__name__)
def test_an_event_without_a_word_gives_no_frame(wire: Wire, event: Any) -> None:
    session: Session = wire.dialect.open(wire.handshake)
    assert session.emitted(Envelope("c", event)) == ()
