"""Regressions of rows, and how good they are. The results repeat: nothing is drawn by chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from benchmarks.fit.questions import Features, Row
from rag.logistic import Logistic

Floats = NDArray[np.float64]

_NOTHING = Logistic({})
SIGNS: Mapping[str, int] = {
    **dict.fromkeys(("coverage", "likeness", "found", "focus", "value", "steps", "cover"), 1),
    **dict.fromkeys(("asked_own", "asked_mean", "asked_words", "asked_near"), 1),
    **dict.fromkeys(("missing", "no_value", "instead", "beside", "code", "apart"), -1),
}
"""Features of which it is known whether they speak for or against a statement: their weights do not get the other sign,
which some labels of a single step or a bare figure would give them."""
_FOLDS = 5
_DIGITS = 2
"""Decimals of a weight: more would be of the machine, whose arithmetic differs from others' in the last digits."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The features of a question's statements that answer, and of those that do not."""

    right: tuple[Features, ...]
    wrong: tuple[Features, ...]
    group: str


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before the rows are seen: the weights that they move away from. `strength` is how easily, the
    variance of each weight over features that are scaled to a deviation of 1; the bias is free."""

    model: Logistic = _NOTHING
    strength: float = 1.0

    def weights(self, names: Sequence[str], scale: Floats) -> Floats:
        """Over scaled features."""
        return np.array([self.model.weights.get(name, 0.0) for name in names]) * scale


OPEN = Prior()
"""Nothing is known: small weights are likelier than large ones."""


def logistic(rows: Sequence[Row], names: Sequence[str], prior: Prior = OPEN) -> Logistic:
    """The logistic regression of rows on the features of these names, at the most likely weights."""
    features = _table([row.features for row in rows], names)
    scale = _scale(features)
    scaled, known = features / scale, prior.weights(names, scale)
    answers = np.array([row.answers for row in rows], dtype=np.float64)
    counts = np.array([row.weight for row in rows])

    def loss(found: Floats) -> tuple[float, Floats]:
        odds, apart = scaled @ found[:-1] + found[-1], found[:-1] - known
        wrong = counts * (expit(odds) - answers)
        total = counts @ (np.logaddexp(0.0, odds) - answers * odds) + apart @ apart / (2 * prior.strength)
        return float(total), np.append(wrong @ scaled + apart / prior.strength, wrong.sum())

    bounds = [*map(_bounds, names), (None, None)]
    found = _least(loss, np.append(known, prior.model.bias), bounds)
    return _rounded(names, found[:-1] / scale, float(found[-1]))


def order(choices: Sequence[Choice], names: Sequence[str], prior: Prior = OPEN) -> Logistic:
    """The weights by which a statement that answers is likeliest to stand before all that do not: a conditional logit
    (McFadden 1974), in which each right statement is a choice among the wrong ones, and each question counts once."""
    tables = [(_table(choice.right, names), _table(choice.wrong, names)) for choice in choices]
    scale = _scale(np.concatenate([table for both in tables for table in both]))
    scaled, known = [(right / scale, wrong / scale) for right, wrong in tables], prior.weights(names, scale)

    def loss(weights: Floats) -> tuple[float, Floats]:
        apart = weights - known
        total, slope = apart @ apart / (2 * prior.strength), apart / prior.strength
        for right, wrong in scaled:
            behind, ahead = wrong @ weights, right @ weights
            others = logsumexp(behind)
            loses = expit(others - ahead)
            total += np.logaddexp(0.0, others - ahead).mean()
            slope = slope + (loses[:, None] * (np.exp(behind - others) @ wrong - right)).mean(axis=0)
        return float(total), slope

    return _rounded(names, _least(loss, known, [_bounds(name) for name in names]) / scale, 0.0)


Bounds = tuple[float | None, float | None]


def _bounds(name: str) -> Bounds:
    sign = SIGNS.get(name, 0)
    return (0.0 if sign > 0 else None, 0.0 if sign < 0 else None)


def _least(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, bounds: Sequence[Bounds] | None = None
) -> Floats:
    """Where a convex function is least within bounds, given with its gradient."""
    with threadpool_limits(1):  # the result is the same on any number of cores
        found = minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 10_000, "ftol": 1e-12}
        )
    return np.asarray(found.x)


def figures(rows: Sequence[Row], names: Sequence[str], prior: Prior = OPEN) -> Mapping[str, float]:
    """How good the regression of the rows is, on them and on questions that it has not seen (cross-validation by
    question), beside always saying how many answer."""
    answers, counts = [row.answers for row in rows], [row.weight for row in rows]
    model = logistic(rows, names, prior)
    unseen = np.empty(len(rows))
    for known, left in GroupKFold(_FOLDS).split(rows, groups=[row.group for row in rows]):
        part = logistic([rows[at] for at in known], names, prior)
        unseen[left] = [part.probability(rows[at].features) for at in left]
    made = {
        "": [model.probability(row.features) for row in rows],
        "_unseen": unseen,
        "_constant": np.full(len(rows), np.average(answers, weights=counts)),
    }
    scores: dict[str, Callable[..., float]] = {"log_loss": log_loss, "brier": brier_score_loss}
    return {
        f"{score}{name}": round(float(scores[score](answers, made[name], sample_weight=counts)), 4)
        for name in made
        for score in scores
    } | {"questions": len({row.group for row in rows}), "rows": len(rows), "answered": sum(answers)}


def first_right(choices: Sequence[Choice], names: Sequence[str], prior: Prior = OPEN) -> Mapping[str, float]:
    """The share of questions for which a right statement stands first, on the questions of the fit and on others."""

    def won(model: Logistic, choice: Choice) -> bool:
        return max(map(model.log_odds, choice.right)) > max(map(model.log_odds, choice.wrong))

    model = order(choices, names, prior)
    unseen = []
    for known, left in GroupKFold(_FOLDS).split(choices, groups=[choice.group for choice in choices]):
        part = order([choices[at] for at in known], names, prior)
        unseen += [won(part, choices[at]) for at in left]
    return {
        "first_right": round(float(np.mean([won(model, choice) for choice in choices])), 4),
        "first_right_unseen": round(float(np.mean(unseen)), 4),
        "questions": len(choices),
        "rows": sum(len(choice.right) + len(choice.wrong) for choice in choices),
    }


def _table(rows: Sequence[Features], names: Sequence[str]) -> Floats:
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float64).reshape(len(rows), len(names))


def _scale(features: Floats) -> Floats:
    deviation = features.std(axis=0)
    return np.where(deviation > 0, deviation, 1.0)


def _rounded(names: Sequence[str], weights: Floats, bias: float) -> Logistic:
    return Logistic(
        {name: round(float(weight), _DIGITS) for name, weight in zip(names, weights, strict=True)}, round(bias, _DIGITS)
    )
