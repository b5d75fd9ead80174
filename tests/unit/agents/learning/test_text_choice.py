import pytest

from agents.learning import training
from agents.learning.text_choice import TextChoice
from tests.unit.rag.hashing import HashingEmbedder

EXAMPLES = {"fruit": ("red apple", "green pear", "ripe plum"), "tool": ("steel hammer", "long ladder", "sharp saw")}


def test_a_text_is_most_likely_what_its_examples_are() -> None:
    choice = TextChoice.train(HashingEmbedder(), training, EXAMPLES)
    for label, text in (("fruit", "a green apple"), ("tool", "a long sharp saw")):
        found = choice.probabilities(text, choice.embedded(text))
        assert max(found, key=lambda name: found[name]) == label
        assert sum(found.values()) == pytest.approx(1.0)


def test_a_choice_needs_two_labels() -> None:
    with pytest.raises(ValueError, match="two labels"):
        TextChoice.train(HashingEmbedder(), training, {"fruit": EXAMPLES["fruit"]})
