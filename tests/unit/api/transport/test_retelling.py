"""An answer told as an event stream: cut anywhere and gone on with, it is the same answer."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from api.dialects import all_dialects
from api.protocol.dialect import Handshake, Session
from api.transport.position import Position, read_position
from api.transport.retelling import Retelling
from orchestrator import events
from orchestrator.errors import BadRequest
from orchestrator.events import Envelope

RUN, NAME = "4a6e0c1e-8a35-4d6e-9c55-5f1c8f1e2a10", "m1"
DIALECTS = {dialect.name: dialect for dialect in all_dialects()}
PATHS = {"analysis_stream": "/agent/stream", "native": "/api/v1/chat/stream", "query": "/api/v1/chat/stream"}
ANSWER = "Nine incidents: “Nürburg” leads, then the others follow."
PIECES = [ANSWER[start : start + 5] for start in range(0, len(ANSWER), 5)]
CODE = ["SELECT brand, ", "count(*) ", "FROM incidents ", "GROUP BY 1"]


def a_run(pieces: Sequence[str] = PIECES) -> list[Envelope]:
    """An analysis with every kind of event. Its seqs begin at 5, for something was said before."""
    steps = [step(1, "plan"), step(2, "approach"), step(3, "cause")]
    told: list[Any] = [
        events.Accepted("u1", RUN, "s1", "How many?", "2026-01-01T00:00:00.000Z", NAME),
        events.Progress(RUN, "starting", "Reading your question..."),
        events.Routed(RUN, (events.RoutedAgent("analyst", 1.0),)),
        events.Progress(RUN, "data_loader", "Loading the data..."),
        steps[0],
        events.Progress(RUN, "code_generator", "Writing the query..."),
        steps[1],
        *(events.Code(RUN, text, 1, offset=sum(map(len, CODE[:n]))) for n, text in enumerate(CODE)),
        steps[2],
        events.Sources(RUN, (events.SourcePassage("p", "A", "a.md", "", 0, 4, "text", 0.9),)),
        events.Verification(RUN, True, 0.9, 1),
        events.DataReady(RUN, "".join(CODE), ("brand",), ({"brand": "Wren"},), 1, "operations"),
        events.Progress(RUN, "generating", "Writing the answer..."),
        *(events.Token(RUN, text, sum(map(len, pieces[:n]))) for n, text in enumerate(pieces)),
        completed("".join(pieces), tuple(steps)),
    ]
    seqs = iter(range(5, 100))
    return [Envelope("c", event, next(seqs) if isinstance(event, events.Durable) else None) for event in told]


def step(number: int, aspect: str) -> events.Reasoning:
    lines = f"Thought {number}.\nIn two lines."
    return events.Reasoning(RUN, "thought", lines, 1, "2026-01-01T00:00:00.000Z", aspect=aspect, number=number)


def completed(text: str, steps: tuple[events.Reasoning, ...]) -> events.Completed:
    return events.Completed(
        RUN, "s1", "m", text, "analyst", (), 1.0, (), (), events.UsageFigures(), events.Timing(1.0, 2.0), "offline",
        steps=steps,
    )  # fmt: skip


def as_followed(run: Sequence[Envelope], reached: int) -> list[Envelope]:
    """What a follower of the whole conversation is given who comes when so many events have happened."""
    before, after = run[:reached], run[reached:]
    durable = [one for one in before if one.seq is not None]
    if before and isinstance(before[-1].event, events.Terminal):
        return durable
    steps = [one for one in before if isinstance(one.event, events.Reasoning | events.Code)]
    progress = [one for one in before if isinstance(one.event, events.Progress)][-1:]
    text = "".join(one.event.text for one in before if isinstance(one.event, events.Token))
    said = [Envelope("c", events.Token(RUN, text, 0))] if text else []
    return [Envelope("c", events.Resumed("s1", 4, 99, RUN)), *durable, *steps, *progress, *said, *after]


def a_session(name: str) -> Session:
    query = {"question": "How many?", "session_id": "s1", "client_message_id": NAME}
    session = DIALECTS[name].open(Handshake(query=query))
    session.opened()
    if name == "native":
        session.received(json.dumps({"type": "auth", "token": "t", "partial": False, "reasoning": True}))
    return session


def told(retelling: Retelling, envelopes: Sequence[Envelope]) -> Iterator[tuple[str, str]]:
    for envelope in envelopes:
        if retelling.concerns(envelope) and not retelling.ended:
            yield from retelling.tell(envelope)


@pytest.fixture(params=PATHS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def text_of(frames: Sequence[str]) -> str:
    """What a client of any of these wires has before it."""
    text = ""
    for frame in map(json.loads, frames):
        match frame["type"]:
            case "token":
                text = text[: frame["offset"]] + frame["token"]
            case "analysis_chunk":
                text += frame["chunk"]
            case "stream_token":
                text += frame["token"]
    return text


def signs(frames: Sequence[str]) -> list[str]:
    """All that is no text: each of it is to come once."""
    of_text = {"token", "analysis_chunk", "stream_token", "code_chunk", "code"}
    return sorted(frame for frame in frames if json.loads(frame)["type"] not in of_text)


def code_of(frames: Sequence[str]) -> str:
    read = [json.loads(frame) for frame in frames]
    return "".join(one.get("chunk") or one.get("text") or "" for one in read if one["type"] in {"code_chunk", "code"})


def test_uncut_it_is_what_the_socket_says(name: str) -> None:
    socket = a_session(name)
    said = [frame for envelope in a_run() for frame in socket.emitted(envelope)]
    assert [frame for _, frame in told(Retelling(a_session(name), NAME), a_run())] == said
    assert text_of(said) == ANSWER


def test_cut_anywhere_while_it_is_answered_nothing_is_lost_or_doubled(name: str) -> None:
    run, retelling = a_run(), Retelling(a_session(name), NAME)
    heard = [(number, one) for number, event in enumerate(run, 1) for one in told(retelling, [event])]
    whole = [one for _, one in heard]
    cuts = 0
    for cut in range(1, len(whole)):
        had = [frame for _, frame in whole[:cut]]
        position = read_position(whole[cut - 1][0])
        for reached in range(heard[cut - 1][0], len(run)):
            rest = [
                frame
                for _, frame in told(Retelling(a_session(name), NAME, position=position), as_followed(run, reached))
            ]
            assert text_of(had + rest) == ANSWER, (cut, reached)
            assert code_of(had + rest) == code_of([frame for _, frame in whole])
            lost = set(signs([frame for _, frame in whole])) - set(signs(had + rest))
            assert {json.loads(one)["type"] for one in lost} <= {"progress", "status"}, (cut, reached)
            assert len(set(signs(had + rest))) == len(signs(had + rest)), (cut, reached)
            cuts += 1
    assert cuts > 100


def test_who_comes_back_after_the_end_gets_what_is_missing_once(name: str) -> None:
    run = a_run()
    whole = list(told(Retelling(a_session(name), NAME), run))
    for cut in range(1, len(whole)):
        had = [frame for _, frame in whole[:cut]]
        known = read_position(whole[cut - 1][0])
        rest = [
            frame for _, frame in told(Retelling(a_session(name), NAME, position=known), as_followed(run, len(run)))
        ]
        assert text_of(had + rest) == ANSWER, cut
        assert code_of(had + rest) == code_of([frame for _, frame in whole]), cut
        assert len(set(signs(had + rest))) == len(signs(had + rest)), cut
        lost = set(signs([frame for _, frame in whole])) - set(signs(had + rest))
        assert {json.loads(one)["type"] for one in lost} <= {"progress", "status"}, cut
        assert (had + rest)[-1] == whole[-1][1]


def test_of_several_attempts_the_code_that_counts_is_in_the_data() -> None:
    """How long the code of the first one was is not known any more: no piece of another one is told in its place."""
    run = a_run()
    tried = [one if not isinstance(one.event, events.Verification) else Envelope(
        "c", events.Verification(RUN, True, 0.9, 2), one.seq) for one in run]  # fmt: skip
    whole = list(told(Retelling(a_session("analysis_stream"), NAME), tried))
    known = read_position(whole[0][0])
    retelling = Retelling(a_session("analysis_stream"), NAME, position=known)
    rest = [frame for _, frame in told(retelling, as_followed(tried, len(tried)))]
    assert code_of(rest) == ""
    assert "".join(CODE) in "".join(json.loads(one).get("data", {}).get("code", "") for one in rest)


def test_cut_again_and_again(name: str) -> None:
    run = a_run()
    whole = list(told(Retelling(a_session(name), NAME), run))
    for stride in (1, 2, 3):
        had, position, reached = [whole[0][1]], whole[0][0], 1
        while had[-1] != whole[-1][1]:
            retelling = Retelling(a_session(name), NAME, position=read_position(position))
            came: list[str] = []
            history = as_followed(run, reached)
            for number, envelope in enumerate(history, len(run) - len(history) + 1):
                for behind, frame in told(retelling, [envelope]):
                    position = behind
                    came.append(frame)
                    if len(came) == stride:
                        break
                reached = max(reached, number)
                if len(came) == stride:
                    break
            had += came
        assert text_of(had) == ANSWER
        assert len(set(signs(had))) == len(signs(had))


def test_a_run_that_began_again_while_the_reader_was_away() -> None:
    """An appending client shows the new answer whole, behind what it had."""
    before, after = a_run(["Forty ", "incidents."])[:-1], a_run()
    restarted = Envelope("c", events.RunRestarted(RUN, 2), 20)
    again = [Envelope("c", one.event, None if one.seq is None else one.seq + 30) for one in after[1:]]
    for name, behind in (("analysis_stream", True), ("native", False)):
        had = list(told(Retelling(a_session(name), NAME), before))
        known = read_position(had[-1][0])
        history = [one for one in before if one.seq is not None] + [restarted, *again]
        rest = list(told(Retelling(a_session(name), NAME, position=known), history))
        text = text_of([frame for _, frame in had + rest])
        assert text.endswith(ANSWER)
        assert text.startswith("Forty incidents.") == behind
        assert "\ufffd" not in text


def test_other_runs_of_the_conversation_are_not_told() -> None:
    other = events.Accepted("u0", "r0", "s1", "Before?", "2026-01-01T00:00:00.000Z", "m0")
    talk = [
        Envelope("c", other, 3),
        Envelope("c", events.Token("r0", "Not this.", 0)),
        *a_run(),
        Envelope("c", events.Typing()),
    ]
    frames = [frame for _, frame in told(Retelling(a_session("native"), NAME), talk)]
    assert "Not this." not in "".join(frames)
    assert text_of(frames) == ANSWER


@pytest.mark.parametrize(
    "position",
    [
        Position(RUN, 1),
        Position(RUN, 5, 9, 1234, 3, 77, 4_294_967_295, "completed", 2, "0" * 32),
        Position(RUN.replace("-", ""), 1, within="data_ready", frames=1),
    ],
)
def test_a_position_is_read_as_it_was_written(position: Position) -> None:
    assert read_position(str(position)) == position
    assert str(position).isascii()
    assert "\n" not in str(position)


@pytest.mark.parametrize(
    "text",
    ["", "7", "x" * 100_000, "1." * 50_000, RUN, f"{RUN}.1.2.3", f"{RUN}.1.2.3.4.5.6", f"{RUN}.1.2.3.4.5.-6.",
     f"{RUN}.1.2.3.4.5.6.token", f"{RUN}.1.2.3.4.5.6.3", f"{RUN}.1.2.3.4.5.6..guest", f"{RUN}.1.2.3.4.5.٦.", "\x00",
     f"{RUN}.1.2.3.4.5.6.\n", f"{RUN}.99999999999.2.3.4.5.6."],
)  # fmt: skip
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_position(text)
