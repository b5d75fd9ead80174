"""An embedder that keeps what it learned at one start of the program for the next."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag import array_file
from rag.embedder import Embedder, Vectors


class RememberedEmbedder:
    """Embeds as `inner` does, and until `settle` keeps every vector in a file, for the same texts next time.

    Used from one thread until `settle`.
    """

    def __init__(self, inner: Embedder, path: Path) -> None:
        """`path`: the file, made anew when it is missing, damaged or of another embedder."""
        self._inner = inner
        self._path = path
        self._vectors: dict[str, Vectors] | None = _read(path, inner.name)
        self._used: dict[str, Vectors] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        if self._vectors:
            return len(next(iter(self._vectors.values())))
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self._vectors is None or not texts:
            return self._inner.embed(texts)
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        if missing:
            self._vectors |= dict(zip(missing, self._inner.embed(list(missing.values())), strict=True))
        self._used |= {key: self._vectors[key] for key in keys}
        return np.stack([self._vectors[key] for key in keys])

    def settle(self) -> None:
        """Write what was used, drop the rest, and remember nothing more."""
        if self._used and self._used.keys() != _read(self._path, self.name).keys():
            keys, vectors = list(self._used), np.stack(list(self._used.values()))
            array_file.write(self._path, {"name": self.name, "keys": keys, "vectors": vectors})
        self._vectors, self._used = None, {}


def _read(path: Path, name: str) -> dict[str, Vectors]:
    kept = array_file.read(path)
    if not kept.keys() >= {"name", "keys", "vectors"} or str(kept["name"]) != name:
        return {}
    if len(kept["keys"]) != len(kept["vectors"]):
        return {}
    return dict(zip(map(str, kept["keys"]), kept["vectors"], strict=True))
