"""Re-ranking by a sentence-transformers cross-encoder from a folder of one's own; loaded when it is first needed."""

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: the library must never look for the model on the network

import torch
from sentence_transformers import CrossEncoder

from rag.embedders.weights import NoModel


class CrossEncoderReranker:
    """One call at a time; about 20 ms a passage on one core for a model of six layers."""

    def __init__(self, folder: Path) -> None:
        """Load the model. Raises NoModel."""
        try:
            self._model = CrossEncoder(str(folder), device="cpu", local_files_only=True, num_labels=1)
        except (OSError, ValueError, KeyError) as error:
            raise NoModel(f"{folder} holds no cross-encoder with one score that can be loaded") from error
        self._running = Lock()

    def relevance(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        with self._running:
            scores = self._model.predict(
                [(question, text) for text in texts], activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
        return [float(score) for score in scores]
