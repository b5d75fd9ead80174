"""The gate, over vectors whose directions are subjects."""

from collections.abc import Sequence

import numpy as np
import pytest

from agents.learning.choice import Choice
from agents.learning.teacher import Teacher
from agents.routing.gate import OWN, gate, log_odds, probability
from rag.embedder import Vectors

WIDTH = 12


class Subjects:
    """A text is the numbers of its subjects and one of its own; its unit vector is near to their axes."""

    name = "subjects@1"
    dimensions = WIDTH

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vector(*map(int, text.split())) for text in texts], dtype=np.float32)

    def _vector(self, *said: int) -> Vectors:
        drawn = np.random.default_rng(said).normal(size=WIDTH) * 0.25
        drawn[list(said[:-1])] += 1.0
        return np.asarray(drawn / np.linalg.norm(drawn))


def about(*subjects: int, count: int = 30, first: int = 0) -> list[str]:
    return [" ".join(map(str, (*subjects, number))) for number in range(first, first + count)]


FOREIGN = {str(subject): about(subject) for subject in range(4)}


def fitted(own: Sequence[str], beyond: Sequence[str] = ()) -> Choice[str]:
    return gate(Teacher(Subjects()), own, FOREIGN, beyond)


def odds(made: Choice[str], texts: Sequence[str]) -> list[float]:
    return list(log_odds(made, OWN, made.rows(texts)))


def accepted(made: Choice[str], subject: int) -> float:
    return float(np.mean(np.array(odds(made, about(subject, count=200, first=1_000))) > 0))


def test_own_messages_pass_and_foreign_ones_do_not() -> None:
    made = fitted(about(5, count=25))
    assert accepted(made, 5) >= 0.95
    assert max(accepted(made, subject) for subject in range(4)) <= 0.05


def test_a_subject_that_is_the_catalogues_own_is_left_out() -> None:
    made = fitted(about(2, count=25, first=100))
    assert accepted(made, 2) >= 0.95
    assert max(accepted(made, subject) for subject in (0, 1, 3)) <= 0.05


def test_what_lies_beyond_stays_out_even_where_it_is_near() -> None:
    own, near = about(5, count=25), about(5, 6, count=25)
    free, bounded = fitted(own), fitted(own, near)
    assert np.mean(odds(bounded, near)) < np.mean(odds(free, near))
    assert accepted(bounded, 5) >= 0.85


def test_a_few_examples_make_a_gate() -> None:
    made = fitted(about(5, count=2))
    assert accepted(made, 5) >= 0.7
    assert max(accepted(made, subject) for subject in range(4)) <= 0.1


def test_probability_is_that_of_the_log_odds() -> None:
    assert probability(0.0) == pytest.approx(0.5)
    assert probability(np.log(3.0)) == pytest.approx(0.75)
