"""Is a message for this support at all? Compares it with messages that are and messages that are not."""

from dataclasses import dataclass

import numpy as np

from agents.learning import Floats, Linear, fit, out_of_fold, softmax
from rag.embedder import Vectors

_NEAREST = 3
_CLASHES = 0.82
"""Cosine from which a foreign example says the same as one of the catalogue's own: the catalogue wins."""
_STRENGTH = 10.0
_GATE_STRENGTH = 0.3


@dataclass(frozen=True, slots=True)
class Scope:
    """The fitted gate. Rows of `own`, `foreign` and each of `topics` are unit vectors of example messages."""

    own: Floats
    foreign: Floats
    topics: tuple[Floats, ...]
    likeness: Linear
    gate: Linear

    def log_odds(self, vectors: Floats, features: Floats) -> Floats:
        """Log odds that each message is in scope, shape (messages,). `features` is what `likeness` was fitted on."""
        near = _nearness(vectors @ self.own.T, vectors @ self.foreign.T, *(vectors @ group.T for group in self.topics))
        return np.asarray(self.gate.logits(np.hstack([near, self.likeness.logits(features)[:, 1:]]))[:, 1])


def train(own: tuple[Floats, Floats], foreign: tuple[Floats, Floats], topics: tuple[Floats, ...]) -> Scope:
    """Fit the gate to (vectors, features) of own and foreign messages, as if each had been left out. `topics` are
    groups of further texts to be near to; a group may be empty.

    The nearest examples of a message are sought among the others, and its likeness comes from models that did not
    see it, so that the gate learns what the figures of an unseen message look like.
    """
    keep = (foreign[0] @ own[0].T).max(axis=1) < _CLASHES
    others, other_features = foreign[0][keep], foreign[1][keep]
    features = np.vstack([own[1], other_features])
    labels = np.array([1] * len(own[0]) + [0] * len(others), dtype=np.int64)
    likeness = fit(features, labels, 2, _STRENGTH)
    unseen = out_of_fold(features, labels, 2, _STRENGTH)
    scores = likeness.logits(features) if unseen is None else unseen
    near = np.vstack(
        [
            _nearness(_without_self(own[0] @ own[0].T), own[0] @ others.T, *(own[0] @ group.T for group in topics)),
            _nearness(others @ own[0].T, _without_self(others @ others.T), *(others @ group.T for group in topics)),
        ]
    )
    gate = fit(np.hstack([near, scores[:, 1:]]), labels, 2, _GATE_STRENGTH)
    return Scope(own[0], others, topics, likeness, gate)


def probability(log_odds: float) -> float:
    """The probability that belongs to log odds."""
    return float(softmax(np.array([0.0, log_odds]))[1])


def _without_self(similarities: Floats) -> Floats:
    alone = similarities.copy()
    np.fill_diagonal(alone, 0.0)
    return alone


def _nearness(*similarities: Floats) -> Floats:
    """For each group of examples, per message: the greatest similarity and the mean of the nearest few."""
    columns: list[Floats] = []
    for group in similarities:
        if group.shape[1] == 0:
            columns += [np.zeros(len(group)), np.zeros(len(group))]
            continue
        best = -np.sort(-group, axis=1)[:, :_NEAREST]
        columns += [best[:, 0], best.mean(axis=1)]
    return np.column_stack(columns) * 10.0


def stacked(vectors: Floats, wording: Floats) -> Floats:
    """Meaning and wording side by side, shape (messages, both widths)."""
    return np.hstack([vectors, wording])


def rows(vectors: Vectors, width: int) -> Floats:
    """Any vectors as float64, shape (n, width); n may be 0."""
    return np.asarray(vectors, dtype=np.float64).reshape(-1, width)
