"""Saved runs: they come back as they were, and nothing else is taken for one."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluation import answers, retrieval, routing
from orchestrator.evaluation.answers import Answer
from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.retrieval import Ranked
from orchestrator.evaluation.routing import Routed
from orchestrator.evaluation.saved_runs import DamagedRun, Run, decode_run, encode_run

A = frozenset({"a"})
RUNS = [
    Run(
        "routing",
        (routing.outcome(Case(1, "x", routes=A), Routed(A, 0.5)), routing.outcome(Case("1", "x"), Routed(A, 1.0))),
    ),
    Run("labels", (routing.outcome(Case({"n": [1]}, "x", routes=A), Routed(A, 0.5)),)),
    Run(
        "retrieval",
        (
            retrieval.outcome(Case(1, "x", relevant={"d": 1.0}), Ranked(("d",), 0.5)),
            retrieval.outcome(Case(2, "x", relevant={}), Ranked((), 0.1)),
            retrieval.outcome(Case(None, "x"), Ranked((), 0.1)),
        ),
    ),
    Run("answers", (answers.judge(Case(1, "x", routes=A), Answer(A, "y", (), True, False, 0.7)),)),
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.kind)
def test_a_run_comes_back_as_it_was_saved(run: Run) -> None:
    saved = encode_run(run)
    assert decode_run(saved) == run
    assert decode_run(saved).figures == run.figures
    assert encode_run(decode_run(saved)) == saved
    assert json.loads(saved)["figures"].keys() == run.figures.keys()


def test_the_questions_are_known_whatever_their_order() -> None:
    run = RUNS[2]
    assert Run("retrieval", run.outcomes[::-1]).fingerprint == run.fingerprint
    assert Run("retrieval", run.outcomes[1:]).fingerprint != run.fingerprint


def damaged(**changes: Any) -> bytes:
    whole = json.loads(encode_run(RUNS[0]))
    return json.dumps(whole | changes).encode()


def outcome(**changes: Any) -> list[dict[str, Any]]:
    whole = json.loads(encode_run(RUNS[0]))["outcomes"]
    return [whole[0] | changes, whole[1]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe{}",
        b"[" * 100_000,
        encode_run(RUNS[0])[:-40],
        damaged(format="pitcrew-eval-9"),
        damaged(kind="weather"),
        damaged(kind="retrieval"),
        damaged(outcomes=7),
        damaged(outcomes=[{"id": 1}]),
        damaged(outcomes=outcome(confidence=7)),
        damaged(outcomes=outcome(confidence="high")),
        damaged(outcomes=outcome(predicted=None)),
        damaged(outcomes=outcome(id="1")),
        damaged(outcomes=outcome()[:1]),
        damaged(outcomes=[]),
        damaged(questions="0000000000000000"),
    ],
)
def test_what_is_no_run_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedRun):
        decode_run(data)


@given(st.data())
def test_no_damage_is_anything_but_damage(data: st.DataObject) -> None:
    whole = bytearray(encode_run(RUNS[0]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(DamagedRun):
        decode_run(bytes(whole))
