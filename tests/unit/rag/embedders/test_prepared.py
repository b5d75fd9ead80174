"""Vectors that ingestion has made are read from their file, and whatever is wrong with it costs time only."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.embedder import Vectors
from rag.embedders.prepared import PreparedEmbedder
from tests.unit.rag.hashing import HashingEmbedder

TEXTS = ["The tank holds 52 l.", "Check the oil every 1,000 km.", "The boot holds 420 l."]


class Counting(HashingEmbedder):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def _none(done: int, total: int, current: str) -> None:
    pass


def test_what_is_prepared_is_not_embedded_again(tmp_path: Path) -> None:
    file, inner = tmp_path / "prepared.npz", Counting()
    assert PreparedEmbedder(inner, file).prepare(TEXTS[:2], _none) == 2
    inner.asked.clear()
    found = PreparedEmbedder(inner, file).embed([TEXTS[2], TEXTS[0], TEXTS[1]])
    assert inner.asked == [TEXTS[2]]
    np.testing.assert_allclose(found, HashingEmbedder().embed([TEXTS[2], TEXTS[0], TEXTS[1]]), atol=1e-3)


def test_a_running_embedder_sees_a_new_file(tmp_path: Path) -> None:
    file, inner = tmp_path / "prepared.npz", Counting()
    running = PreparedEmbedder(inner, file)
    running.embed(TEXTS)
    PreparedEmbedder(inner, file).prepare(TEXTS, _none)
    inner.asked.clear()
    running.embed(TEXTS)
    assert inner.asked == []


def test_only_what_is_new_is_embedded_and_the_rest_is_forgotten(tmp_path: Path) -> None:
    file, inner = tmp_path / "prepared.npz", Counting()
    prepared = PreparedEmbedder(inner, file)
    prepared.prepare(TEXTS[:2], _none)
    inner.asked.clear()
    assert prepared.prepare(TEXTS[1:], _none) == 1
    assert inner.asked == [TEXTS[2]]
    assert prepared.prepare(TEXTS[1:], _none) == 0
    inner.asked.clear()
    prepared.embed(TEXTS)
    assert inner.asked == [TEXTS[0]]
    prepared.prepare([], _none)
    inner.asked.clear()
    prepared.embed(TEXTS)
    assert inner.asked == TEXTS


def test_a_file_that_is_damaged_or_of_another_embedder_is_as_good_as_none(tmp_path: Path) -> None:
    file, inner = tmp_path / "prepared.npz", Counting()
    PreparedEmbedder(inner, file).prepare(TEXTS, _none)
    other = Counting()
    other.name = "another"  # type: ignore[misc]
    PreparedEmbedder(other, file).embed(TEXTS)
    assert other.asked == TEXTS
    file.write_bytes(file.read_bytes()[:200])
    inner.asked.clear()
    PreparedEmbedder(inner, file).embed(TEXTS)
    assert inner.asked == TEXTS
