"""Choices as arrays: to make them of thousands of examples again takes a start a second.

Choices share most of their examples, so each example is kept once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.learning.choice import Choice, Features, shaped
from agents.learning.kernels import Kernel
from rag.array_file import Arrays
from rag.embedder import Embedder

_EXAMPLES = "examples."
_NAMES = "choices"


def arrays(choices: Mapping[str, Choice[Any]]) -> Arrays:
    """What `choices_of` makes them of. Their names hold no dot."""
    kept: Arrays = {_NAMES: np.array([*choices])}
    for width in sorted({choice.kernel.examples.shape[1] for choice in choices.values()}):
        alike = {name: choice for name, choice in choices.items() if choice.kernel.examples.shape[1] == width}
        rows = np.concatenate([choice.kernel.examples for choice in alike.values()])
        whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize * width))).ravel()
        _, first, places = np.unique(whole, return_index=True, return_inverse=True)
        kept[f"{_EXAMPLES}{width}"] = rows[first]
        ends = np.cumsum([len(choice.kernel.examples) for choice in alike.values()])[:-1]
        for name, own in zip(alike, np.split(places.astype(np.int32), ends), strict=True):
            kept[f"{name}.places"] = own
    for name, choice in choices.items():
        kept[f"{name}.labels"] = np.array(choice.labels)
        kept[f"{name}.weights"] = choice.kernel.weights
        kept[f"{name}.width"] = np.array(choice.kernel.examples.shape[1])
        kept[f"{name}.figures"] = np.array([choice.leaning, choice.heat, choice.doubt])
    return kept


def choices_of(
    kept: Mapping[str, Any], embedder: Embedder, features: Mapping[str, Features[Any]]
) -> dict[str, Choice[Any]]:
    """The choices of `arrays`, with the features that they were learnt with: `shaped` where none are named. Raises
    KeyError where something is missing."""
    found = {}
    for name in map(str, kept[_NAMES]):
        examples = kept[f"{_EXAMPLES}{int(kept[f'{name}.width'])}"][kept[f"{name}.places"]]
        leaning, heat, doubt = map(float, kept[f"{name}.figures"])
        found[name] = Choice(
            tuple(map(str, kept[f"{name}.labels"])),
            Kernel(examples, kept[f"{name}.weights"]),
            leaning,
            heat,
            doubt,
            embedder,
            features.get(name, shaped),
        )
    return found


def packed(texts: Sequence[str]) -> Any:
    """Texts without line breaks as one array."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def unpacked(letters: Any) -> list[str]:
    """The texts of `packed`."""
    text = letters.tobytes().decode()
    return text.split("\n") if text else []
