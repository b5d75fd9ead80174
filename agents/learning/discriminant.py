"""Linear discriminant analysis: a learnt choice among hundreds of labels that costs one product of a matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from agents.learning.kernels import Floats, Labels, softmax, temperature

_SHRINKAGE = 0.5
"""How far the covariance is drawn to a multiple of the identity: of 0.1 to 0.6 the larger did better with fourteen
examples a label."""
_PRIOR = 2.0
"""Examples that a label's description counts as."""
_FOLDS = 5
_BLOCK = 512
"""Rows that are looked at together: with all at once, thousands of rows would take hundreds of megabytes."""


@dataclass(frozen=True, slots=True)
class Discriminant:
    """`weights`, shape (width, labels), and `bias`: what a unit vector is multiplied with and added to, for logits."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats

    @classmethod
    def fit(cls, labels: Sequence[str], rows: Floats, numbers: Labels, descriptions: Floats) -> Self:
        """Fit unit vectors, one row per example, whose labels `numbers` count from 0; `descriptions` has one row per
        label. Logits are divided by a temperature that is found on folds left out (Guo et al. 2017)."""
        folds = np.arange(len(rows)) % _FOLDS
        unseen = np.zeros((len(rows), len(labels)))
        for fold in range(_FOLDS):
            weights, bias = _fitted(rows[folds != fold], numbers[folds != fold], descriptions)
            unseen[folds == fold] = rows[folds == fold] @ weights + bias
        heat = _WIDER * temperature(unseen / _WIDER, numbers)
        weights, bias = _fitted(rows, numbers, descriptions)
        return cls(tuple(labels), weights / heat, bias / heat)

    def shares(self, rows: Floats) -> Floats:
        """The labels' probabilities, shape (rows, labels)."""
        return softmax(rows @ self.weights + self.bias)

    def highest(self, rows: Floats) -> Floats:
        """Each label's highest probability in any of the rows, however many, in single precision; 0 where there is
        none."""
        weights, bias = self.weights.astype(np.float32), self.bias.astype(np.float32)
        highest = np.zeros(len(self.labels), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK].astype(np.float32)
            highest = np.maximum(highest, softmax(block @ weights + bias).max(axis=0))
        return highest


_WIDER = 4.0
"""Logits of this method are larger than those that `temperature` was made for."""


def _fitted(rows: Floats, numbers: Labels, descriptions: Floats) -> tuple[Floats, Floats]:
    counts = np.bincount(numbers, minlength=len(descriptions))[:, None]
    sums = np.zeros_like(descriptions)
    np.add.at(sums, numbers, rows)
    means = (sums + _PRIOR * descriptions) / (counts + _PRIOR)
    rest = rows - means[numbers]
    covariance = rest.T @ rest / len(rows)
    spread = np.trace(covariance) / len(covariance)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * spread * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, means.T)
    return weights, -0.5 * np.einsum("ij,ji->i", means, weights)
