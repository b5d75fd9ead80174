"""Regressions of rows, and how good they are. The results repeat: nothing is drawn by chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from benchmarks.fit.questions import Features, Row
from rag.logistic import Logistic

Floats = NDArray[np.float64]

_STRENGTH = 1.0
"""The inverse of the penalty on squared weights, over features that are scaled to a deviation of 1."""
_FOLDS = 5
_DIGITS = 2
"""Decimals of a weight: more would be of the machine, whose arithmetic differs from others' in the last digits."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The features of a question's statements that answer, and of those that do not."""

    right: tuple[Features, ...]
    wrong: tuple[Features, ...]
    group: str


def logistic(rows: Sequence[Row], names: Sequence[str]) -> Logistic:
    """The logistic regression of rows on the features of these names."""
    features = _table([row.features for row in rows], names)
    scale = _scale(features)
    with threadpool_limits(1):
        model = LogisticRegression(C=_STRENGTH, max_iter=10_000).fit(
            features / scale, [row.answers for row in rows], [row.weight for row in rows]
        )
    return _rounded(names, model.coef_[0] / scale, float(model.intercept_[0]))


def order(choices: Sequence[Choice], names: Sequence[str]) -> Logistic:
    """The weights by which a statement that answers is likeliest to stand before all that do not: a conditional logit
    (McFadden 1974), in which each right statement is a choice among the wrong ones, and each question counts once."""
    tables = [(_table(choice.right, names), _table(choice.wrong, names)) for choice in choices]
    scale = _scale(np.concatenate([table for both in tables for table in both]))
    scaled = [(right / scale, wrong / scale) for right, wrong in tables]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = weights @ weights / (2 * _STRENGTH), weights / _STRENGTH
        for right, wrong in scaled:
            behind = wrong @ weights
            others = logsumexp(behind)
            ahead = right @ weights
            chance = 1 / (1 + np.exp(ahead - others))  # of losing against the wrong ones
            total += np.logaddexp(0.0, others - ahead).mean()
            slope = slope + (chance[:, None] * (np.exp(behind - others) @ wrong - right)).mean(axis=0)
        return float(total), slope

    with threadpool_limits(1):
        found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 10_000})
    return _rounded(names, found.x / scale, 0.0)


def figures(rows: Sequence[Row], names: Sequence[str]) -> Mapping[str, float]:
    """How good the regression of the rows is, on them and on questions that it has not seen (cross-validation by
    question), beside always saying how many answer."""
    answers, counts = [row.answers for row in rows], [row.weight for row in rows]
    model = logistic(rows, names)
    unseen = np.empty(len(rows))
    for known, left in GroupKFold(_FOLDS).split(rows, groups=[row.group for row in rows]):
        part = logistic([rows[at] for at in known], names)
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


def first_right(choices: Sequence[Choice], names: Sequence[str]) -> Mapping[str, float]:
    """The share of questions for which a right statement stands first, on the questions of the fit and on others."""

    def won(model: Logistic, choice: Choice) -> bool:
        return max(map(model.log_odds, choice.right)) > max(map(model.log_odds, choice.wrong))

    model = order(choices, names)
    unseen = []
    for known, left in GroupKFold(_FOLDS).split(choices, groups=[choice.group for choice in choices]):
        part = order([choices[at] for at in known], names)
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
