"""Choices as arrays: to make them of thousands of examples again takes a start a second.

Choices share most of their examples. Each is kept once, in memory too, and a message is compared with it once,
whichever of the choices are asked about the message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache

from agents.learning.choice import Choice, Features, shaped
from agents.learning.kernels import Floats, Kernel, likeness
from rag.array_file import Arrays
from rag.embedder import Embedder

_EXAMPLES = "examples."
_MANY = "-shared"
_NAMES = "choices"
_SHARED = 3000
"""Examples from which on a choice shares them: what a message does and whether it is for us are asked of the same
texts, the choices of skills of many others."""
_REMEMBERED = 32
"""Messages, and sentences of them, whose likeness to all examples is remembered: 70 kB each."""


class Examples:
    """Unit vectors that several choices have learnt, shape (examples, width). Thread-safe."""

    def __init__(self, rows: Floats) -> None:
        self._rows = rows
        self._recent: LRUCache[bytes, Floats] = LRUCache(_REMEMBERED)
        self._remembering = Lock()

    def likeness(self, vectors: Floats) -> Floats:
        """To each of them, shape (vectors, examples)."""
        keys = [vector.tobytes() for vector in vectors]
        with self._remembering:
            known = {key: self._recent[key] for key in keys if key in self._recent}
        new = {key: vector for key, vector in zip(keys, vectors, strict=True) if key not in known}
        if new:
            found = likeness(np.stack([*new.values()]).astype(self._rows.dtype), self._rows)
            known |= dict(zip(new, found, strict=True))
            with self._remembering:
                self._recent.update({key: known[key] for key in new})
        return np.stack([known[key] for key in keys])


@dataclass(frozen=True, slots=True)
class SharedKernel(Kernel):
    """A kernel machine whose own examples are the `places` of those that are shared."""

    shared: Examples | None = None
    places: Any = None

    def alike(self, vectors: Floats) -> Floats:
        assert self.shared is not None
        return np.asarray(self.shared.likeness(vectors)[:, self.places])


def arrays(choices: Mapping[str, Choice[Any]]) -> Arrays:
    """What `choices_of` makes them of. Their names hold no dot."""
    kept: Arrays = {_NAMES: np.array([*choices])}
    pools: dict[str, list[str]] = {}
    for name, choice in choices.items():
        count, width = choice.kernel.examples.shape
        pool = f"{_EXAMPLES}{width}{_MANY if count >= _SHARED else ''}"
        pools.setdefault(pool, []).append(name)
        kept[f"{name}.pool"] = np.array(pool)
        kept[f"{name}.labels"] = np.array(choice.labels)
        kept[f"{name}.weights"] = choice.kernel.weights
        if choice.kernel.spelling is not None:
            kept[f"{name}.spelling"] = choice.kernel.spelling
        kept[f"{name}.figures"] = np.array([choice.leaning, choice.heat, choice.doubt])
    for pool, names in pools.items():
        own = [choices[name].kernel.examples for name in names]
        rows = np.ascontiguousarray(np.concatenate(own))
        whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
        _, first, places = np.unique(whole, return_index=True, return_inverse=True)
        kept[pool] = rows[first]
        ends = np.cumsum([len(some) for some in own])[:-1]
        for name, some in zip(names, np.split(places.astype(np.int32), ends), strict=True):
            kept[f"{name}.places"] = some
    return kept


def choices_of(
    kept: Mapping[str, Any], embedder: Embedder, features: Mapping[str, Features[Any]]
) -> dict[str, Choice[Any]]:
    """The choices of `arrays`, with the features that they were learnt with: `shaped` where none are named. Raises
    KeyError where something is missing."""
    pools: dict[str, Examples] = {}
    found = {}
    for name in map(str, kept[_NAMES]):
        pool, places, weights = str(kept[f"{name}.pool"]), kept[f"{name}.places"], kept[f"{name}.weights"]
        spelling = kept.get(f"{name}.spelling")
        if pool.endswith(_MANY):
            shared = pools.setdefault(pool, Examples(kept[pool]))
            kernel: Kernel = SharedKernel(kept[pool], weights, spelling, shared, places)
        else:
            kernel = Kernel(kept[pool][places], weights, spelling)
        leaning, heat, doubt = map(float, kept[f"{name}.figures"])
        labels = tuple(map(str, kept[f"{name}.labels"]))
        found[name] = Choice(labels, kernel, leaning, heat, doubt, embedder, features.get(name, shaped))
    return found


def packed(texts: Sequence[str]) -> Any:
    """Texts without line breaks as one array."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def unpacked(letters: Any) -> list[str]:
    """The texts of `packed`."""
    text = letters.tobytes().decode()
    return text.split("\n") if text else []
