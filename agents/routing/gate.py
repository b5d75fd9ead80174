"""Is a message for this support at all? Learnt from messages that are and messages that are not."""

from collections.abc import Mapping, Sequence

import numpy as np

from agents.learning.choice import Choice, meaning
from agents.learning.kernels import Floats, softmax
from agents.learning.teacher import Mask, Teacher

OWN = "own"
_CLASHES = 0.82
"""Cosine from which a foreign example says the same as one of the catalogue's own: the catalogue wins."""
_OWN_SUBJECT = 0.65
"""Cosine between the means of examples from which a foreign subject is the catalogue's own. Measured: 0.68 to 0.84
for catalogues about vehicles, money, food and telephones with that subject, at most 0.61 with any other."""


def gate(
    teacher: Teacher, own: Sequence[str], subjects: Mapping[str, Sequence[str]], beyond: Sequence[str]
) -> Choice[str]:
    """The choice between the catalogue's own messages, `OWN`, and foreign ones: by subject, and beyond the subject of
    the catalogue."""
    foreign = dict.fromkeys([*(text for lines in subjects.values() for text in lines), *beyond])
    places = {text: place for place, text in enumerate(foreign)}
    groups = [[places[text] for text in lines] for lines in subjects.values()]

    def strange(rows: Mapping[str, Floats]) -> Mapping[str, Mask]:
        """Without the subjects that are the catalogue's own, and what says the same as one of its messages."""
        known, others = map(meaning, rows.values())
        mean = _unit(known.mean(axis=0))
        kept = (others @ known.T).max(axis=1) < _CLASHES
        for group in groups:
            kept[group] &= _unit(others[group].mean(axis=0)) @ mean < _OWN_SUBJECT
        return {OWN: np.ones(len(known), dtype=bool), "foreign": kept}

    return teacher.choice({OWN: own, "foreign": list(foreign)}, sift=strange)


def log_odds(choice: Choice[str], label: str, rows: Floats) -> Floats:
    """Log odds of one of a choice's two labels, shape (rows,)."""
    logits = choice.logits(rows)
    own = choice.labels.index(label)
    return np.asarray(logits[:, own] - logits[:, 1 - own])


def probability(odds: float) -> float:
    """The probability that belongs to log odds."""
    return float(softmax(np.array([0.0, odds]))[1])


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
