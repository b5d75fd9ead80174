"""Coverage against accuracy."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluation.coverage import STEPS, band, curve
from orchestrator.evaluation.outcomes import coverage_points

judged = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


def accuracies(certainties: list[float], right: list[bool | None], *coverages: float) -> list[float]:
    held = curve(certainties, right)
    return [float(value) for value in held.accuracies(np.ones((1, len(right))), np.array(coverages))[0]]


def test_the_most_certain_come_first() -> None:
    assert accuracies([0.1, 0.9, 0.5, 0.7], [False, True, False, True], 0.25, 0.5, 0.75, 1.0) == pytest.approx(
        [1.0, 1.0, 2 / 3, 0.5]
    )


def test_cases_of_equal_certainty_count_as_in_random_order() -> None:
    assert accuracies([1.0, 0.5, 0.5], [True, True, False], 1 / 3, 2 / 3, 1.0) == pytest.approx([1.0, 0.75, 2 / 3])


def test_what_is_not_known_is_left_out() -> None:
    assert accuracies([0.9, 0.8, 0.7], [None, True, False], 0.5, 1.0) == pytest.approx([1.0, 0.5])
    assert np.isnan(accuracies([0.9], [None], 1.0)[0])


@given(judged)
def test_all_answered_is_the_plain_accuracy_and_no_order_of_lines_matters(cases: list[tuple[float, bool]]) -> None:
    certainties, right = [score for score, _ in cases], [good for _, good in cases]
    forward = accuracies(certainties, right, *STEPS)
    assert forward[-1] == pytest.approx(sum(right) / len(right))
    assert all(-1e-9 <= value <= 1.0 + 1e-9 for value in forward)
    assert accuracies(certainties[::-1], right[::-1], *STEPS) == pytest.approx(forward)


@given(judged)
def test_points_rise_in_coverage_and_so_does_the_number_of_right_ones(cases: list[tuple[float, bool]]) -> None:
    points = coverage_points(curve([score for score, _ in cases], [good for _, good in cases]))
    coverages = [point["coverage"] for point in points]
    right = [point["coverage"] * point["accuracy"] for point in points]
    assert coverages == sorted(set(coverages))
    assert coverages[-1] == 1.0
    assert all(later >= earlier - 1e-4 for earlier, later in itertools.pairwise(right))


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_certainty_that_knows_what_is_right_never_gains_by_answering_more(right: list[bool]) -> None:
    found = accuracies([float(good) for good in right], list(right), *STEPS)
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(found))
    worst = accuracies([1.0 - good for good in right], list(right), *STEPS)
    held = curve([float(good) for good in right], list(right)).area()
    assert float(held(np.ones((1, len(right))))[0]) >= np.mean(worst) - 1e-9


def test_the_band_holds_the_curve_of_many_cases() -> None:
    chance = np.random.default_rng(3)
    certainties = chance.random(300)
    held = curve(certainties.tolist(), (chance.random(300) < certainties).tolist())
    low, high = band(held)
    drawn = held.accuracies(np.ones((1, 300)))[0]
    assert ((low <= drawn) & (drawn <= high)).all()
    assert (high - low)[-1] < 0.15
