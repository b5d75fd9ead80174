"""Coverage against accuracy: what share would be right if only the most certain cases were answered.

The risk-coverage curve of El-Yaniv and Wiener (2010), told as accuracy. Cases of equal certainty are taken in part, as
if in random order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.evaluation.bootstrap import INTERVAL, Floats, Statistic, resamples
from orchestrator.evaluation.statistics import divided

STEPS = np.arange(1, 101) / 100
"""The coverages at which a curve is drawn."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The accuracy at each of STEPS, of the cases in `order` (most certain first). `ends` are the places in it where a
    group of equal certainty ends; `right` and `mask`, whether that is known, are 0 or 1 for each place."""

    order: np.ndarray
    ends: np.ndarray
    right: Floats
    mask: Floats

    def accuracies(self, weights: Floats, coverages: Floats = STEPS) -> Floats:
        """Shape (resamples, coverages), from weights of shape (resamples, cases)."""
        ranked = weights[:, self.order]
        answered = _from_zero(np.cumsum(ranked * self.mask, axis=1)[:, self.ends])
        good = _from_zero(np.cumsum(ranked * self.right, axis=1)[:, self.ends])
        targets = answered[:, -1:] * coverages
        rows = [np.interp(*row) for row in zip(targets, answered, good, strict=True)]
        return divided(np.asarray(rows), targets)

    def at(self, coverage: float) -> Statistic:
        """The accuracy when so many are answered."""
        return lambda weights: self.accuracies(weights, np.array([coverage]))[:, 0]

    def area(self) -> Statistic:
        """The mean accuracy over all coverages: 1 when all are right, and the larger the more certain the right are."""
        return lambda weights: self.accuracies(weights).mean(axis=1)


def curve(certainties: Sequence[float], right: Sequence[bool | None]) -> Curve:
    """The curve of the cases; those of which nothing is known (None) are left out."""
    falling = -np.asarray(certainties, dtype=np.float64)
    order = np.argsort(falling, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(falling[order]) > 0, bool(len(order))])
    mask = np.array([good is not None for good in right], dtype=np.float64)
    good = np.array([good is True for good in right], dtype=np.float64)
    return Curve(order, ends, good[order], mask[order])


def band(curve: Curve) -> tuple[Floats, Floats]:
    """Low and high of the accuracy at each of STEPS, each an interval of its own."""
    drawn = np.concatenate([curve.accuracies(weights) for weights in resamples(len(curve.order))])
    low, high = np.quantile(drawn, INTERVAL, axis=0)
    return low, high


def _from_zero(rising: Floats) -> Floats:
    return np.concatenate([np.zeros((len(rising), 1)), rising], axis=1)
