"""A closed choice that is learnt from examples: which of several labels a text belongs to, and how surely.

The examples lie in a TOML file beside the feature that asks; what was read wrongly is put right by an example there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from agents.language.words import vocabulary, words
from agents.learning.kernels import Floats, Kernel, Labels, Learner, softmax, temperature

_SHAPE = 0.1
"""The share of a text's form beside its meaning. Measured on the acts: 0.1 to 0.3 differ little, 0 is worse."""
_OPENINGS = vocabulary("what which who whose how why when where is are was do does did can could will would should may")
_SPEAKER = vocabulary("i i'm i've i'd me my mine we our us")
_ADDRESSED = vocabulary("you your you're yours yourself")
_LONG = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """The likeliest label and its probability."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The fitted choice. Scores of the kernel machine, divided by `heat`, are logits of the `labels`. `unseen` are the
    probabilities of the examples, shape (examples, labels), as if each had been left out; `numbers` their labels."""

    labels: tuple[str, ...]
    kernel: Kernel
    heat: float
    unseen: Floats
    numbers: Labels

    @classmethod
    def train(cls, texts: Mapping[str, Sequence[str]], vectors: Mapping[str, Floats], learner: Learner) -> Self:
        """Learn the `texts` of each label, whose unit vectors, one row per text, are given beside them. Raises
        ValueError for fewer than two labels."""
        return cls.fit({label: shaped(texts[label], vectors[label]) for label in texts}, learner)

    @classmethod
    def fit(cls, rows: Mapping[str, Floats], learner: Learner) -> Self:
        """Learn the unit vectors of each label's examples, one row per example. Raises ValueError for fewer than two
        labels."""
        labels = tuple(rows)
        if len(labels) < 2:
            raise ValueError("a choice needs two labels at least")
        numbers = np.repeat(np.arange(len(labels)), [len(rows[label]) for label in labels])
        kernel, unseen = learner.learn(np.vstack(list(rows.values())), numbers, len(labels))
        heat = temperature(unseen, numbers)
        return cls(labels, kernel, heat, softmax(unseen / heat), numbers)

    def shares(self, rows: Floats) -> Floats:
        """The labels' probabilities, shape (rows, labels), of vectors like those that were learnt."""
        return softmax(self.kernel.scores(rows) / self.heat)

    def probabilities(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Shape (texts, labels); `vectors` are the texts' unit vectors, one row each."""
        return self.shares(shaped(texts, vectors))

    def exceeded_by(self, share: float, label: str, other: str) -> float:
        """The probability of the label `other` that this share of the examples of `label` exceeds, had each of them not
        been seen."""
        own = self.unseen[self.numbers == self.labels.index(label), self.labels.index(other)]
        return float(np.quantile(own, 1.0 - share))

    def decide(self, text: str, vector: Floats) -> Decision:
        """The likeliest label of one text."""
        probabilities = self.probabilities([text], vector.reshape(1, -1))[0]
        best = int(probabilities.argmax())
        return Decision(self.labels[best], float(probabilities[best]))


def shaped(texts: Sequence[str], vectors: Floats) -> Floats:
    """Unit vectors of texts with the form of the texts beside their meaning, shape (texts, width + 6)."""
    joined = np.hstack([vectors, np.sqrt(_SHAPE) * np.array([_shape(text) for text in texts]).reshape(-1, 6)])
    return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True))


def opens_question(text: str) -> bool:
    """Whether a text begins as questions do."""
    first = next(iter(words(text)), "")
    return first.split("'")[0] in _OPENINGS or first == "whats"


def _shape(text: str) -> list[float]:
    """Whether it asks, how long it is, and of whom it speaks; each 0..1."""
    spoken = words(text)
    return [
        float("?" in text),
        float(opens_question(text)),
        min(len(spoken), _LONG) / _LONG,
        float(not _SPEAKER.isdisjoint(spoken)),
        float(not _ADDRESSED.isdisjoint(spoken)),
        float(any(character.isdigit() for character in text)),
    ]
