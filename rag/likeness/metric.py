"""How alike two questions are, learnt from a knowledge base's own: those that one place answers ask for the same.

An embedder that was made for all texts finds questions alike that share a subject. Which differences matter in this
knowledge base, its customers' questions tell: a matrix turns the vectors so that the questions of one place come nearer
to each other than to those of other places. It is the linear transform that minimises the supervised contrastive loss
(Khosla et al. 2020, "L_out", temperature `_TEMPERATURE`), kept near to no change at all, found by Adam in a few passes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

_TEMPERATURE = 0.05
_KEPT = 1.0
"""How much each squared change of the matrix costs, over its rows: it holds few questions back from being learnt by
heart."""
_PASSES, _STEPS, _LOT, _STEP = 8, 150, 512, 3e-3
"""Over all questions, and so many steps at least; of so many questions each, and how far a step goes."""
_FEWEST = 100
"""Questions that share their place with another: of fewer, nothing is learnt."""
_DECAY = (0.9, 0.999)
_RANKS = 33
"""Points at which cosines before and after are set beside each other."""
_COMPARED = 4096
"""Questions that are compared with each other for that."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`turn`: a square matrix by which vectors are multiplied before they are compared. `after` and `before`: growing
    cosines of turned vectors, and those of the embedder's own that are reached as seldom by the nearest question; what
    is decided by a cosine means the same with the metric as without."""

    turn: Numbers
    after: Numbers
    before: Numbers

    def turned(self, rows: Numbers) -> Numbers:
        """The vectors as they are compared: rows of length 1."""
        return _unit(rows @ self.turn)

    def returned(self, rows: Numbers) -> Numbers:
        """The vectors that were `turned`: the matrix is near to no change, so that it can be undone."""
        return _unit(rows @ np.linalg.inv(self.turn))

    def likeness(self, cosines: Numbers) -> Numbers:
        """The cosines of turned vectors on the scale of the embedder's own."""
        scaled: Numbers = np.interp(cosines, self.after, self.before).astype(np.float32)
        return scaled


def unchanged(size: int) -> Metric:
    """The metric in which vectors of so many numbers are compared as they are."""
    ends = np.array([-1.0, 1.0], dtype=np.float32)
    return Metric(np.eye(size, dtype=np.float32), ends, ends)


def learn(rows: Numbers, places: NDArray[np.intp]) -> Metric:
    """The metric of questions with these vectors, one a row, each of length 1. `places`: the number of what answers
    each, from 0. The same questions give the same metric. Cost: linear in the questions."""
    if (np.bincount(places)[places] > 1).sum() < _FEWEST:
        return unchanged(rows.shape[1])
    turn = _learnt(rows.astype(np.float32), places)
    some = _spread(len(rows))
    turned = _unit(rows[some] @ turn)
    ranks = np.linspace(0.0, 1.0, _RANKS)
    after, before = (np.quantile(_nearest(told), ranks) for told in (turned, rows[some]))
    return Metric(turn, _growing(after), _growing(before))


def _learnt(rows: Numbers, places: NDArray[np.intp]) -> Numbers:
    """The matrix, by Adam (Kingma and Ba 2015). A lot holds whole places, so that what is to come near is in it."""
    chance = np.random.default_rng(0)
    size = rows.shape[1]
    turn = np.eye(size, dtype=np.float32)
    mean, square = np.zeros_like(turn), np.zeros_like(turn)
    steps = 0
    lots = max(1, len(rows) // _LOT)
    for _ in range(max(_PASSES, _STEPS // lots)):
        order = np.argsort(chance.permutation(places.max() + 1)[places], kind="stable")
        for lot in np.array_split(order, lots):
            steps += 1
            slope = _slope(rows[lot], places[lot], turn)
            mean = _DECAY[0] * mean + (1 - _DECAY[0]) * slope
            square = _DECAY[1] * square + (1 - _DECAY[1]) * slope * slope
            scaled = np.sqrt(square / (1 - _DECAY[1] ** steps)) + 1e-8
            turn = turn - _STEP * (mean / (1 - _DECAY[0] ** steps)) / scaled
    return turn.astype(np.float32)


def _slope(rows: Numbers, places: NDArray[np.intp], turn: Numbers) -> Numbers:
    """The gradient of the loss of one lot by the matrix."""
    turned = rows @ turn
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    unit = turned / length
    alike = unit @ unit.T / _TEMPERATURE
    np.fill_diagonal(alike, -np.inf)
    odds = np.exp(alike - alike.max(axis=1, keepdims=True))
    same = places[:, None] == places[None, :]
    np.fill_diagonal(same, False)
    counted = same.any(axis=1, keepdims=True)
    wanted = np.where(same, odds, 0.0)
    share = odds / odds.sum(axis=1, keepdims=True)
    off = np.where(counted, share - wanted / np.maximum(wanted.sum(axis=1, keepdims=True), 1e-30), 0.0)
    off /= max(1, int(counted.sum()))
    by_unit = (off @ unit + off.T @ unit) / _TEMPERATURE
    by_turned = (by_unit - (by_unit * unit).sum(axis=1, keepdims=True) * unit) / length
    slope: Numbers = rows.T @ by_turned + 2 * _KEPT * (turn - np.eye(len(turn), dtype=np.float32)) / len(turn)
    return slope


def _nearest(rows: Numbers) -> Numbers:
    """Of each row, the cosine of the other row nearest to it."""
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1.0)
    nearest: Numbers = cosines.max(axis=1, initial=-1.0)
    return nearest


def _spread(count: int) -> NDArray[np.intp]:
    """The positions of at most `_COMPARED` of `count`, evenly."""
    return np.unique(np.linspace(0, count - 1, min(count, _COMPARED)).astype(np.intp))


def _growing(cosines: Numbers) -> Numbers:
    """The cosines, which grow already, between those of opposite and of equal vectors."""
    ends = np.concatenate([[-1.0], np.clip(cosines, -1.0, 1.0), [1.0]])
    return np.maximum.accumulate(ends).astype(np.float32)


def _unit(rows: Numbers) -> Numbers:
    unit: Numbers = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit.astype(np.float32)
