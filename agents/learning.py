"""Small models over message vectors: a kernel machine that knows how it does on what it has not seen, and a linear one.
The home of scikit-learn: everything else sees numpy arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_NARROWNESS = 3.0
"""Of the kernel: a message at a cosine of 0.67 to an example counts e times less than the example itself.
Measured: 2 to 4 differ little; many classes with few examples want less."""
_RIDGE = 0.1
_TEMPERATURES = np.geomspace(0.02, 5.0, 100)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A fitted kernel machine: unit vectors of the examples, shape (examples, width), and what each adds to each class
    for messages that are like it, shape (examples, classes)."""

    examples: Floats
    weights: Floats

    def scores(self, vectors: Floats) -> Floats:
        """For unit vectors, shape (messages, classes): about 1 for the class of a message and -1 for the others."""
        return _likeness(vectors, self.examples) @ self.weights


def learn(vectors: Floats, labels: Labels, classes: int) -> tuple[Kernel, Floats]:
    """Regularised least squares with a Gaussian kernel and balanced classes, and the scores of the examples as if each
    had been left out, shape (examples, classes): these need no further fit (Rifkin and Lippert 2007, "Notes on
    regularized least squares"). `labels` count from 0; every class needs an example."""
    targets = 2.0 * np.eye(classes)[labels] - 1.0
    share = np.bincount(labels, minlength=classes) / len(labels)
    inverse = _inverse(_likeness(vectors, vectors) + np.diag(_RIDGE * classes * share[labels]))
    weights = inverse @ targets
    return Kernel(vectors, weights), targets - weights / np.diag(inverse)[:, None]


def _likeness(left: Floats, right: Floats) -> Floats:
    """The kernel between rows; its constant lets the machine prefer a class where nothing is alike."""
    return np.asarray(np.exp(_NARROWNESS * (left @ right.T - 1.0)) + 1.0)


def _inverse(matrix: Floats) -> Floats:
    """Of a symmetric positive definite matrix, by Cholesky's factors: a third of the time of `numpy.linalg.inv`."""
    factor, _ = lapack.dpotrf(matrix, lower=True)
    lower, _ = lapack.dpotri(factor, lower=True)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted linear model of two classes: `weights` of shape (features,)."""

    weights: Floats
    bias: float

    def log_odds(self, features: Floats) -> Floats:
        """Of the second class, shape (rows,)."""
        return np.asarray(features @ self.weights + self.bias)


def fit(features: Floats, labels: Labels, strength: float) -> Linear:
    """Logistic regression with balanced classes, which `labels` number 0 and 1."""
    # One thread: on these small matrices more of them only wait for each other, for long on a busy machine.
    with threadpool_limits(1, user_api="blas"):
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(features, labels)
    return Linear(np.asarray(model.coef_[0]), float(model.intercept_[0]))


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def temperature(logits: Floats, labels: Labels) -> float:
    """The divisor of the logits that makes their probabilities most likely (temperature scaling, Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])
