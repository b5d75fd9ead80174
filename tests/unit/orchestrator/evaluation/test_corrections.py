"""Answers held against what somebody has corrected them to."""

import pytest

from agents.types import Turn
from orchestrator.evaluation.corrections import figures, holds, judge, parse_correction
from orchestrator.staff.cases import CaseLine, State

CASE = CaseLine(
    "c1",
    "What is its roof load?",
    "75 kg, says the sheet.",
    "100 kg, with the carrier.",
    "specs",
    State((Turn("customer", "I drive a Plover"),), {"model": "Plover"}, "UTC"),
    (),
)


@pytest.mark.parametrize(
    ("expected", "response", "held"),
    [
        ("100 kg, with the carrier.", "The roof load with the carrier is 100 kg [1].", True),
        ("100 kg, with the carrier.", "The roof load with the carrier is 75 kg.", False),
        ("100 kg, with the carrier.", "It weighs 100 kg.", False),
        ("Every 2 years or 30,000 km", "Change it every 2 years.", False),
        ("Ask the dealer for the code of the radio", "The dealer has the radio's code.", True),
        ("Ask the dealer for the code of the radio", "I have no information about that.", False),
    ],
)
def test_an_answer_holds_all_figures_and_most_words(expected: str, response: str, held: bool) -> None:
    assert holds(expected, response) is held


def test_a_case_is_right_or_changed_or_as_wrong_as_it_was() -> None:
    right = judge(CASE, "100 kg with the carrier [2].")
    other = judge(CASE, "I do not know.")
    same = judge(CASE, CASE.answer)
    assert (right.right, right.changed) == (True, True)
    assert (other.right, other.changed) == (False, True)
    assert (same.right, same.changed) == (False, False)
    assert right.fingerprint == same.fingerprint
    told = figures([right, same])
    assert (told["right"], told["changed"], told["failed"]) == (0.5, 0.5, ["c1"])


@pytest.mark.parametrize("line", [{}, {"id": 1}, {"id": "c", "question": "q", "answer": "a", "expected": "the"}])
def test_a_line_that_is_no_case_is_said_to_be_none(line: dict[str, object]) -> None:
    whole = {"agent": "specs", "state": {"history": [], "facts": {}, "zone": ""}, "passages": []}
    with pytest.raises(ValueError, match=r"."):
        parse_correction({**whole, **line})
