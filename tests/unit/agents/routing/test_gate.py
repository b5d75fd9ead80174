"""The gate, over vectors whose directions are subjects."""

import numpy as np
import pytest

from agents.learning import training
from agents.learning.kernels import Floats
from agents.routing.gate import Gate, probability
from agents.routing.gate import train as train_gate

WIDTH = 12


def about(subject: int, count: int, seed: int) -> Floats:
    """Unit vectors around one axis."""
    drawn = np.random.default_rng(seed).normal(size=(count, WIDTH)) * 0.25
    drawn[:, subject] += 1.0
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


NOTHING = np.zeros((0, WIDTH))
SUBJECTS = [about(subject, 30, subject) for subject in range(4)]


def accepted(gate: Gate, subject: int) -> float:
    return float((gate.log_odds(about(subject, 200, 99)) > 0).mean())


@pytest.mark.parametrize("known", [NOTHING, about(5, 8, 1)])
def test_own_messages_pass_and_foreign_ones_do_not(known: Floats) -> None:
    gate = train_gate(about(5, 25, 2), SUBJECTS, NOTHING, known, training)
    assert accepted(gate, 5) >= 0.95
    assert max(accepted(gate, subject) for subject in range(4)) <= 0.05


def test_a_subject_that_is_the_catalogues_own_is_left_out() -> None:
    gate = train_gate(about(2, 25, 2), SUBJECTS, NOTHING, NOTHING, training)
    assert accepted(gate, 2) >= 0.95
    assert max(accepted(gate, subject) for subject in (0, 1, 3)) <= 0.05


def test_what_lies_beyond_stays_out_even_where_it_is_near() -> None:
    own, beyond = about(5, 25, 2), about(6, 25, 3)
    near = np.asarray((own + beyond) / np.linalg.norm(own + beyond, axis=1, keepdims=True))
    free = train_gate(own, SUBJECTS, NOTHING, NOTHING, training)
    bounded = train_gate(own, SUBJECTS, near, NOTHING, training)
    assert (bounded.log_odds(near) < free.log_odds(near)).all()
    assert accepted(bounded, 5) >= 0.85


def test_a_few_examples_make_a_gate() -> None:
    gate = train_gate(about(5, 2, 2), SUBJECTS, NOTHING, NOTHING, training)
    assert accepted(gate, 5) >= 0.7
    assert max(accepted(gate, subject) for subject in range(4)) <= 0.1


def test_probability_is_that_of_the_log_odds() -> None:
    assert probability(0.0) == pytest.approx(0.5)
    assert probability(np.log(3.0)) == pytest.approx(0.75)
