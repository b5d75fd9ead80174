"""The embedder for any sentence-transformers model of one's own, run by PyTorch: for those that `quantised` cannot.

All-MiniLM-L6-v2 reads the first 256 word pieces of a text, about 1,000 characters of prose; lexical search reads the
rest.
"""

import os
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
_MAX_THREADS = 4


class LocalEmbedder:
    """Embeds in the calling thread, one call at a time."""

    def __init__(self, weights: Weights) -> None:
        """Load the model. Raises NoModel."""
        torch.set_num_threads(max(1, min(_MAX_THREADS, os.cpu_count() or 1)))
        transformers_logging.disable_progress_bar()
        try:
            self._model = SentenceTransformer(str(weights.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise NoModel(f"{weights.folder} holds no model that can be loaded") from error
        self._name = weights.name
        self._running = Lock()
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
        return self._encode(texts)

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
