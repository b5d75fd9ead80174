"""An embedder that remembers the few texts asked for lately: customers ask alike, and one question is embedded for the
search and again for each of those that read it."""

from collections.abc import Sequence
from threading import Lock

import numpy as np
from cachetools import LRUCache

from rag.embedder import Embedder, Vectors

_REMEMBERED = 2_048
_FEW = 8
"""Texts that are asked for together and remembered; more are documents, and come once."""


class RecentEmbedder:
    """Embeds as `inner` does. Thread-safe."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._recent: LRUCache[str, Vectors] = LRUCache(_REMEMBERED)
        self._remembering = Lock()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not 0 < len(texts) <= _FEW:
            return self._inner.embed(texts)
        with self._remembering:
            known = {text: vector for text in texts if (vector := self._recent.get(text)) is not None}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            made = dict(zip(new, self._inner.embed(new), strict=True))
            known |= made
            with self._remembering:
                self._recent.update(made)
        return np.stack([known[text] for text in texts])
