"""Choices by the examples that lie beside a module, each learnt once in a process."""

from collections.abc import Sequence

import numpy as np

from agents.learning.choice import Choice, Decision
from agents.learning.examples import beside
from agents.learning.kernels import Floats, Learner
from rag.embedder import Embedder

_choices: dict[tuple[str, str], Choice] = {}
"""By the embedder's name, whose vectors are the same for the same texts, and the module."""


def taught(embedder: Embedder, module: str, learner: Learner | None = None) -> Choice:
    """The choice between the lists of examples in the TOML file that is named like `module`, a module's `__file__`.
    `learner` learns it where nobody has yet, by default `agents.learning.training`. Embeds, so that it blocks."""
    key = (embedder.name, module)
    if key not in _choices:
        if learner is None:
            from agents.learning import training  # noqa: PLC0415 (it takes a second, and is rarely wanted)

            learner = training
        texts = beside(module)
        rows = {label: unit_rows(embedder, lines) for label, lines in texts.items()}
        _choices[key] = Choice.train(texts, rows, learner)
    return _choices[key]


def decided(embedder: Embedder, module: str, text: str) -> Decision:
    """What `taught` chooses for a text."""
    return taught(embedder, module).decide(text, unit_rows(embedder, [text])[0])


def unit_rows(embedder: Embedder, texts: Sequence[str]) -> Floats:
    """The vectors of texts of any content, one row each."""
    whole = [text.encode(errors="replace").decode() for text in texts]  # half a character is no text for an embedder
    return np.asarray(embedder.embed(whole), dtype=np.float64)
