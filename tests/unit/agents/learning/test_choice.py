import numpy as np
import pytest

from agents.learning.choice import Choice, opens_question, shaped
from agents.learning.teacher import Teacher
from tests.unit.rag.hashing import HashingEmbedder

EXAMPLES = {"fruit": ("red apple", "green pear", "ripe plum"), "tool": ("steel hammer", "long ladder", "sharp saw")}


@pytest.fixture
def choice() -> Choice[str]:
    return Teacher(HashingEmbedder()).choice(EXAMPLES)


def test_a_text_is_most_likely_what_its_examples_are(choice: Choice[str]) -> None:
    for label, text in (("fruit", "a green apple"), ("tool", "a long sharp saw")):
        found = choice.probabilities(text)
        assert max(found, key=lambda name: found[name]) == label
        assert sum(found.values()) == pytest.approx(1.0)
        assert choice.decide(text).label == label


def test_rows_of_one_choice_are_read_by_another(choice: Choice[str]) -> None:
    other = Teacher(HashingEmbedder()).choice({"pear": ("green pear",), "saw": ("sharp saw",)})
    texts = ["a green pear", "one sharp saw"]
    np.testing.assert_allclose(other.shares(choice.rows(texts)), other.shares(other.rows(texts)))


@pytest.mark.parametrize("text", ["", " ", "\ud800", "?" * 5_000])
def test_any_text_has_a_label(choice: Choice[str], text: str) -> None:
    assert choice.decide(text).label in EXAMPLES


def test_the_form_of_a_text_stands_beside_its_meaning() -> None:
    made = shaped(["is it?", "it is"], lambda texts: np.eye(len(texts)))
    assert made.shape == (2, 8)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1.0)
    assert opens_question("What's the time")
    assert not opens_question("The time is what it is")
