import threading
from collections.abc import Sequence

import numpy as np
import pytest

from rag.embedder import Vectors
from rag.embedders import question_cache
from rag.embedders.question_cache import RecentEmbedder
from tests.unit.rag.hashing import HashingEmbedder


class Asked(HashingEmbedder):
    """Notes what it was asked for. `broken`: as a model that has run out of memory."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, ...]] = []
        self.broken = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(tuple(texts))
        if self.broken:
            raise RuntimeError("broken")
        return super().embed(texts)


def test_a_text_asked_for_again_is_embedded_once() -> None:
    inner = Asked()
    embedder = RecentEmbedder(inner)
    first = embedder.embed(["tyre"])
    assert np.array_equal(embedder.embed(["tyre"]), first)
    embedder.embed(["oil"])
    assert inner.asked == [("tyre",), ("oil",)]


def test_of_a_few_texts_only_the_new_ones_are_embedded() -> None:
    inner = Asked()
    embedder = RecentEmbedder(inner)
    for texts in (["tyre", "oil"], ["oil", "tyre"], ["oil", "belt", "oil"]):
        assert np.array_equal(embedder.embed(texts), HashingEmbedder().embed(texts))
    assert embedder.embed([]).shape == (0, 64)
    assert inner.asked == [("tyre", "oil"), ("belt",), ()]


def test_many_texts_are_passed_on() -> None:
    inner = Asked()
    embedder = RecentEmbedder(inner)
    many = tuple(f"word {number}" for number in range(20))
    for _ in range(2):
        assert np.array_equal(embedder.embed(many), HashingEmbedder().embed(many))
    assert inner.asked == [many, many]


def test_only_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_cache, "_REMEMBERED", 2)
    inner = Asked()
    embedder = RecentEmbedder(inner)
    for text in ("a", "b", "a", "c"):
        embedder.embed([text])
    inner.asked.clear()
    for text in ("a", "c", "b"):
        embedder.embed([text])
    assert inner.asked == [("b",)]


def test_changing_a_vector_changes_nothing_remembered() -> None:
    embedder = RecentEmbedder(HashingEmbedder())
    for _ in range(3):
        vectors = embedder.embed(["tyre"])
        assert np.array_equal(vectors, HashingEmbedder().embed(["tyre"]))
        vectors[:] = 7.0


def test_a_failure_is_not_remembered() -> None:
    inner = Asked()
    embedder = RecentEmbedder(inner)
    inner.broken = True
    with pytest.raises(RuntimeError):
        embedder.embed(["tyre"])
    inner.broken = False
    assert embedder.embed(["tyre"]).shape == (1, 64)


def test_threads_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_cache, "_REMEMBERED", 5)
    embedder = RecentEmbedder(HashingEmbedder())
    texts = [f"word {n}" for n in range(9)]
    expected = {text: HashingEmbedder().embed([text]) for text in texts}
    wrong: list[str] = []

    def work(start: int) -> None:
        for at in range(200):
            text = texts[(start + at * (start + 1)) % len(texts)]
            if not np.array_equal(embedder.embed([text]), expected[text]):
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
