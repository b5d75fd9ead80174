"""A learnt choice together with what embeds the texts that it decides on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from agents.learning.choice import Choice
from agents.learning.kernels import Floats, Learner
from rag.embedder import Embedder


@dataclass(frozen=True, slots=True)
class TextChoice:
    """Immutable and thread-safe; blocks while embedding."""

    embedder: Embedder
    choice: Choice

    @classmethod
    def train(cls, embedder: Embedder, learner: Learner, examples: Mapping[str, Sequence[str]]) -> Self:
        """Learn the examples of each label. Raises ValueError for fewer than two labels."""
        vectors = {label: np.asarray(embedder.embed(lines), dtype=np.float64) for label, lines in examples.items()}
        return cls(embedder, Choice.train(examples, vectors, learner))

    def embedded(self, text: str) -> Floats:
        """The text's vector, shape (1, width), for all choices that were learnt with the same embedder."""
        return np.asarray(self.embedder.embed([text]), dtype=np.float64)

    def probabilities(self, text: str, vector: Floats) -> Mapping[str, float]:
        """How likely the text, of which `vector` is what `embedded` gives, belongs to each label."""
        found = self.choice.probabilities([text], vector)[0]
        return dict(zip(self.choice.labels, map(float, found), strict=True))
