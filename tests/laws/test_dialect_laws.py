"""What every dialect promises, on each that there is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dialect import Closing, Denied, Dialect, Handshake, Limits, Notice, Ping, Pong, Problem, Rejected, Welcome
from api.dialects import all_dialects
from api.dialects.native import CLIENT_FRAMES
from orchestrator import events
from orchestrator.errors import AuthInvalid, RunBusy
from orchestrator.events import Envelope

DIALECTS = {dialect.name: dialect for dialect in all_dialects()}

FIELDS = ["token", "message", "session_id", "after", "message_id", "rating", "run_id", "partial", "timestamp"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
frames = st.one_of(
    st.text(max_size=200),
    json_values.map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(CLIENT_FRAMES))},
        optional=dict.fromkeys(FIELDS, json_values),
    ).map(json.dumps),
)


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


@pytest.fixture(params=DIALECTS.values(), ids=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]


def said(dialect: Dialect, envelopes: list[Envelope], **options: Any) -> list[dict[str, Any]]:
    session = dialect.open(Handshake())
    return [json.loads(frame) for envelope in envelopes for frame in session.emitted(envelope, **options)]


@given(text=frames)
@pytest.mark.parametrize("name", DIALECTS)
def test_whatever_comes_in_gives_a_command_or_a_reason(name: str, text: str) -> None:
    DIALECTS[name].open(Handshake()).received(text)


@given(pieces=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
@pytest.mark.parametrize("name", DIALECTS)
def test_pieces_make_the_whole(name: str, pieces: list[str]) -> None:
    out = said(DIALECTS[name], a_run(pieces))
    text = ""
    for frame in out:
        if frame["type"] == "token":
            text = text[: frame["offset"]] + frame["token"]
            assert frame["partial_response"] == text
    assert text == out[-1]["response"] == "".join(pieces)


@pytest.mark.parametrize(
    "ending",
    [completed("Hi"), events.Failed("r", "LLM_STALLED", "Sorry.", "ref"), events.Cancelled("r", "H")],
    ids=lambda event: type(event).__name__,
)
def test_a_run_has_one_ending_and_it_is_the_last_frame(dialect: Dialect, ending: events.Terminal) -> None:
    out = said(dialect, a_run(["Hi"], ending))
    endings = [frame["type"] for frame in out if frame["type"] in {"complete", "error", "cancelled"}]
    assert endings == [out[-1]["type"]]


def test_durable_frames_carry_their_seq(dialect: Dialect) -> None:
    out = said(dialect, a_run(["Hi"]))
    assert [frame["seq"] for frame in out if "seq" in frame] == [1, 2, 3, 4]


def test_a_lagging_reader_gets_less(dialect: Dialect) -> None:
    short = said(dialect, a_run(["Hello ", "you"]), lagging=True)
    assert len(json.dumps(short)) < len(json.dumps(said(dialect, a_run(["Hello ", "you"]))))
    assert short[-1]["response"] == "Hello you"


def test_a_restarted_run_begins_with_empty_text(dialect: Dialect) -> None:
    again = [Envelope("c", events.RunRestarted("r", 2), 9), Envelope("c", events.Token("r", "New", 0))]
    out = said(dialect, [*a_run(["Old"])[:-1], *again])
    assert out[-1]["partial_response"] == "New"


@pytest.mark.parametrize(
    "notice",
    [
        Welcome("u", "e@x", "N", Limits(1, 2, 3), 20),
        Denied(AuthInvalid()),
        Pong({"any": ["thing"]}),
        Problem(RunBusy(retry_after_ms=5), "ref"),
        Closing(100),
    ],
    ids=lambda notice: type(notice).__name__,
)
def test_notices_are_frames(dialect: Dialect, notice: Notice) -> None:
    for frame in dialect.open(Handshake()).notice(notice):
        assert "type" in json.loads(frame)


def test_a_ping_brings_its_timestamp_back() -> None:
    session = DIALECTS["native"].open(Handshake())
    inbound = session.received('{"type":"ping","timestamp":{"t":[1,null]}}')
    assert isinstance(inbound, Ping)
    [frame] = session.notice(Pong(inbound.timestamp))
    assert json.loads(frame) == {"type": "pong", "timestamp": {"t": [1, None]}}


def test_a_foreign_frame_is_refused_with_its_field() -> None:
    inbound = DIALECTS["native"].open(Handshake()).received('{"type":"message","message":7}')
    assert isinstance(inbound, Rejected)
    assert (inbound.error.code, inbound.error.field) == ("BAD_REQUEST", "message")
