"""An embedder that is loaded when it is first needed: much can be done with an index without embedding anything."""

from collections.abc import Callable, Sequence
from threading import Lock

from rag.embedder import Embedder, Vectors


class DeferredEmbedder:
    """Knows its name at once and the rest when asked. Thread-safe."""

    def __init__(self, name: str, load: Callable[[], Embedder]) -> None:
        self._name = name
        self._load = load
        self._loading = Lock()
        self._loaded: Embedder | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._embedder().dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder().embed(texts)

    def _embedder(self) -> Embedder:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded
