"""The embedder that is fastest on a CPU: a sentence-transformers model with 8-bit weights, run by ONNX Runtime.

Each text is run by itself, on one core: the scale of 8-bit activations spans a batch, so in one a text's vector would
depend on its neighbours, and nothing is padded. Many texts are spread over the cores. The cosine to the model's own
32-bit vectors is 0.99 on average, and no figure of retrieval differs by more than its noise: `benchmarks/ranking.py`.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from rag.embedder import Vectors
from rag.embedders.weights import NoModel, Recipe

_MAX_THREADS = 8


class QuantisedEmbedder:
    """Embeds in the calling thread, or several texts in a few threads of its own. Thread-safe."""

    def __init__(self, name: str, model: Path, tokenizer: Path, recipe: Recipe, *, threads: int | None = None) -> None:
        """`model`: what `rag.embedders.export` wrote; `threads`: how many cores many texts are spread over, None for
        all. Raises NoModel."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise bare exceptions
            raise NoModel(
                f"{model} or {tokenizer} cannot be loaded. Delete the first: it is made again at the next start."
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.most_tokens)
        self._first_only = recipe.pooling == "cls"
        self._name = name
        workers = threads or min(_MAX_THREADS, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="embed") if workers > 1 else None
        self._dimensions = len(self._embed_text(name))

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self._dimensions), dtype=np.float32)
        if len(texts) == 1 or self._threads is None:
            return np.stack([self._embed_text(text) for text in texts])
        return np.stack(list(self._threads.map(self._embed_text, texts)))

    def _embed_text(self, text: str) -> Vectors:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        hidden = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        vector: Vectors = hidden[0] if self._first_only else hidden.mean(axis=0)
        length = float(np.linalg.norm(vector))
        return (vector / length if length else vector).astype(np.float32)
