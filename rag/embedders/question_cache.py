"""An embedder that remembers the single texts asked for lately: customers ask alike, and one question is embedded for
the search and again for the answer."""

from collections.abc import Sequence
from threading import Lock

from cachetools import LRUCache

from rag.embedder import Embedder, Vectors

_REMEMBERED = 512


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
        if len(texts) != 1:
            return self._inner.embed(texts)
        text = texts[0]
        with self._remembering:
            vector = self._recent.get(text)
        if vector is not None:
            return vector.copy()
        vectors = self._inner.embed(texts)
        with self._remembering:
            self._recent[text] = vectors.copy()
        return vectors
