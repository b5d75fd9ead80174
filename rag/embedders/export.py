"""Turning a sentence-transformers model into what the quantised embedder runs; done once, it takes a few seconds."""

import logging
import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: the library must never look for the model on the network

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from rag.embedders.weights import NoModel, Weights

_OPSET = 17


class _Tokens(torch.nn.Module):
    """The transformer alone: from token ids to the vectors of the tokens, before they are pooled."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        return self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def export(weights: Weights, target: Path) -> None:
    """Write the model with 8-bit weights, scaled for each output channel, to `target`; all of it or nothing.
    Raises NoModel."""
    transformers_logging.disable_progress_bar()
    try:
        model = SentenceTransformer(
            str(weights.folder), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"}
        )  # attention in plain steps gives ONNX Runtime more to fuse: a sixth less time
        transformer = cast(torch.nn.Module, model[0].auto_model).eval()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise NoModel(f"{weights.folder} holds no model that can be loaded") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole, small = Path(folder, "whole.onnx"), Path(folder, "small.onnx")
        example = torch.ones(2, 16, dtype=torch.long)
        names = ["input_ids", "attention_mask"]
        torch.onnx.export(
            _Tokens(transformer),
            (example, example),
            str(whole),
            input_names=names,
            output_names=["tokens"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in (*names, "tokens")},
            opset_version=_OPSET,
            dynamo=False,
        )
        logging.disable(logging.WARNING)  # it advises a step that brings nothing here, on the root logger
        try:
            quantize_dynamic(whole, small, weight_type=QuantType.QInt8, per_channel=True)
        finally:
            logging.disable(logging.NOTSET)
        os.replace(small, target)
