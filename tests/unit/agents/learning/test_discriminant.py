"""A linear discriminant over unit vectors."""

import numpy as np

from agents.learning.discriminant import Discriminant

WIDTH = 8


def rows(label: int, count: int, rng: np.random.Generator) -> np.ndarray:
    centre = np.zeros(WIDTH)
    centre[label] = 1.0
    found = centre + 0.3 * rng.standard_normal((count, WIDTH))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def test_unseen_vectors_get_their_label_and_probabilities_add_up() -> None:
    rng = np.random.default_rng(7)
    numbers = np.repeat(np.arange(3), 20)
    fitted = Discriminant.fit("abc", np.vstack([rows(label, 20, rng) for label in range(3)]), numbers, np.eye(3, WIDTH))
    shares = fitted.shares(np.vstack([rows(label, 10, rng) for label in range(3)]))
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert (shares.argmax(axis=1) == np.repeat(np.arange(3), 10)).mean() > 0.9
