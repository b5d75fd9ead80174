"""The embedder that needs no network: a sentence-transformers model from a folder, by default all-MiniLM-L6-v2 from the
weights that a Python package carries.

That model reads the first 256 word pieces of a text, about 1,000 characters of prose; lexical search reads the rest.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: the library must never look for the model on the network

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from rag.embedder import Vectors
from rag.embedders.weights import NoModel, Weights

_BATCH = 32
_REMEMBERED = 512
_MAX_THREADS = 4


class LocalEmbedder:
    """Embeds in the calling thread, one call at a time; single texts asked for lately are remembered."""

    def __init__(self, weights: Weights) -> None:
        """Load the model. Raises NoModel."""
        torch.set_num_threads(max(1, min(_MAX_THREADS, os.cpu_count() or 1)))
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(str(weights.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise NoModel(f"{weights.folder} holds no model that can be loaded") from error
        self._name = weights.name
        self._running = Lock()
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._remembering = Lock()
        self._dimensions = len(self._encode([weights.name])[0])

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        if len(texts) > 1:
            return self._encode(texts)
        text = texts[0]
        with self._remembering:
            known = self._recent.get(text)
            if known is not None:
                self._recent.move_to_end(text)
                return known.copy()
        vectors = self._encode(texts)
        with self._remembering:
            self._recent[text] = vectors.copy()
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return vectors

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """The library sorts the texts by length itself, so that short ones are not padded to the longest."""
        with self._running:
            vectors = self._model.encode(
                list(texts),
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)
