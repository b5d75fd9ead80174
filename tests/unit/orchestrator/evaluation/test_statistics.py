"""Statistics of weighted cases: against values by hand, against scikit-learn, and against repeating the cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.coverage import curve
from orchestrator.evaluation.statistics import auroc, calibration_error, macro_f1, mean

LABELS = st.sampled_from("abcd")
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
judged = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=40)


def whole(statistic: Statistic, cases: int) -> float:
    return float(statistic(np.ones((1, cases)))[0])


def test_a_mean_leaves_out_what_has_no_value() -> None:
    assert whole(mean([1.0, None, 0.5]), 3) == 0.75
    assert np.isnan(whole(mean([None]), 1))


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60))
def test_macro_f1_is_scikit_learn_s(pairs: list[tuple[str, str]]) -> None:
    expected, predicted = zip(*pairs, strict=True)
    mine = macro_f1([frozenset(one) for one in expected], [frozenset(one) for one in predicted])
    assert whole(mine, len(pairs)) == pytest.approx(f1_score(expected, predicted, average="macro", zero_division=0))


@given(st.lists(st.tuples(st.frozensets(LABELS, min_size=1), st.frozensets(LABELS, min_size=1)), min_size=1))
def test_macro_f1_of_several_labels_each_is_scikit_learn_s(pairs: list[tuple[frozenset[str], frozenset[str]]]) -> None:
    names = sorted(frozenset().union(*(one | other for one, other in pairs)))
    expected = np.array([[name in one for name in names] for one, _ in pairs])
    predicted = np.array([[name in one for name in names] for _, one in pairs])
    mine = macro_f1([one for one, _ in pairs], [one for _, one in pairs])
    assert whole(mine, len(pairs)) == pytest.approx(f1_score(expected, predicted, average="macro", zero_division=0))


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    assert whole(auroc([0.9, 0.5, 0.5, 0.1, 0.7], [True, True, False, False, None]), 5) == 0.875
    assert np.isnan(whole(auroc([0.1], [False]), 1))


@given(judged)
def test_auroc_is_scikit_learn_s(cases: list[tuple[float, bool]]) -> None:
    scores, positive = zip(*cases, strict=True)
    value = whole(auroc(scores, positive), len(cases))
    if len(set(positive)) == 1:
        assert np.isnan(value)
    else:
        assert value == pytest.approx(roc_auc_score(positive, scores))


def test_auroc_of_many_cases_sorts_and_compares_no_pairs() -> None:
    chance = np.random.default_rng(1)
    scores, positive = chance.random(200_000), chance.random(200_000) < 0.5
    assert whole(auroc(scores.tolist(), positive.tolist()), 200_000) == pytest.approx(0.5, abs=0.01)


def test_calibration_error_is_the_weighted_distance() -> None:
    # One bin of two at 0.85 with one right (0.35 apart), one of two at 0.15 with none right (0.15 apart).
    assert whole(calibration_error([0.85, 0.85, 0.15, 0.15], [True, False, False, False]), 4) == pytest.approx(0.25)
    assert whole(calibration_error([1.0, 0.2], [True, None]), 2) == 0.0
    assert np.isnan(whole(calibration_error([0.3], [None]), 1))


@given(judged, st.data())
def test_a_weight_of_two_is_the_case_twice(cases: list[tuple[float, bool]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(cases), max_size=len(cases)))
    repeated = [case for case, times in zip(cases, weights, strict=True) for _ in range(times)]
    if not repeated:
        return
    row = np.array([weights], dtype=np.float64)

    def statistics(held: list[tuple[float, bool]]) -> list[Statistic]:
        scores, right = [score for score, _ in held], [good for _, good in held]
        sets = [frozenset("a" if good else "b") for good in right]
        return [
            mean(right),
            auroc(scores, right),
            calibration_error(scores, right),
            macro_f1(sets, [frozenset("a")] * len(held)),
            curve(scores, right).at(0.8),
            curve(scores, right).area(),
        ]

    for weighted, plain in zip(statistics(cases), statistics(repeated), strict=True):
        assert float(weighted(row)[0]) == pytest.approx(whole(plain, len(repeated)), nan_ok=True)
