"""A closed choice that is learnt from examples: which of several labels something belongs to, and how surely.

The examples lie in a TOML file beside the feature that asks; what was read wrongly is put right by an example there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from agents.language.words import vocabulary, words
from agents.learning.kernels import Floats, Kernel, softmax
from agents.learning.spelling import spelt
from rag.embedder import Embedder

E = TypeVar("E")
Features = Callable[[Sequence[E], Callable[[Sequence[str]], Floats]], Floats]
"""Unit vectors of examples, one row each, from what gives the vectors of texts."""
FORM = 6
"""Figures of a text's form."""
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
class Choice(Generic[E]):
    """The fitted choice, made by `agents.learning.teacher`. Scores of the kernel machine, that of the first of two
    labels with the `leaning` added, divided by `heat`, are logits of the `labels`. `doubt` is the probability that the
    likeliest label of 98 in 100 unseen examples exceeds. Immutable and thread-safe; blocks while embedding."""

    labels: tuple[str, ...]
    kernel: Kernel
    leaning: float
    heat: float
    doubt: float
    embedder: Embedder
    features: Features[E]

    def rows(self, items: Sequence[E]) -> Floats:
        """Vectors for `logits` and `shares` of all choices with the same features."""
        rows = self.features(items, lambda texts: embedded(self.embedder, texts))
        return rows if self.kernel.spelling is None else np.hstack([rows, spelt([str(item) for item in items])])

    def logits(self, rows: Floats) -> Floats:
        """Shape (rows, labels)."""
        scores = np.asarray(self.kernel.scores(rows), dtype=np.float64)
        scores[:, 0] += self.leaning
        return scores / self.heat

    def shares(self, rows: Floats) -> Floats:
        """The labels' probabilities, shape (rows, labels)."""
        return softmax(self.logits(rows))

    def probabilities(self, item: E) -> Mapping[str, float]:
        """How likely one thing belongs to each label."""
        return dict(zip(self.labels, map(float, self.shares(self.rows([item]))[0]), strict=True))

    def decide(self, item: E) -> Decision:
        """The likeliest label of one thing."""
        return self.decided(self.rows([item]))

    def decided(self, row: Floats) -> Decision:
        """The likeliest label of one row of `rows`, shape (1, width)."""
        shares = self.shares(row)[0]
        best = int(shares.argmax())
        return Decision(self.labels[best], float(shares[best]))


Choices = Mapping[str, Choice[str]]
"""Choices between texts, by name."""


def embedded(embedder: Embedder, texts: Sequence[str]) -> Floats:
    """The vectors of texts of any content, one row each."""
    whole = [text.encode(errors="replace").decode() for text in texts]  # half a character is no text for an embedder
    return np.asarray(embedder.embed(whole), dtype=np.float64).reshape(len(whole), -1)


def shaped(texts: Sequence[str], vectors: Callable[[Sequence[str]], Floats]) -> Floats:
    """Features of texts: their meaning, and their form beside it, shape (texts, width + 6)."""
    form = np.sqrt(_SHAPE) * np.array([_shape(text) for text in texts]).reshape(-1, FORM)
    joined = np.hstack([vectors(texts), form])
    return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True))


def bare(texts: Sequence[str], vectors: Callable[[Sequence[str]], Floats]) -> Floats:
    """Features of texts whose form says nothing: their meaning alone."""
    return vectors(texts)


def meaning(rows: Floats) -> Floats:
    """The unit vectors of the meaning alone in rows of `shaped`."""
    own = rows[:, :-FORM]
    return np.asarray(own / np.linalg.norm(own, axis=1, keepdims=True))


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
