"""Dialogues as they are written and how they are judged."""

from typing import Any

import pytest

from orchestrator.evaluation.dialogues import LineResult, by_length, figures, judge, parse_dialogue


def written(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "one", "turns": list(turns), **more}


def failures(turn: dict[str, Any], heard: LineResult, *, with_model: bool = False) -> str:
    """What is said to be wrong of a dialogue of one turn."""
    outcome = judge(parse_dialogue(written({"say": "Hi", **turn})), [heard], with_model=with_model)
    assert outcome.passed is not bool(outcome.failures)
    return "; ".join(outcome.failures)


def test_a_dialogue_is_read_with_what_it_leaves_out() -> None:
    read = parse_dialogue(written({"say": "Hi"}, {"answer": False}))
    assert (read.kind, read.zone, read.now.isoformat()) == ("plain", "UTC", "2026-03-02T10:00:00+00:00")
    assert read.lines[0].route is None
    assert read.lines[1].answer is False


def test_the_fingerprint_changes_with_any_expectation() -> None:
    first = parse_dialogue(written({"say": "Hi", "contains": ["a"]})).fingerprint
    assert first == parse_dialogue(written({"say": "Hi", "contains": ["a"]})).fingerprint
    assert first != parse_dialogue(written({"say": "Hi", "contains": ["b"]})).fingerprint


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "id"),
        ({"id": 7, "turns": [{"say": "x"}]}, "Expected `str`"),
        ({"id": "x"}, "turns"),
        ({"id": "x", "turns": []}, "no `turns`"),
        ({"id": "x", "turns": "say"}, "Expected `array`"),
        ({"id": "x", "turns": [{}]}, "turn 1: give either `say` or `answer`"),
        ({"id": "x", "turns": [{"say": "x"}, {"say": "x", "answer": 1}]}, "turn 2: give either"),
        ({"id": "x", "turns": [{"say": "x", "rout": ["specs"]}]}, "rout"),
        ({"id": "x", "turns": [{"say": "x", "route": "specs"}]}, "Expected `array"),
        ({"id": "x", "turns": [{"say": "x", "tools": [{"arguments": {}}]}]}, "name"),
        ({"id": "x", "turns": [{"say": "x"}], "now": "2026-03-02T10:00:00"}, "`now` has no offset"),
        ({"id": "x", "turns": [{"say": "x"}], "now": "soon"}, "now"),
        ({"id": "x", "turns": [{"say": "x"}], "zone": "Nowhere/Land"}, "no IANA time zone: 'Nowhere/Land'"),
        ({"id": "x", "turns": [{"say": "x"}], "zone": "../../etc/passwd"}, "no IANA"),
        ({"id": "x", "turns": [{"say": "x"}], "zone": "x\x00y"}, "no IANA"),
        ({"id": "x", "turns": [{"say": "x"}], "zone": "z" * 100_000}, "no IANA"),
    ],
)
def test_what_is_no_dialogue_says_why(value: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        parse_dialogue(value)
    assert said in str(raised.value)


def test_huge_and_hostile_texts_are_read_and_judged() -> None:
    huge = "<script>&\x00\u202e🚗" * 20_000
    dialogue = parse_dialogue(written({"say": huge, "contains": [huge], "lacks": ["%s{0}"]}))
    assert judge(dialogue, [LineResult(huge, ())]).passed
    assert not judge(dialogue, [LineResult(huge[:-1], ())]).passed


@pytest.mark.parametrize(
    ("turn", "heard"),
    [
        ({"route": ["specs", "maintenance"]}, LineResult("", ("maintenance", "specs"))),
        ({"status": ["answered", "asked_back"]}, LineResult("", (), ("answered", "asked_back"))),
        ({"contains": ["2.4 BAR"], "lacks": ["2.5"]}, LineResult("It is 2.4\n  bar.", ())),
        ({"asks": True}, LineResult("", (), asks=True)),
        ({"facts": {"year": "2026"}}, LineResult("", (), facts={"year": "2026", "model": "Wren"})),
        ({"booked": ["b", "a"]}, LineResult("", (), booked=("a", "b"))),
        ({"tools": ["find"]}, LineResult("", (), tools=(("find", {"when": "now"}),))),
        ({"tools": [{"name": "find", "arguments": {"n": 1}}]}, LineResult("", (), tools=(("find", {"n": 1, "m": 2}),))),
        ({"tools": []}, LineResult("", ())),
    ],
)
def test_what_is_as_expected_passes(turn: dict[str, Any], heard: LineResult) -> None:
    assert failures(turn, heard) == ""


@pytest.mark.parametrize(
    ("turn", "heard", "said"),
    [
        ({"route": ["specs"]}, LineResult("", ()), "turn 1, route: [] instead of ['specs']"),
        ({"status": ["answered"]}, LineResult("", (), ("declined",)), "status"),
        ({"contains": ["440"]}, LineResult("44 0", ()), "contains: no '440'"),
        ({"lacks": ["440"]}, LineResult("440 km", ()), "lacks: has '440'"),
        ({"asks": False}, LineResult("", (), asks=True), "asks"),
        ({"facts": {"year": "2026"}}, LineResult("", (), facts={"year": "2025"}), "facts"),
        ({"booked": []}, LineResult("", (), booked=("2026-03-12T09:00",)), "booked"),
        ({"tools": ["find"]}, LineResult("", ()), "tools: [] instead of ['find']"),
        ({"tools": ["find", "list"]}, LineResult("", (), tools=(("list", {}), ("find", {}))), "tools"),
        ({"tools": [{"name": "find", "arguments": {"n": 1}}]}, LineResult("", (), tools=(("find", {}),)), "find: None"),
        ({}, LineResult("", (), failed="INTERNAL"), "turn 1 failed: INTERNAL"),
    ],
)
def test_what_is_not_as_expected_is_told(turn: dict[str, Any], heard: LineResult, said: str) -> None:
    assert said in failures(turn, heard)


def test_calls_are_not_judged_where_a_model_makes_them() -> None:
    assert failures({"tools": ["find"]}, LineResult("", ()), with_model=True) == ""


def test_lines_that_were_not_reached_are_wrong() -> None:
    dialogue = parse_dialogue(written({"say": "a"}, {"say": "b"}, {"say": "c"}))
    outcome = judge(dialogue, [LineResult("", ()), LineResult("", (), failed="INTERNAL")])
    assert not outcome.passed
    assert (outcome.lines, outcome.of_lines) == (1, 3)
    assert "turn 3 was not reached" in outcome.failures


def test_figures_tell_each_kind_and_who_failed() -> None:
    good = judge(parse_dialogue(written({"say": "a", "contains": ["x"]})), [LineResult("x", ())])
    bad = judge(
        parse_dialogue(written({"say": "a", "contains": ["x"]}, {"say": "b"}, id="two", kind="awkward")),
        [LineResult("", ()), LineResult("", ())],
    )
    told = figures([good, bad])
    assert told["passed"] == 0.5
    assert told["lines"] == 0.75
    assert told["failed"] == ["two"]
    assert {kind: one["passed"] for kind, one in told["by_kind"].items()} == {"plain": 1.0, "awkward": 0.0}
    assert by_length([good, bad]) is not None
