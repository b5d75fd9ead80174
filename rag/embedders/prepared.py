"""An embedder that reads the vectors of many texts from a file in which ingestion has put them: what the documents
state is compared with every question, and to embed a sentence takes as long as a search."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag import array_file
from rag.embedder import Embedder, Vectors

_KEY_BYTES = 16
"""Of the SHA-256 of a text, by which its vector is found: two of a million texts are alike with a chance of 1e-27."""
_LOT = 64


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The vectors of one file: `places` are their rows by the texts' keys; `written` when the file was."""

    written: int
    places: dict[bytes, int]
    rows: NDArray[np.float16]


class PreparedEmbedder:
    """Embeds as `inner` does, with 16-bit numbers where a text is in the file at `path`: that changes a cosine by less
    than 0.001. Thread-safe. A file that is missing, damaged or another embedder's is as good as an empty one."""

    def __init__(self, inner: Embedder, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._reading = Lock()
        self._kept = _Prepared(-1, {}, np.empty((0, 0), np.float16))

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        kept = self._current()
        places = [kept.places.get(_key(text)) for text in texts] if kept.places else [None] * len(texts)
        missing = [text for text, place in zip(texts, places, strict=True) if place is None]
        if len(missing) == len(texts):
            return self._inner.embed(texts)
        embedded = iter(self._inner.embed(missing)) if missing else iter(())
        return np.stack([next(embedded) if place is None else kept.rows[place].astype(np.float32) for place in places])

    def prepare(self, texts: Sequence[str], progress: Callable[[int, int, str], None]) -> int:
        """Let the file hold the vectors of these texts and of no others; how many were embedded anew. Raises OSError.
        Blocks."""
        kept = self._current()
        keys = {_key(text): text for text in texts}
        new = {key: text for key, text in keys.items() if key not in kept.places}
        if not new and len(keys) == len(kept.places):
            return 0
        held = [key for key in keys if key in kept.places]
        rows = [kept.rows[[kept.places[key] for key in held]]] if held else []
        missing = list(new.values())
        for at in range(0, len(missing), _LOT):
            progress(at, len(missing), "")
            rows.append(self._inner.embed(missing[at : at + _LOT]).astype(np.float16))
        progress(len(missing), len(missing), "")
        told = np.frombuffer(b"".join((*held, *new)), np.uint8).reshape(-1, _KEY_BYTES)
        vectors = np.concatenate(rows) if rows else np.empty((0, self.dimensions), np.float16)
        array_file.write(self._path, {"embedder": np.array(self.name), "keys": told, "rows": vectors})
        return len(new)

    def _current(self) -> _Prepared:
        """What the file holds now: a command may write it anew at any time."""
        try:
            written = os.stat(self._path).st_mtime_ns
        except OSError:
            written = -1
        with self._reading:
            if written != self._kept.written:
                self._kept = self._read(written)
            return self._kept

    def _read(self, written: int) -> _Prepared:
        held = array_file.read(self._path)
        try:
            if str(held["embedder"]) == self.name and len(held["keys"]) == len(held["rows"]):
                places = {key.tobytes(): place for place, key in enumerate(held["keys"])}
                return _Prepared(written, places, held["rows"])
        except (KeyError, TypeError):
            pass
        return _Prepared(written, {}, np.empty((0, 0), np.float16))


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:_KEY_BYTES]
