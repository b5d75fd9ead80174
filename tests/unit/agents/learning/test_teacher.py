"""What was learnt is kept, and only what is new is embedded and learnt."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from agents.learning import training
from agents.learning.kernels import Floats
from agents.learning.packing import pack, unpack
from agents.learning.teacher import Mask, Teacher
from rag.embedder import Vectors
from tests.unit.rag.hashing import HashingEmbedder

EXAMPLES = {"fruit": ("red apple", "green pear", "ripe plum"), "tool": ("steel hammer", "long ladder", "sharp saw")}
ALL = [text for lines in EXAMPLES.values() for text in lines]


class Counting(HashingEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples each fit had."""
    sizes: list[int] = []
    learn = training.learn

    def counted(vectors: Floats, *rest: object) -> tuple[Floats, Floats]:
        sizes.append(len(vectors))
        return learn(vectors, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "learn", counted)
    return sizes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    teacher = Teacher(HashingEmbedder(), tmp_path / "learnt.npz")
    teacher.choice(EXAMPLES)
    teacher.settle()
    return tmp_path / "learnt.npz"


def test_the_same_is_neither_embedded_nor_learnt_twice(path: Path, fits: list[int]) -> None:
    written, embedder = path.stat().st_mtime_ns, Counting()
    for own, shipped in ((path, None), (None, path), (path.with_name("none.npz"), path)):
        teacher = Teacher(embedder, own, shipped)
        again = teacher.choice(EXAMPLES)
        assert (embedder.asked, fits) == ([], [])
        teacher.settle()
    fresh = Teacher(HashingEmbedder()).choice(EXAMPLES)
    texts = ["a plum", "the saw"]
    np.testing.assert_allclose(again.shares(again.rows(texts)), fresh.shares(fresh.rows(texts)), atol=0.01)
    assert path.stat().st_mtime_ns == written
    assert not path.with_name("none.npz").exists()


def test_of_changed_examples_only_the_new_are_embedded(path: Path, fits: list[int]) -> None:
    embedder = Counting()
    teacher = Teacher(embedder, path)
    more = EXAMPLES | {"fruit": ("red apple", "blue grape")}
    teacher.choice(more)
    assert (embedder.asked, fits) == (["blue grape"], [5])
    teacher.settle()
    Teacher(embedder, path).choice(more)
    assert fits == [5]
    Teacher(embedder, path).choice(EXAMPLES)  # what was not used is dropped
    assert fits == [5, 6]


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut"])
def test_a_damaged_file_or_another_embedder_s_is_made_anew(path: Path, fits: list[int], content: bytes) -> None:
    other = Counting()
    other.name = "another"  # type: ignore[misc]
    Teacher(other, path).choice(EXAMPLES)
    path.write_bytes(content)
    teacher = Teacher(HashingEmbedder(), path)
    teacher.choice(EXAMPLES)
    teacher.settle()
    Teacher(HashingEmbedder(), path).choice(EXAMPLES)
    assert (other.asked, fits) == (ALL, [6, 6])


def test_what_is_sifted_out_weighs_nothing() -> None:
    def first(rows: Mapping[str, Floats]) -> Mapping[str, Mask]:
        return {label: np.arange(len(own)) == 0 for label, own in rows.items()}

    made = Teacher(HashingEmbedder()).choice(EXAMPLES, sift=first)
    assert np.flatnonzero(made.kernel.weights.any(axis=1)).tolist() == [0, 3]


def test_a_choice_needs_two_labels() -> None:
    for examples in ({"fruit": ["apple"]}, {"fruit": ["apple"], "tool": []}):
        with pytest.raises(ValueError, match="two labels"):
            Teacher(HashingEmbedder()).choice(examples)


@pytest.mark.parametrize("width", [5, 64, 384])
def test_packed_vectors_point_the_same_way(width: int) -> None:
    drawn = np.random.default_rng(3).normal(size=(50, width))
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    packed = pack(vectors)
    assert packed.nbytes <= 50 * (width * 3 / 8 + 1)
    assert (unpack(packed, width) * vectors).sum(axis=1).min() >= (0.95 if width > 5 else 0.7)
