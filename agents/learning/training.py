"""Fits the small models of `kernels.py`. The home of scikit-learn and SciPy, which take a second to import."""

import numpy as np
from scipy.linalg import lapack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from agents.learning.kernels import Floats, Kernel, Labels, Linear, likeness

_RIDGE = 0.1


def learn(vectors: Floats, labels: Labels, classes: int) -> tuple[Kernel, Floats]:
    """Regularised least squares with a Gaussian kernel and balanced classes, and the scores of the examples as if each
    had been left out, shape (examples, classes): these need no further fit (Rifkin and Lippert 2007, "Notes on
    regularized least squares"). `labels` count from 0; every class needs an example."""
    targets = 2.0 * np.eye(classes)[labels] - 1.0
    share = np.bincount(labels, minlength=classes) / len(labels)
    inverse = _inverse(likeness(vectors, vectors) + np.diag(_RIDGE * classes * share[labels]))
    weights = inverse @ targets
    return Kernel(vectors, weights), targets - weights / np.diag(inverse)[:, None]


def _inverse(matrix: Floats) -> Floats:
    """Of a symmetric positive definite matrix, by Cholesky's factors: a third of the time of `numpy.linalg.inv`."""
    factor, _ = lapack.dpotrf(matrix, lower=True)
    lower, _ = lapack.dpotri(factor, lower=True)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def fit(features: Floats, labels: Labels, strength: float) -> Linear:
    """Logistic regression with balanced classes, which `labels` number 0 and 1."""
    # One thread: on these small matrices more of them only wait for each other, for long on a busy machine.
    with threadpool_limits(1, user_api="blas"):
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(features, labels)
    return Linear(np.asarray(model.coef_[0]), float(model.intercept_[0]))
