"""Replies to a proposal with what is learnt beside the exact reading, on the replies that the exact reading is held to.
None of them is among the examples but the shortest, which everybody writes."""

from collections import Counter

import pytest

from agents.acts.consent import CONSENT, EXAMPLES, UNDECIDED, read
from agents.learning.choice import Choices
from tests.unit.agents.customer_replies import BOOKING, CANCELLATION
from tests.unit.agents.language.test_consent import ACTS, CORPUS, YES_OR_NO, kind

LEAST = 300
OTHERWISE = {
    "no ta, the lads do mine",
    "nah I'd sooner go elsewhere, thanks",
    "I have no wish for that any more",
}


def readings(choices: Choices) -> list[tuple[str, str, str]]:
    """Meaning, reading and text of every reply."""
    return [
        (meaning, kind(read(text, ask, options, prompt, choices[CONSENT])), text)
        for _, ask, options, prompt, cases in CORPUS
        for meaning, text in cases
    ]


def test_there_is_enough_to_learn_from() -> None:
    assert sum(map(len, EXAMPLES.values())) >= LEAST


def test_what_is_learnt_agrees_to_nothing_and_refuses_nothing_that_was_not_refused(choices: Choices) -> None:
    read_so = readings(choices)
    assert [case for case in read_so if case[1] in ACTS and case[0] != case[1]] == []
    assert [case for case in read_so if case[1] == "False" and case[0] != "False"] == []


def test_more_is_understood(choices: Choices) -> None:
    right = Counter(meaning for meaning, got, _ in readings(choices) if meaning == got)
    every = Counter(meaning for meaning, _, _ in readings(choices))
    assert right["False"] / every["False"] >= 0.97
    assert right["change"] / every["change"] >= 0.97


@pytest.mark.parametrize("text", sorted(OTHERWISE))
def test_a_no_in_other_words_is_one(text: str, choices: Choices) -> None:
    assert read(text, "confirm", YES_OR_NO, BOOKING, choices[CONSENT]) is False


@pytest.mark.parametrize("text", ["hmm, maybe", "I'm not sure yet", "let me ask my husband first", "yes if it is free"])
@pytest.mark.parametrize("prompt", [BOOKING, CANCELLATION])
def test_hesitation_settles_nothing(text: str, prompt: str, choices: Choices) -> None:
    assert read(text, "confirm", YES_OR_NO, prompt, choices[CONSENT]) == {"change": text, UNDECIDED: True}


@pytest.mark.parametrize("text", ["my brakes squeal", "what is the tyre pressure of the Wren?", "yes, the lamp is red"])
def test_another_matter_is_no_answer(text: str, choices: Choices) -> None:
    assert read(text, "confirm", YES_OR_NO, BOOKING, choices[CONSENT]) is None
