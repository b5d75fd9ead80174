"""A thread's events by the protocol: whoever comes back at any of them has in the end what a patient reader has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.integrations.langgraph.messages import Transcript, answer_id
from api.integrations.langgraph.thread_events import Event, Subscription, ThreadEvents, ends
from api.integrations.langgraph.thread_place import LIVE, Place
from orchestrator import events
from orchestrator.errors import BadRequest
from orchestrator.events import Envelope

WORDS = ["Power: ", "110 ", "kW ", "– ", "Heron ", "🚗 ", "[1]"]
TEXT = "".join(WORDS)
USAGE = events.UsageFigures(input_tokens=3, output_tokens=4)


def accepted(run: str, seq: int) -> Envelope:
    return Envelope("c", events.Accepted(f"m{seq}", run, "s", "What power?", "2026-01-01T00:00:00.000Z"), seq)


def step(run: str, number: int, kind: str = "tool_use") -> Envelope:
    return Envelope("c", events.Reasoning(run, kind, "f()", 1, "t", tool="f", ok=True, number=number))  # type: ignore[arg-type]


def tokens(run: str, first: int, last: int) -> list[Envelope]:
    offsets = [len("".join(WORDS[:n])) for n in range(len(WORDS))]
    return [Envelope("c", events.Token(run, WORDS[n], offsets[n])) for n in range(first, last)]


def completed(run: str, seq: int) -> Envelope:
    timing = events.Timing(1.0, 2.0)
    event = events.Completed(run, "s", f"a{seq}", TEXT, "specs", (), 0.9, (), (), USAGE, timing, "offline")
    return Envelope("c", event, seq)


def told_thread() -> list[Envelope]:
    """Two runs as a patient follower gets them, with durable events in the middle of the text."""
    return [
        accepted("r1", 1),
        Envelope("c", events.Progress("r1", "starting", "Reading")),
        Envelope("c", events.Routed("r1", (events.RoutedAgent("specs", 0.9),)), 2),
        step("r1", 1),
        step("r1", 2, "tool_result"),
        *tokens("r1", 0, 3),
        Envelope("c", events.Sources("r1", ()), 3),
        step("r1", 3),
        *tokens("r1", 3, len(WORDS)),
        completed("r1", 4),
        accepted("r2", 5),
        step("r2", 1),
        *tokens("r2", 0, len(WORDS)),
        completed("r2", 6),
    ]


def told_again(thread: list[Envelope], have: int, after: int) -> list[Envelope]:
    """What a follower gets who comes when `have` events have happened: the durable ones after `after`, then all that
    the active run has said, then the rest."""
    past, rest = thread[:have], thread[have:]
    durable = [one for one in past if one.seq is not None and one.seq > after]
    ended = {one.event.run_id for one in past if isinstance(one.event, events.Terminal)}
    live = [one for one in past if one.seq is None and getattr(one.event, "run_id", None) not in ended]
    steps = [one for one in live if isinstance(one.event, events.Reasoning)]
    said = "".join(one.event.text for one in live if isinstance(one.event, events.Token))
    run = next((one.event.run_id for one in live if isinstance(one.event, events.Token)), "")
    return [*durable, *steps, *([Envelope("c", events.Token(run, said, 0))] if said else []), *rest]


def run_through(reader: ThreadEvents, envelopes: list[Envelope]) -> list[Event]:
    return [event for envelope in envelopes for event in reader.new_events(envelope)]


def texts(told: list[Event]) -> dict[str, str]:
    """Each message's text, by pieces."""
    said: dict[str, str] = {}
    message = ""
    for event in told:
        data = event["params"]["data"]
        if data.get("event") == "message-start":
            message = data["id"]
            assert message not in said
            said[message] = ""
        elif data.get("event") == "content-block-delta":
            said[message] += data["delta"]["text"]
    return said


def of(told: list[Event], *methods: str) -> list[tuple[str, str]]:
    return [(event["method"], event["event_id"]) for event in told if event["method"] in methods]


def test_a_patient_reader_gets_every_message_whole_and_in_order() -> None:
    told = run_through(ThreadEvents(Transcript()), told_thread())
    assert texts(told) == {answer_id("r1"): TEXT, answer_id("r2"): TEXT}
    seqs = [event["seq"] for event in told]
    assert seqs == sorted(seqs)
    assert max(seqs) < 2**53
    assert len({event["event_id"] for event in told}) == len(told)
    assert [event["params"]["data"]["event"] for event in told if event["method"] == "lifecycle"] == [
        "running",
        "completed",
        "running",
        "completed",
    ]
    assert [ends(event) for event in told if event["method"] == "lifecycle"] == [False, True, False, True]
    last = [event["params"]["data"] for event in told if event["method"] == "values"][-1]
    assert [message["content"] for message in last["messages"]] == ["What power?", TEXT, "What power?", TEXT]


