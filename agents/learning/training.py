"""Fits the kernel machine of `kernels.py`. The home of SciPy's linear algebra, which takes a while to import."""

import numpy as np
from scipy.linalg import lapack

from agents.learning.kernels import Floats, Labels, likeness

_RIDGE = 0.1
_WORDS = 0.5
"""Of the likeness of words beside that of meanings. Measured on dangers and acts: 0.5 to 1 differ little."""


def learn(vectors: Floats, labels: Labels, classes: int, spelt: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Regularised least squares with a Gaussian kernel and balanced classes: the weights of the examples, and their
    scores as if each had been left out, both of shape (examples, classes). The latter need no further fit (Rifkin and
    Lippert 2007, "Notes on regularized least squares"). `labels` count from 0; every class needs an example. `spelt`:
    vectors of the examples' words, whose likeness is added to that of the meanings; third is what each of their places
    adds, shape (places, classes), which is the same as to compare with every example and needs none of them."""
    targets = 2.0 * np.eye(classes)[labels] - 1.0
    share = np.bincount(labels, minlength=classes) / len(labels)
    spelt = np.zeros((len(vectors), 0)) if spelt is None else spelt
    alike = likeness(vectors, vectors) + _WORDS * (spelt @ spelt.T)
    inverse = _inverse(alike + np.diag(_RIDGE * classes * share[labels]))
    weights = inverse @ targets
    return weights, targets - weights / np.diag(inverse)[:, None], _WORDS * (spelt.T @ weights)


def _inverse(matrix: Floats) -> Floats:
    """Of a symmetric positive definite matrix, by Cholesky's factors: a third of the time of `numpy.linalg.inv`."""
    factor, _ = lapack.dpotrf(matrix, lower=True)
    lower, _ = lapack.dpotri(factor, lower=True)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)
