"""Is a message for this support at all? Compares it with messages that are and messages that are not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.learning.kernels import Floats, Kernel, Learner, Linear, softmax
from rag.embedder import Vectors

_NEAREST = 3
_CLASHES = 0.82
"""Cosine from which a foreign example says the same as one of the catalogue's own: the catalogue wins."""
_OWN_SUBJECT = 0.65
"""Cosine between the means of examples from which a foreign subject is the catalogue's own. Measured: 0.68 to 0.84
for catalogues about vehicles, money, food and telephones with that subject, at most 0.61 with any other."""
_STRENGTH = 10.0


@dataclass(frozen=True, slots=True)
class Gate:
    """The fitted gate. Rows of `own` and `foreign` are unit vectors of example messages, of `knowledge` those of what
    the knowledge base says; there may be none of the latter."""

    own: Floats
    foreign: Floats
    knowledge: Floats
    likeness: Kernel
    calibration: Linear

    def log_odds(self, vectors: Floats) -> Floats:
        """Log odds that each message is in scope, shape (messages,)."""
        alike = (vectors @ group.T for group in (self.own, self.foreign, self.knowledge))
        return self.calibration.log_odds(_score(self.likeness.scores(vectors), *alike))


def train(own: Floats, subjects: Sequence[Floats], beyond: Floats, knowledge: Floats, learner: Learner) -> Gate:
    """Fit the gate to the vectors of the catalogue's own messages, of foreign ones by subject and beyond the subject of
    the catalogue, and of what the knowledge base says.

    The nearest examples of a message are sought among the others, and its likeness is that of a machine that did not
    see it, so that the calibration learns what the score of an unseen message is worth.
    """
    foreign = np.vstack([*_strange(own, subjects), beyond])
    foreign = foreign[(foreign @ own.T).max(axis=1) < _CLASHES]
    vectors = np.vstack([own, foreign])
    labels = np.array([1] * len(own) + [0] * len(foreign), dtype=np.int64)
    likeness, unseen = learner.learn(vectors, labels, 2)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, 0.0)
    score = _score(unseen, alike[:, : len(own)], alike[:, len(own) :], vectors @ knowledge.T)
    return Gate(own, foreign, knowledge, likeness, learner.fit(score, labels, _STRENGTH))


def _strange(own: Floats, subjects: Sequence[Floats]) -> list[Floats]:
    """The subjects that are not the catalogue's own."""
    mean = _unit(own.mean(axis=0))
    return [group for group in subjects if _unit(group.mean(axis=0)) @ mean < _OWN_SUBJECT]


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


def probability(log_odds: float) -> float:
    """The probability that belongs to log odds."""
    return float(softmax(np.array([0.0, log_odds]))[1])


def _score(likeness: Floats, own: Floats, foreign: Floats, knowledge: Floats) -> Floats:
    """One figure per message, shape (messages, 1), from a machine's scores and the cosines to each group of examples.

    Weights that were fitted, one for each of the four, did no better, and a catalogue of a few examples cannot tell
    them."""
    return (likeness[:, 1] + _nearness(own) - _nearness(foreign) + _nearness(knowledge))[:, np.newaxis]


def _nearness(similarities: Floats) -> Floats:
    """The mean of the nearest few of a group, per message; 0 for an empty group."""
    if similarities.shape[1] == 0:
        return np.zeros(len(similarities))
    few = min(_NEAREST, similarities.shape[1])
    return np.asarray(-np.partition(-similarities, few - 1, axis=1)[:, :few].mean(axis=1))


def rows(vectors: Vectors, width: int) -> Floats:
    """Any vectors as float64, shape (n, width); n may be 0."""
    return np.asarray(vectors, dtype=np.float64).reshape(-1, width)