@given(st.data())
def test_whoever_comes_back_anywhere_misses_nothing_and_gets_nothing_twice(data: st.DataObject) -> None:
    thread = told_thread()
    earlier = data.draw(st.sampled_from([0, 1, 7]))
    whole = run_through(ThreadEvents(Transcript(), earlier=earlier), thread)
    have = data.draw(st.integers(1, len(thread)))
    had = run_through(ThreadEvents(Transcript(), earlier=earlier), thread[:have])
    had = had[: data.draw(st.integers(1, len(had)))]
    since = Place.at(had[-1]["seq"])
    start = max(1, since.seq - earlier)
    later = data.draw(st.integers(have, len(thread)))  # what happened while nobody listened
    transcript = Transcript()
    for envelope in thread:
        if envelope.seq is not None and envelope.seq < start:
            transcript.heed(envelope)
    again = run_through(ThreadEvents(transcript, since, earlier), told_again(thread, later, start - 1))
    assert texts([*had, *again]) == texts(whole)
    for method in ("lifecycle", "values", "updates", "tools"):
        # steps of a run that has ended meanwhile are in no history
        missing = set(of(whole, method)) - set(of([*had, *again], method))
        assert method == "tools" or not missing
        both = of([*had, *again], method)
        assert len(both) == len(set(both))


def test_no_event_of_a_thread_is_taken_for_one_of_a_deleted_thread_of_its_name() -> None:
    first = run_through(ThreadEvents(Transcript()), told_thread())
    second = run_through(ThreadEvents(Transcript(), earlier=6), told_thread())
    assert max(event["seq"] for event in first) < min(event["seq"] for event in second)
    durable = {event["event_id"] for event in second if Place.at(event["seq"]).number != LIVE}
    assert durable
    assert not durable & {event["event_id"] for event in first}


def test_a_question_before_an_effect_ends_the_message_and_an_answer_goes_on() -> None:
    asks = events.InputRequired("r1", "s", "q1", "confirm", "Book?", (), {}, "2026-01-02", TEXT)
    reader = ThreadEvents(Transcript())
    told = run_through(reader, [accepted("r1", 1), *tokens("r1", 0, 7), Envelope("c", asks, 2)])
    kinds = [event["params"]["data"].get("event") for event in told if event["method"] == "messages"]
    assert kinds[-2:] == ["content-block-finish", "message-finish"]
    [requested] = [event["params"]["data"] for event in told if event["method"] == "input.requested"]
    assert (requested["interrupt_id"], requested["value"]["prompt"]) == ("q1", "Book?")
    assert told[-2]["params"]["data"]["event"] == "interrupted"
    more = run_through(reader, [accepted("r1", 3), Envelope("c", events.Token("r1", " Done.", len(TEXT)))])
    assert [event["params"]["data"]["delta"]["text"] for event in more if "delta" in event["params"]["data"]] == [
        " Done."
    ]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (events.Failed("r1", "LLM_TIMEOUT", "Too long.", "ref"), "Too long."),
        (events.Cancelled("r1", "Power: "), "The run was cancelled."),
    ],
)
def test_a_run_without_an_answer_fails_its_message(event: events.Terminal, error: str) -> None:
    told = run_through(ThreadEvents(Transcript()), [accepted("r1", 1), *tokens("r1", 0, 1), Envelope("c", event, 2)])  # type: ignore[arg-type]
    assert [one["params"]["data"]["event"] for one in told if one["method"] == "messages"][-1] == "error"
    [ended] = [one["params"]["data"] for one in told if ends(one)]
    assert (ended["event"], ended["error"]) == ("failed", error)


def test_a_subscription_wants_its_channels() -> None:
    told = run_through(ThreadEvents(Transcript()), told_thread())
    assert {event["method"] for event in told if Subscription(["tools"]).wants(event)} == {"tools"}
    named = Subscription(["custom:sources"])
    assert [event["params"]["data"]["name"] for event in told if named.wants(event)] == ["sources"]
    assert not any(Subscription(["values"], namespaces=[["a:1"]]).wants(event) for event in told)
    assert any(Subscription(["values"], namespaces=[["a:1"], []]).wants(event) for event in told)
    for wrong in (Subscription([]), Subscription(["smoke"]), Subscription(["values"], since=2**53)):
        with pytest.raises(BadRequest):
            wrong.check()


@given(st.integers(0, 2**20), st.integers(0, LIVE), st.integers(0, 255), st.integers(0, 2**20 - 1))
def test_a_place_is_a_number_that_orders(seq: int, number: int, steps: int, within: int) -> None:
    place = Place(seq, number, steps, within)
    assert Place.at(int(place)) == place
    assert int(place) < int(Place(seq + 1))
    assert int(place) <= int(Place(seq, number, steps, within + 1))
