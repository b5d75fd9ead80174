"""The small models, against what they promise."""

import numpy as np
import pytest

from agents.learning.kernels import Floats, Kernel, softmax, temperature
from agents.learning.training import learn


@pytest.fixture
def vectors() -> Floats:
    drawn = np.random.default_rng(7).normal(size=(40, 6)) + np.repeat([[2.0] * 3 + [0.0] * 3, [0.0] * 6], [10, 30], 0)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


LABELS = np.repeat([0, 1], [10, 30]).astype(np.int64)


def test_scores_of_left_out_examples_need_no_further_fit(vectors: Floats) -> None:
    _, unseen, _ = learn(vectors, LABELS, 2)
    for n in (0, 9, 10, 39):
        rest = np.arange(len(vectors)) != n
        weights, _, _ = learn(vectors[rest], LABELS[rest], 2)
        kernel = Kernel(vectors[rest], weights)
        assert kernel.scores(vectors[[n]])[0] == pytest.approx(unseen[n], abs=0.02)


def test_words_count_beside_the_meaning_without_their_examples(vectors: Floats) -> None:
    words = np.eye(40)[:, :8] + np.eye(40)[:, 8:16]
    _, unseen, _ = learn(vectors, LABELS, 2, words)
    for n in (0, 9, 10, 39):
        rest = np.arange(len(vectors)) != n
        weights, _, spelling = learn(vectors[rest], LABELS[rest], 2, words[rest])
        kernel = Kernel(vectors[rest], weights, spelling)
        assert kernel.scores(np.hstack([vectors, words])[[n]])[0] == pytest.approx(unseen[n], abs=0.02)
        assert kernel.scores(vectors[[n]]).shape == (1, 2), "rows without words are read by the meaning alone"


def test_the_rare_class_counts_as_much_as_the_frequent_one(vectors: Floats) -> None:
    weights, unseen, _ = learn(vectors, LABELS, 2)
    kernel = Kernel(vectors, weights)
    assert (kernel.scores(vectors).argmax(axis=1) == LABELS).mean() >= 0.9
    assert (unseen.argmax(axis=1) == LABELS)[:10].mean() >= 0.7


def test_one_class_is_always_chosen(vectors: Floats) -> None:
    weights, unseen, _ = learn(vectors, np.zeros(40, dtype=np.int64), 1)
    kernel = Kernel(vectors, weights)
    assert softmax(kernel.scores(vectors)) == pytest.approx(1.0)
    assert np.isfinite(unseen).all()


def test_temperature_finds_how_sure_the_scores_are() -> None:
    drawn = np.random.default_rng(3)
    logits = drawn.normal(size=(4000, 2))
    labels = (drawn.random(4000) < softmax(logits)[:, 1]).astype(np.int64)
    assert temperature(logits * 3.0, labels) == pytest.approx(3.0, rel=0.2)
