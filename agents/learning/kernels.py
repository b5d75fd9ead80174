"""Small models over message vectors: a kernel machine and a linear one. They are fitted in `training.py`."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_NARROWNESS = 3.0
"""Of the kernel: a message at a cosine of 0.67 to an example counts e times less than the example itself.
Measured: 2 to 4 differ little; many classes with few examples want less."""
_TEMPERATURES = np.geomspace(0.02, 5.0, 100)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A fitted kernel machine: unit vectors of the examples, shape (examples, width), and what each adds to each class
    for messages that are like it, shape (examples, classes)."""

    examples: Floats
    weights: Floats

    def scores(self, vectors: Floats) -> Floats:
        """For unit vectors, shape (messages, classes): about 1 for the class of a message and -1 for the others."""
        return likeness(vectors, self.examples) @ self.weights


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted linear model of two classes: `weights` of shape (features,)."""

    weights: Floats
    bias: float

    def log_odds(self, features: Floats) -> Floats:
        """Of the second class, shape (rows,)."""
        return np.asarray(features @ self.weights + self.bias)


class Learner(Protocol):
    """Fits the models: `agents.learning.training`, or what remembers its results."""

    def learn(self, vectors: Floats, labels: Labels, classes: int) -> tuple[Kernel, Floats]:
        """A kernel machine of `classes`, and its scores of the examples as if each had been left out, shape
        (examples, classes). `labels` count from 0; every class needs an example."""

    def fit(self, features: Floats, labels: Labels, strength: float) -> Linear:
        """A linear model of the two classes that `labels` number 0 and 1."""


def likeness(left: Floats, right: Floats) -> Floats:
    """The kernel between rows; its constant lets the machine prefer a class where nothing is alike."""
    return np.asarray(np.exp(_NARROWNESS * (left @ right.T - 1.0)) + 1.0)


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def temperature(logits: Floats, labels: Labels) -> float:
    """The divisor of the logits that makes their probabilities most likely (temperature scaling, Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])
