"""What was learned at one start is not learned again at the next, and is the same."""

from pathlib import Path

import numpy as np
import pytest

from agents.learning import training
from agents.learning.kernels import Floats
from agents.learning.training_cache import TrainingCache

LABELS = np.repeat([0, 1], [10, 30]).astype(np.int64)


@pytest.fixture
def vectors() -> Floats:
    drawn = np.random.default_rng(7).normal(size=(40, 6))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


@pytest.fixture
def path(tmp_path: Path, vectors: Floats) -> Path:
    """A file of training_cache."""
    file = tmp_path / "training.npz"
    training_cache = TrainingCache(file)
    training_cache.learn(vectors, LABELS, 2)
    training_cache.fit(vectors, LABELS, 10.0)
    training_cache.settle()
    return file


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been learned anew."""
    done: list[str] = []
    for name in ("learn", "fit"):
        real = getattr(training, name)
        monkeypatch.setattr(training, name, lambda *said, name=name, real=real: [done.append(name), real(*said)][1])
    return done


def test_the_same_is_not_learned_twice(path: Path, vectors: Floats, taught: list[str]) -> None:
    training_cache = TrainingCache(path)
    kernel, unseen = training_cache.learn(vectors, LABELS, 2)
    line = training_cache.fit(vectors, LABELS, 10.0)
    assert taught == []
    right_kernel, right_unseen = training.learn(vectors, LABELS, 2)
    right_line = training.fit(vectors, LABELS, 10.0)
    assert (kernel.scores(vectors) == right_kernel.scores(vectors)).all()
    assert (unseen == right_unseen).all()
    assert (line.log_odds(vectors) == right_line.log_odds(vectors)).all()


def test_what_differs_is_learned(path: Path, vectors: Floats, taught: list[str]) -> None:
    training_cache = TrainingCache(path)
    training_cache.learn(vectors, LABELS[::-1].copy(), 2)
    training_cache.learn(vectors, LABELS, 3)
    training_cache.fit(vectors, LABELS, 11.0)
    training_cache.fit(vectors[:, :3], LABELS, 10.0)
    assert taught == ["learn", "learn", "fit", "fit"]


def test_a_damaged_file_is_made_anew(path: Path, vectors: Floats, taught: list[str]) -> None:
    path.write_bytes(path.read_bytes()[:100])
    training_cache = TrainingCache(path)
    training_cache.learn(vectors, LABELS, 2)
    training_cache.settle()
    TrainingCache(path).learn(vectors, LABELS, 2)
    assert taught == ["learn"]


def test_what_is_no_longer_used_is_dropped(path: Path, vectors: Floats, taught: list[str]) -> None:
    training_cache = TrainingCache(path)
    training_cache.fit(vectors, LABELS, 10.0)
    training_cache.settle()
    TrainingCache(path).learn(vectors, LABELS, 2)
    assert taught == ["learn"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]
