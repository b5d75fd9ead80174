"""A thread's runs from its events; their streams; and who has not heard of them yet."""

import pytest

from api.integrations.langgraph.messages import Transcript
from api.integrations.langgraph.modes import MODES, RunSession, read_modes, spell
from api.integrations.langgraph.run_views import run_body, run_views, thread_status
from api.transport.openings import Openings
from orchestrator import events
from orchestrator.errors import BadRequest
from orchestrator.events import Envelope

AT = "2026-01-01T00:00:00.000Z"
ASKS = events.InputRequired("r1", "s", "q1", "confirm", "Book?", (), {}, "2026-01-02")
DONE = events.Completed(
    "r1", "s", "a1", "Yes.", "specs", (), 0.9, (), (), events.UsageFigures(), events.Timing(1.0, 1500.0), "offline"
)


def accepted(seq: int, run: str = "r1") -> Envelope:
    return Envelope("c", events.Accepted(f"m{seq}", run, "s", "Hi", AT), seq)


@pytest.mark.parametrize(
    ("ending", "active", "status", "thread"),
    [
        (None, None, "pending", "busy"),
        (None, "r1", "running", "busy"),
        (ASKS, None, "interrupted", "interrupted"),
        (DONE, None, "success", "idle"),
        (events.Failed("r1", "LLM_UNAVAILABLE", "Away.", "ref"), None, "error", "error"),
        (events.Failed("r1", "RUN_TIMEOUT", "Long.", "ref"), None, "timeout", "error"),
        (events.Cancelled("r1", ""), None, "interrupted", "idle"),
    ],
)
def test_the_status_of_a_run_and_its_thread(
    ending: events.AnyEvent | None, active: str | None, status: str, thread: str
) -> None:
    stored = [accepted(1), *([Envelope("c", ending, 2)] if ending is not None else [])]
    views = run_views(stored, active)
    assert run_body(views["r1"], "t")["status"] == status
    assert thread_status(views) == thread


def test_an_answer_lets_a_run_go_on() -> None:
    views = run_views([accepted(1), Envelope("c", ASKS, 2), accepted(3)], "r1")
    assert (views["r1"].first, views["r1"].status, views["r1"].created_at) == (3, "running", AT)
    ended = run_views([accepted(1), Envelope("c", ASKS, 2), accepted(3), Envelope("c", DONE, 4)], None)["r1"]
    assert ended.updated_at == "2026-01-01T00:00:01.500Z"
    assert thread_status({}) == "idle"


@pytest.mark.parametrize("given", ["everything", [], ["values", "x"], 3, {"values": 1}, [["values"]]])
def test_unknown_modes_are_refused(given: object) -> None:
    with pytest.raises(BadRequest):
        read_modes(given)


@pytest.mark.parametrize("mode", sorted(MODES))
@pytest.mark.parametrize(
    ("ending", "error"),
    [
        (events.Failed("r1", "LLM_TIMEOUT", "Too long.", "ref"), {"error": "LLM_TIMEOUT", "message": "Too long."}),
        (events.Cancelled("r1", "Po"), {"error": "UserInterrupt", "message": "The run was cancelled."}),
    ],
)
def test_a_run_without_an_answer_says_so_in_every_mode(
    mode: str, ending: events.Terminal, error: dict[str, str]
) -> None:
    session = RunSession(read_modes(mode), Transcript(), "t", "assistant")
    told = [accepted(1), Envelope("c", events.Token("r1", "Po", 0)), Envelope("c", ending, 2)]  # type: ignore[arg-type]
    parts = [part for envelope in told for part in session.emitted(envelope)]
    assert parts[0][0] == "metadata"
    assert parts[-1] == ("error", error)


def test_a_lagging_reader_is_not_told_the_whole_text_again_and_again() -> None:
    session = RunSession(read_modes("messages"), Transcript(), "t", "assistant")
    session.emitted(accepted(1))
    first = session.emitted(Envelope("c", events.Token("r1", "Po", 0)), lagging=True)
    assert [name for name, _ in first] == ["messages/metadata"]
    assert session.emitted(Envelope("c", events.Token("r1", "wer", 2)), lagging=True) == ()
    [whole] = session.emitted(Envelope("c", events.Token("r1", ".", 5)))
    assert whole[1][0]["content"] == "Power."


def test_an_event_is_spelled_on_lines_of_its_own() -> None:
    assert (
        spell("values", {"text": "a\nb\r\u2028"}, "p.1")
        == 'event: values\nid: p.1\ndata: {"text":"a\\nb\\r\u2028"}\n\n'
    )


def test_who_comes_late_is_told_and_who_comes_again_is_not() -> None:
    openings = Openings()
    openings.begun("c", 7)
    assert openings.opened("c") == 7  # the run began before anybody listened
    assert openings.opened("c") == 7
    openings.closed("c", end_sent=True)
    assert openings.opened("c") is None  # somebody has heard how it ended
    openings.begun("c", 9)
    openings.closed("c", end_sent=True)
    openings.closed("c", end_sent=False)
    assert openings.opened("c") is None  # they were listening when it began
    openings.closed("c", end_sent=False)
    openings.begun("c", 11)
    openings.begun("c", 13)
    assert openings.opened("c") == 13
