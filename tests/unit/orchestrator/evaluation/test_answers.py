"""The checks of answers, and their sums."""

import pytest

from orchestrator.evaluation.answers import Answer, figures, judge
from orchestrator.evaluation.cases import Case

ASKED = Case("q", "x", routes=frozenset({"specs"}), documents=("specs/wren.md",), contains=("115 kW", "Wren 58"))


def answer(**changes: object) -> Answer:
    fields: dict[str, object] = {
        "routes": frozenset({"specs"}),
        "response": "The wren\n58 has 115 kw [1].",
        "sources": ("a", "b", "c", "d", "specs/wren.md", "e"),
        "cited": True,
        "declined": False,
        "confidence": 0.8,
    }
    return Answer(**(fields | changes))  # type: ignore[arg-type]


def test_a_good_answer_passes_whatever_its_case_and_spacing() -> None:
    verdict = judge(ASKED, answer())
    assert verdict.checks == {"route": True, "contains": True, "source": True}
    assert verdict.passed


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"routes": frozenset({"clarify"})}, "route"),
        ({"routes": frozenset({"specs", "maintenance"})}, "route"),
        ({"response": "The Wren 58 has 115 PS."}, "contains"),
        ({"sources": ("a", "b", "c", "d", "e", "specs/wren.md")}, "source"),
    ],
)
def test_each_check_fails_alone(changes: dict[str, object], failed: str) -> None:
    verdict = judge(ASKED, answer(**changes))
    assert [name for name, good in verdict.checks.items() if not good] == [failed]


@pytest.mark.parametrize(
    ("declined", "cited", "good"), [(True, True, True), (False, False, True), (False, True, False)]
)
def test_what_is_absent_must_be_declined(declined: bool, cited: bool, good: bool) -> None:
    verdict = judge(Case("q", "x", kind="absent"), answer(declined=declined, cited=cited))
    assert verdict.checks == {"declined": good}


def test_out_of_scope_is_a_matter_of_the_route_alone() -> None:
    case = Case("q", "x", kind="out_of_scope", routes=frozenset({"out_of_scope"}), contains=("never",))
    assert judge(case, answer(routes=frozenset({"out_of_scope"}))).checks == {"route": True}


def test_answers_are_summed_up_by_kind_and_the_failed_named() -> None:
    found = figures([judge(ASKED, answer()), judge(Case("p", "x", kind="absent"), answer())])
    assert found["overall"]["passed"] == found["intervals"]["passed"]["value"] == 0.5
    assert found["by_kind"]["absent"] == {
        "cases": 1,
        "passed": 0.0,
        "route": None,
        "contains": None,
        "source": None,
        "declined": 0.0,
    }
    assert found["failed"] == ["p"]


def test_what_was_declined_is_answered_last() -> None:
    unsure = judge(Case("a", "x"), answer(confidence=0.3))
    declined = judge(ASKED, answer(confidence=0.9, declined=True, response="I do not know."))
    assert (unsure.certainty, declined.certainty) == (0.3, 0.0)
    assert figures([declined, unsure])["coverage"][0] == {"coverage": 0.05, "accuracy": 1.0}
