"""A learner that keeps what it learned at one start of the program for the next, where nothing has changed since."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from agents.learning.kernels import Floats, Kernel, Labels, Learner, Linear
from rag import array_file

_SOURCES = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("kernels.py", "training.py"))
"""What was learned holds for as long as it would be taught in the same way."""


class TrainingCache:
    """Learns as `agents.learning.training` does, for what the file does not hold. For one thread."""

    def __init__(self, path: Path) -> None:
        """`path`: the file, made anew when it is missing or damaged."""
        self._path = path
        self._stored = array_file.read(path)
        self._used: array_file.Arrays = {}

    def learn(self, vectors: Floats, labels: Labels, classes: int) -> tuple[Kernel, Floats]:
        key = _key("learn", vectors, labels, classes)
        kept = self._kept(f"{key}.weights"), self._kept(f"{key}.unseen")
        if kept[0] is None or kept[1] is None:
            kernel, unseen = _fitting().learn(vectors, labels, classes)
            self._used |= {f"{key}.weights": kernel.weights, f"{key}.unseen": unseen}
            return kernel, unseen
        return Kernel(vectors, kept[0]), kept[1]

    def fit(self, features: Floats, labels: Labels, strength: float) -> Linear:
        key = _key("fit", features, labels, strength)
        kept = self._kept(f"{key}.line")
        if kept is None:
            line = _fitting().fit(features, labels, strength)
            self._used[f"{key}.line"] = np.array([*line.weights, line.bias])
            return line
        return Linear(kept[:-1], float(kept[-1]))

    def settle(self) -> None:
        """Write what was used and drop the rest. Raises OSError."""
        if self._used.keys() != self._stored.keys():
            array_file.write(self._path, self._used)

    def _kept(self, name: str) -> Floats | None:
        if name in self._stored:
            self._used[name] = self._stored[name]
        return self._stored.get(name)


def _fitting() -> Learner:
    from agents.learning import training  # noqa: PLC0415 (a start that has nothing new to learn is a second faster without it)

    return training


def _key(*inputs: Any) -> str:
    """The same for the same inputs and the same way to learn."""
    digest = hashlib.sha256(_SOURCES)
    for value in inputs:
        digest.update(repr(np.shape(value)).encode())
        digest.update(np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()
