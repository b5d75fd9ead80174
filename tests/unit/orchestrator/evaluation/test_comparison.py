"""Two runs compared: what is noise and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluation import routing
from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.comparison import ForeignBaseline, compare
from orchestrator.evaluation.measures import LOWER_IS_BETTER
from orchestrator.evaluation.routing import Routed
from orchestrator.evaluation.saved_runs import Run

A, B = frozenset("a"), frozenset("b")


def run(right: list[bool], text: str = "x", first: int = 0, confidence: float = 0.5) -> Run:
    """A case for each of `right`, numbered from `first`."""
    cases = [Case(number, text, routes=A) for number in range(first, first + len(right))]
    made = [Routed(A if good else B, confidence) for good in right]
    return Run("routing", tuple(routing.outcome(case, one) for case, one in zip(cases, made, strict=True)))


def test_a_run_against_itself_is_the_same_in_every_figure() -> None:
    found = compare(run([True, False] * 20), run([True, False] * 20))
    assert {change.verdict for change in found.figures.values()} == {"same"}
    assert {change.difference.value for change in found.figures.values()} == {0.0}
    assert found.regressions == found.worse == found.better == ()


def test_many_cases_lost_are_a_regression_and_named() -> None:
    found = compare(run([True] * 40), run([False] * 10 + [True] * 30))
    change = found.figures["accuracy"]
    assert (change.old, change.new, change.verdict) == (1.0, 0.75, "worse")
    assert change.difference.low < change.difference.value == -0.25 < change.difference.high < 0
    assert "accuracy" in found.regressions
    assert found.worse == tuple(range(10))


def test_one_case_lost_of_many_is_noise_though_it_is_named() -> None:
    found = compare(run([True] * 40), run([False] + [True] * 39))
    assert found.figures["accuracy"].verdict == "same"
    assert found.worse == (0,)


def test_what_both_runs_find_hard_is_no_noise() -> None:
    # 10 of 200 lost: the intervals of both accuracies overlap widely, the paired difference is certain.
    old = [number % 2 == 0 for number in range(200)]
    new = [good and number >= 20 for number, good in enumerate(old)]
    found = compare(run(old), run(new))
    was, became = (one.figures["intervals"]["accuracy"] for one in (run(old), run(new)))
    assert was["low"] < became["high"]
    assert found.figures["accuracy"].verdict == "worse"


def test_a_larger_calibration_error_is_worse() -> None:
    found = compare(run([True] * 40, confidence=0.95), run([True] * 40, confidence=0.6))
    change = found.figures["calibration_error"]
    assert change.difference.value > 0
    assert found.regressions == ("calibration_error",)


pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)
OPPOSITE = {"better": "worse", "worse": "better", "same": "same"}


@given(pairs)
def test_the_other_way_round_it_is_the_opposite(went: list[tuple[bool, bool]]) -> None:
    one, other = run([then for then, _ in went]), run([now for _, now in went])
    there, back = compare(one, other), compare(other, one)
    assert there.figures.keys() == back.figures.keys()
    for name, change in there.figures.items():
        reverse = back.figures[name]
        assert (change.old, change.new) == (reverse.new, reverse.old)
        assert change.difference.value == pytest.approx(-reverse.difference.value, abs=1e-9)
        assert change.difference.low == pytest.approx(-reverse.difference.high, abs=2e-4)
        assert change.verdict == OPPOSITE[reverse.verdict]
    assert (there.worse, there.better) == (back.better, back.worse)


@given(pairs)
def test_a_verdict_has_the_sign_of_the_difference(went: list[tuple[bool, bool]]) -> None:
    found = compare(run([then for then, _ in went]), run([now for _, now in went]))
    for name, change in found.figures.items():
        gain = change.difference.value * (-1 if name in LOWER_IS_BETTER else 1)
        assert change.verdict != "better" or gain > 0
        assert change.verdict != "worse" or gain < 0


def test_only_what_is_in_both_counts_and_the_rest_is_said() -> None:
    old, new = run([True] * 10), run([False] * 3 + [True] * 9, first=-2)
    edited = Run("routing", new.outcomes[:5] + run([True], "y", first=3).outcomes + new.outcomes[6:])
    found = compare(old, edited)
    assert found.common.shared == tuple(str(number) for number in range(10) if number != 3)
    assert (found.common.missing, found.common.added, found.common.changed) == ((), (-2, -1), (3,))
    assert compare(old, run([True] * 9)).common.missing == (9,)


def test_the_baseline_of_another_set_or_kind_is_refused() -> None:
    with pytest.raises(ForeignBaseline, match="another question set: only 0 of its 4"):
        compare(run([True] * 4), run([True] * 4, "y"))
    with pytest.raises(ForeignBaseline, match="only 2 of its 4"):
        compare(run([True] * 4), run([True] * 2))
    with pytest.raises(ForeignBaseline, match="measured routing, not labels"):
        compare(run([True]), Run("labels", run([True]).outcomes))


def test_figures_that_one_run_lacks_are_not_compared() -> None:
    nothing = Run("routing", (routing.outcome(Case(1, "x"), Routed(A, 0.5)),))
    assert compare(nothing, nothing).figures.keys() == {"asked_back"}
