import numpy as np

from benchmarks.fit.questions import Row
from benchmarks.fit.regression import Choice, Prior, figures, first_right, logistic, order
from rag.logistic import Logistic

NAMES = ("told", "noise")


def rows(count: int = 400) -> list[Row]:
    chance = np.random.default_rng(3)
    made = []
    for at in range(count):
        told, noise = chance.standard_normal(2)
        answers = bool(chance.random() < 1 / (1 + np.exp(-(2.0 * told - 1.0))))
        made.append(Row({"told": float(told), "noise": float(noise)}, answers, f"q{at // 2}"))
    return made


def choices(count: int = 40) -> list[Choice]:
    chance = np.random.default_rng(4)

    def statement(told: float) -> dict[str, float]:
        return {"told": told + float(chance.standard_normal()), "noise": float(chance.standard_normal())}

    return [Choice((statement(3.0),), tuple(statement(0.0) for _ in range(10)), f"q{at}") for at in range(count)]


def test_the_regression_finds_what_the_rows_were_made_with() -> None:
    model = logistic(rows(4000), NAMES)
    assert abs(model.weights["told"] - 2.0) < 0.25
    assert abs(model.weights["noise"]) < 0.15
    assert abs(model.bias + 1.0) < 0.25


def test_the_scale_of_a_feature_does_not_matter() -> None:
    small = [Row({**row.features, "told": row.features["told"] / 100}, row.answers, row.group) for row in rows()]
    assert abs(logistic(small, NAMES).weights["told"] / 100 - logistic(rows(), NAMES).weights["told"]) < 0.01


def test_a_fit_repeats() -> None:
    assert logistic(rows(), NAMES) == logistic(rows(), NAMES)
    assert order(choices(), NAMES) == order(choices(), NAMES)


def test_order_prefers_what_right_statements_have() -> None:
    model = order(choices(), NAMES)
    assert model.weights["told"] > 5 * abs(model.weights["noise"])
    assert first_right(choices(), NAMES)["first_right_unseen"] > 0.8


def test_figures_tell_a_fit_from_a_guess() -> None:
    found = figures(rows(), NAMES)
    assert found["log_loss"] <= found["log_loss_unseen"] < found["log_loss_constant"]
    assert found["brier_unseen"] < found["brier_constant"]
    assert (found["rows"], found["questions"]) == (400, 200)


def test_features_that_tell_nothing_do_no_better_unseen_than_a_guess() -> None:
    found = figures([Row(row.features, bool(at % 2), row.group) for at, row in enumerate(rows())], NAMES)
    assert found["log_loss_unseen"] > 0.99 * found["log_loss_constant"]


def test_a_strong_prior_stays_and_a_weak_one_gives_way() -> None:
    known = Logistic({"told": -3.0, "noise": 1.0})
    assert logistic(rows(), NAMES, Prior(known, 1e-6)).weights == known.weights
    assert logistic(rows(), NAMES, Prior(known, 1e6)) == logistic(rows(), NAMES, Prior(strength=1e6))
    assert order(choices(), NAMES, Prior(known, 1e-6)).weights == known.weights
    assert order(choices(), NAMES, Prior(known, 1e6)).weights["told"] > 0
