"""Intervals by resampling."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluation.bootstrap import RESAMPLES, estimates, resamples, values
from orchestrator.evaluation.coverage import curve
from orchestrator.evaluation.statistics import auroc, calibration_error, macro_f1, mean

judged = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=25)


def test_every_resample_draws_as_many_as_there_are_and_always_the_same() -> None:
    batches = list(resamples(2500))
    assert len(batches) > 1
    weights = np.concatenate(batches)
    assert weights.shape == (RESAMPLES, 2500)
    assert (weights.sum(axis=1) == 2500).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(2500), abs=0.15)
    assert (np.concatenate(list(resamples(2500))) == weights).all()


def test_the_interval_of_a_share_is_that_of_theory() -> None:
    found = estimates({"share": mean([True] * 320 + [False] * 80)}, 400)["share"]
    assert found is not None
    spread = 1.96 * math.sqrt(0.8 * 0.2 / 400)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.8 - spread, 0.8 + spread), abs=0.004)


@given(judged)
def test_the_interval_holds_the_value(cases: list[tuple[float, bool]]) -> None:
    scores, right = [score for score, _ in cases], [good for _, good in cases]
    sets = [frozenset("a" if good else "b") for good in right]
    statistics = {
        "mean": mean(right),
        "auroc": auroc(scores, right),
        "calibration": calibration_error(scores, right),
        "f1": macro_f1(sets, sets[::-1]),
        "area": curve(scores, right).area(),
    }
    found = estimates(statistics, len(cases))
    for name, value in values(statistics, len(cases)).items():
        one = found[name]
        assert (one is None) == (value is None)
        if one and value is not None:
            assert 0.0 <= one.low <= one.value == value <= one.high <= 1.0 + 1e-9


def test_without_cases_nothing_is_known() -> None:
    assert estimates({"mean": mean([])}, 0) == values({"mean": mean([])}, 0) == {"mean": None}
    assert estimates({"mean": mean([None, None])}, 2) == {"mean": None}


def test_one_case_has_an_interval_without_width() -> None:
    found = estimates({"mean": mean([True])}, 1)["mean"]
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_ten_thousand_cases_take_seconds() -> None:
    chance = np.random.default_rng(5)
    scores, right = chance.random(10_000).tolist(), (chance.random(10_000) < 0.7).tolist()
    started = time.process_time()
    estimates({"mean": mean(right), "auroc": auroc(scores, right), "area": curve(scores, right).area()}, 10_000)
    assert time.process_time() - started < 30
