import json

import msgspec
import pytest

from orchestrator import events


def examples() -> list[events.Event]:
    return [
        events.Accepted("m", "r", "s", "Hé 🚗", "2026-01-01T00:00:00.000Z", "c"),
        events.Progress("r", "starting", "…"),
        events.Reasoning("r", "tool_use", "f(a=1)", 1, "2026-01-01T00:00:00.000Z", 0, "specs", "f", {"a": 1}),
        events.Code("r", "SELECT 1", 2),
        events.Verification("r", True, 0.9, 2, ("The groups add up.",)),
        events.DataReady("r", "SELECT 1", ("n",), ({"n": 1},), 1, "sales", {"mark": "bar"}),
        events.Routed("r", (events.RoutedAgent("specs", 0.9),)),
        events.Sources("r", (events.SourcePassage("id", "T", "a.md", "A > B", 1, 5, "text", 0.5, 3),)),
        events.Token("r", "Hé", 4, "specs"),
        events.InputRequired(
            "r", "s", "q", "choose", "When?", (events.Option("tue", "Tuesday"), events.Option(True, "Yes")),
            {"dealer": 7}, "2026-01-01T00:00:00.000Z", "So far",
        ),
        events.RunRestarted("r", 2),
        events.Deleted("m", "r"),
        events.Superseded("m", "n", "r"),
        events.Owner("s", "bot", "waiting", None, "Number 2.", events.QueuePlace(2), "request"),
        events.Owner("s", "staff", "staff", events.StaffPerson("Ada"), "Ada is here."),
        events.StaffMessage("s", "Hé, Ada here.", "Ada", "m", "2026-01-01T00:00:00.000Z"),
        events.StaffTyping("s", "Ada", True),
        events.Typing("I wonder"),
        events.Seen(4),
        events.Failed("r", "INTERNAL", "sorry", "ref"),
        events.Cancelled("r", "It ha"),
        events.Resumed("s", 0, 4, "r"),
        events.Completed(
            "r", "s", "m", "text", "specs", (), 0.9, ("a.md",), (events.CitedSpan(1, "id", "a.md", "T", 1, 5),),
            events.UsageFigures(), events.Timing(1.5, 2.5), "offline",
            unsupported=(events.UnsupportedSpan(0, 4, "text"),), misplaced=(events.MisplacedMarker(2, 5, 1, 3),),
            parts=(events.AnswerPart(0, "specs", "asked_back", 0.9, 0, 4, ("a.md",)),),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("event", examples(), ids=lambda event: type(event).__name__)
def test_what_is_stored_comes_back(event: events.Event) -> None:
    assert events.decode(events.encode(event)) == event


def test_every_event_has_an_example() -> None:
    assert {type(event) for event in examples()} == set(events.AnyEvent.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", ["{}", '{"event":"nothing"}', '{"event":"token"}', "[]"])
def test_anything_else_is_refused(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        events.decode(body)


def test_what_was_stored_before_versions_comes_back_as_version_1() -> None:
    cited = events.CitedSpan(1, "id", "a.md", "T", 1, 5)
    last = examples()[-1]
    body = json.loads(events.encode(last))
    for name in ("unsupported", "misplaced"):
        del body[name]
    for span in body["citations"]:
        del span["version"], span["text"]
    assert events.decode(json.dumps(body)) == msgspec.structs.replace(last, unsupported=(), misplaced=())
    assert (cited.version, cited.text) == (1, "")
    passage = {
        "id": "i",
        "title": "T",
        "source": "a.md",
        "section": "",
        "start": 0,
        "end": 4,
        "text": "t",
        "score": 1.0,
    }
    stored = events.decode(json.dumps({"event": "sources", "run_id": "r", "passages": [passage]}))
    assert isinstance(stored, events.Sources)
    assert stored.passages[0].version == 1
