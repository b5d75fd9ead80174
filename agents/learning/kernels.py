"""The kernel machine behind learnt choices. It is fitted in `training.py`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]

_NARROWNESS = 3.0
"""Of the kernel: a message at a cosine of 0.67 to an example counts e times less than the example itself.
Measured: 2 to 4 differ little; many classes with few examples want less."""
_TEMPERATURES = np.geomspace(0.02, 5.0, 100)
_LEANINGS = np.linspace(-1.5, 1.5, 61)
"""Of a range of -2 to 2: a class with few examples is not to take in what is like nothing."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A fitted kernel machine: unit vectors of the examples, shape (examples, width), and what each adds to each class
    for messages that are like it, shape (examples, classes). `spelling`: what words and pieces of words add, shape
    (places, classes), where these were learnt beside the meaning."""

    examples: Floats
    weights: Floats
    spelling: Floats | None = None

    def scores(self, vectors: Floats) -> Floats:
        """For unit vectors, shape (messages, classes): about 1 for the class of a message and -1 for the others. The
        vectors of words stand behind those of the meaning; without them, and where none were learnt, these alone
        count."""
        width = self.examples.shape[1]
        scores = self.alike(vectors[:, :width]) @ self.weights
        if self.spelling is not None and vectors.shape[1] > width:
            scores = scores + vectors[:, width:] @ self.spelling
        return np.asarray(scores)

    def alike(self, vectors: Floats) -> Floats:
        """How like rows are to the examples, shape (rows, examples)."""
        return likeness(vectors.astype(self.examples.dtype), self.examples)


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


def leaning(scores: Floats, labels: Labels) -> float:
    """What is added to the scores of the first of two classes so that both are found equally often: with few examples
    of one, what was left out is rarely taken for it. 0 for more classes."""
    if scores.shape[1] != 2:
        return 0.0
    ahead = scores[:, 0] - scores[:, 1]
    missed = [np.mean(ahead[labels == 0] + by < 0) - np.mean(ahead[labels == 1] + by > 0) for by in _LEANINGS]
    apart = np.abs(missed)
    return float(np.median(_LEANINGS[apart == apart.min()]))
