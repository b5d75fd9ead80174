import numpy as np
import pytest

from agents.learning import training
from agents.learning.choice import Choice, opens_question, shaped

TEXTS = {"red": ("rose", "cherry", "fire"), "blue": ("sky", "sea", "ice")}
VECTORS = {
    "red": np.array([[1.0, 0.0], [0.98, 0.2], [0.99, 0.1]]),
    "blue": np.array([[0.0, 1.0], [0.2, 0.98], [0.1, 0.99]]),
}


def choice() -> Choice:
    return Choice.train(TEXTS, VECTORS, training)


def test_the_nearest_examples_decide_and_probabilities_sum_to_one() -> None:
    decided = choice().decide("blood", np.array([0.97, 0.05]))
    assert decided.label == "red"
    assert decided.probability > 0.5
    assert choice().probabilities(["a", "b"], np.eye(2)).sum(axis=1) == pytest.approx(1.0)


def test_training_is_repeatable() -> None:
    np.testing.assert_array_equal(choice().kernel.weights, choice().kernel.weights)


def test_a_choice_of_one_is_none() -> None:
    with pytest.raises(ValueError, match="two labels"):
        Choice.train({"red": TEXTS["red"]}, VECTORS, training)


def test_unseen_examples_give_a_threshold() -> None:
    least, most = (choice().exceeded_by(share, "red", "blue") for share in (1.0, 0.0))
    assert 0.0 <= least <= most <= 1.0


def test_the_form_of_a_text_stands_beside_its_meaning() -> None:
    made = shaped(["is it?", "it is"], np.eye(2))
    assert made.shape == (2, 8)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1.0)
    assert opens_question("What's the time")
    assert not opens_question("The time is what it is")
