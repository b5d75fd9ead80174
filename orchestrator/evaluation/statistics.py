"""Statistics of weighted cases: each function takes what is known of every case and gives a `Statistic`."""

from collections.abc import Sequence

import numpy as np

from orchestrator.evaluation.bootstrap import Floats, Statistic

_BINS = 10


def divided(parts: Floats, wholes: Floats) -> Floats:
    """Elementwise quotient; NaN over zero."""
    out: Floats = np.full(np.broadcast(parts, wholes).shape, np.nan)
    np.divide(parts, wholes, out=out, where=wholes > 0)
    return out


def mean(values: Sequence[float | None]) -> Statistic:
    """The mean over the cases that have a value."""
    mask = np.array([value is not None for value in values], dtype=np.float64)
    numbers = np.array([value or 0.0 for value in values], dtype=np.float64)
    return lambda weights: divided(weights @ numbers, weights @ mask)


def macro_f1(expected: Sequence[frozenset[str]], predicted: Sequence[frozenset[str]]) -> Statistic:
    """The mean F1 of all labels that are expected or predicted (as scikit-learn's `f1_score(average="macro")`)."""
    names = sorted(frozenset().union(*expected, *predicted))
    truth, made = _indicators(names, expected), _indicators(names, predicted)
    twice_right, named = 2 * truth * made, truth + made

    def statistic(weights: Floats) -> Floats:
        f1 = divided(weights @ twice_right, weights @ named)
        return divided(np.nansum(f1, axis=1), np.sum(~np.isnan(f1), axis=1))

    return statistic


def _indicators(names: Sequence[str], sets: Sequence[frozenset[str]]) -> Floats:
    columns = {name: column for column, name in enumerate(names)}
    indicators = np.zeros((len(sets), len(names)))
    for row, labels in enumerate(sets):
        for label in labels:
            indicators[row, columns[label]] = 1.0
    return indicators


def calibration_error(confidences: Sequence[float], right: Sequence[bool | None]) -> Statistic:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015): the mean distance of confidence and
    accuracy, each bin weighted by its size. Cases of which nothing is known (None) are left out."""
    sure = np.asarray(confidences, dtype=np.float64)
    mask = np.array([good is not None for good in right], dtype=np.float64)
    apart = (sure - np.array([bool(good) for good in right], dtype=np.float64)) * mask
    bins = np.zeros((len(sure), _BINS))
    bins[np.arange(len(sure)), np.minimum(sure * _BINS, _BINS - 1).astype(np.intp)] = apart
    return lambda weights: divided(np.abs(weights @ bins).sum(axis=1), weights @ mask)


def auroc(scores: Sequence[float], positive: Sequence[bool | None]) -> Statistic:
    """The probability that a positive case has a higher score than a negative one; ties count half. Cases that are
    neither (None) are left out. Sorts once; no pair is looked at."""
    order, starts = _tied(scores)
    good = np.array([label is True for label in positive], dtype=np.float64)[order]
    bad = np.array([label is False for label in positive], dtype=np.float64)[order]

    def statistic(weights: Floats) -> Floats:
        ranked = weights[:, order]
        above = np.add.reduceat(ranked * good, starts, axis=1)
        below = np.add.reduceat(ranked * bad, starts, axis=1)
        wins = (above * (np.cumsum(below, axis=1) - below / 2)).sum(axis=1)
        return divided(wins, above.sum(axis=1) * below.sum(axis=1))

    return statistic


def _tied(scores: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The order of rising scores, and where in it each group of equal scores starts."""
    values = np.asarray(scores, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    return order, np.flatnonzero(np.r_[True, np.diff(values[order]) > 0])
