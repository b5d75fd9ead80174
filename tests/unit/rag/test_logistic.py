import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.logistic import Logistic, beside

MODEL = Logistic({"one": 2.0, "other": -1.0}, 0.5)


def test_log_odds_are_the_weighted_sum_and_the_bias() -> None:
    assert MODEL.log_odds({"one": 1.0, "other": 3.0}) == -0.5


def test_missing_features_count_as_nothing_and_unknown_ones_not_at_all() -> None:
    assert MODEL.log_odds({"one": 1.0, "strange": 9.0}) == 2.5


@given(st.floats(-1e6, 1e6))
def test_probabilities_are_those_of_the_log_odds_however_large(bias: float) -> None:
    found = Logistic({}, bias).probability({})
    assert 0.0 <= found <= 1.0
    if abs(bias) < 30:
        assert math.log(found / (1 - found)) == pytest.approx(bias, abs=1e-2)


def test_weights_are_read_from_the_file_beside_a_module(tmp_path: Path) -> None:
    model = {"bias": 0.5, "weights": {"one": 2.0, "other": -1.0}}
    (tmp_path / "tyres.json").write_text(json.dumps({"models": {"answer": model}}))
    assert beside(str(tmp_path / "tyres.py")) == {"answer": MODEL}
