import string
import time
from collections import Counter
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.language.consent import LONGEST, read_reply
from agents.language.consent_phrases import KNOWN
from tests.unit.agents import customer_replies as replies

YES_OR_NO = ((True, "Yes"), (False, "No"))
NEGATIONS = (
    "no", "not", "never", "dont", "don't", "nope", "nah", "cannot", "can't", "cant", "won't", "isn't", "doesn't",
    "nothing", "none", "neither", "nobody", "without", "nein", "non", "unless", "cancel", "stop",
)  # fmt: skip
NOT_MEANT_AS_NO = (
    "no problem", "no problems", "no worries", "no objection", "no objections", "no issue", "no issues", "no rush",
    "no hurry", "not a problem", "why not",
)  # fmt: skip
"""Phrases of politeness and encouragement that hold a word of refusal."""
NOT_MEANT_AS_QUESTION = ("can you", "could you", "would you", "will you")
"""A yes may be followed by the request to do what was agreed to: "yes please, can you book it?"."""


def plain(lines: str, meaning: str) -> list[tuple[str, str]]:
    return [(meaning, line) for line in lines.strip().splitlines()]


def labelled(lines: str) -> list[tuple[str, str]]:
    pairs = [line.partition(" = ") for line in lines.strip().splitlines()]
    return [(meaning, text) for meaning, _, text in pairs]


Case = tuple[str, Literal["confirm", "choose"], tuple[tuple[Any, str], ...], str, list[tuple[str, str]]]
CONFIRMED = [
    *plain(replies.YES, "True"),
    *plain(replies.NO, "False"),
    *plain(replies.CHANGE, "change"),
    *plain(replies.NEITHER, "None"),
]
CORPUS: list[Case] = [
    ("confirm", "confirm", YES_OR_NO, replies.BOOKING, CONFIRMED),
    ("cancellation", "confirm", YES_OR_NO, replies.CANCELLATION, labelled(replies.TO_A_CANCELLATION)),
    ("move", "confirm", YES_OR_NO, replies.MOVE, labelled(replies.TO_A_MOVE)),
    ("times", "choose", replies.TIMES, "Which time?", labelled(replies.CHOICES)),
    ("dates", "choose", replies.DATES, "Which time?", labelled(replies.DATE_CHOICES)),
    ("dealers", "choose", replies.DEALERS, "Which dealer?", labelled(replies.DEALER_CHOICES)),
]
ACTS = {"True", "tue", "wed", "d1", "d2", "d3", "north", "east", "harrow"}
"""The readings that go on towards an effect."""
ALL = sorted({text for *_, cases in CORPUS for _, text in cases})
texts = st.text(max_size=60) | st.lists(
    st.sampled_from([*sorted(KNOWN), *NEGATIONS, *"?!.,\"'👍", "if", "service", "tuesday", "9:30"]), max_size=7
).map(" ".join)


def kind(answer: Any) -> str:
    return "change" if isinstance(answer, dict) else str(answer)


def readings() -> list[tuple[str, str, str, str]]:
    """Corpus, meaning, reading and text of every reply."""
    return [
        (name, meaning, kind(read_reply(text, ask, options, prompt)), text)
        for name, ask, options, prompt, cases in CORPUS
        for meaning, text in cases
    ]


def confirmed(text: str, prompt: str = replies.BOOKING) -> Any:
    return read_reply(text, "confirm", YES_OR_NO, prompt)


def test_the_corpus_is_worth_measuring_on() -> None:
    assert len(readings()) >= 250
    assert len(set(CONFIRMED)) == len(CONFIRMED)


def test_nothing_is_done_that_was_not_agreed_to() -> None:
    assert [case for case in readings() if case[2] in ACTS and case[2] != case[1]] == []


@pytest.mark.parametrize("prompt", ["", "Shall I?", replies.CANCELLATION, replies.MOVE])
def test_no_prompt_turns_anything_else_into_a_yes(prompt: str) -> None:
    cases = [text for meaning, text in CONFIRMED if meaning != "True"]
    restating = {"cancel it please", "please cancel"} if prompt == replies.CANCELLATION else set()
    assert [text for text in cases if confirmed(text, prompt) is True and text.casefold() not in restating] == []


def test_nothing_is_declined_that_was_not_refused() -> None:
    assert [case for case in readings() if case[2] == "False" and case[1] != "False"] == []


@pytest.mark.parametrize(("meaning", "least"), [("True", 0.93), ("False", 0.93), ("change", 0.93), ("None", 0.97)])
def test_most_replies_are_understood(meaning: str, least: float) -> None:
    cases = [case for case in readings() if case[1] == meaning]
    wrong = [case for case in cases if case[2] != meaning]
    assert len(wrong) <= (1 - least) * len(cases), wrong


def test_most_choices_are_understood() -> None:
    right = Counter(case[1] == case[2] for case in readings() if case[1] in ACTS - {"True"})
    assert right[True] / right.total() >= 0.95


def test_a_change_hands_on_the_customers_words() -> None:
    assert confirmed(" Make it Wednesday ") == {"change": " Make it Wednesday "}


def test_a_label_typed_as_it_stands_is_its_option() -> None:
    options = ((True, "Yes, delete it all"), (False, "No, keep everything"))
    assert read_reply("yes, delete it all", "confirm", options) is True
    assert read_reply("No, keep everything!", "confirm", options) is False
    assert read_reply("no preference, please", "choose", (("any", "No preference"), ("n", "Northgate"))) == "any"


def test_a_choice_that_fits_two_options_is_none_of_them() -> None:
    same = (("a", "Tuesday 09:30"), ("b", "Tuesday 14:00"))
    assert kind(read_reply("tuesday", "choose", same)) == "change"
    assert read_reply("tuesday", "choose", ()) == {"change": "tuesday"}


def test_what_was_asked_may_be_repeated_in_a_yes() -> None:
    assert confirmed("yes, Tuesday at half nine") is True
    assert kind(confirmed("yes, Tuesday at half nine", "Shall I?")) == "change"
    assert kind(confirmed("yes, Tuesday", replies.MOVE)) == "change"
    assert confirmed("yes maybe tuesday") is not True
    assert confirmed("yes? tuesday") is not True


@pytest.mark.parametrize(
    "text", ["correct the time on tuesday", "confirm the time on tuesday", "i do service on tuesday"]
)
def test_a_word_of_agreement_may_be_a_word_of_something_else(text: str) -> None:
    assert confirmed(text) is not True


@pytest.mark.parametrize(
    ("prompt", "cancels"),
    [
        ("Cancel your appointment on Tuesday, 09:30?", True),
        ("Shall I cancel your appointment?", True),
        ("You have one appointment. Do you want to cancel it?", True),
        ("Book the service? You can cancel free of charge.", False),
        ("You can cancel free of charge. Shall I book the service?", False),
        ("Cancel the old appointment and book the new one?", False),
    ],
)
def test_cancel_it_is_consent_to_a_cancellation_alone(prompt: str, cancels: bool) -> None:
    assert confirmed("cancel it", prompt) is cancels
    assert (confirmed("book it", prompt) is True) is not cancels


def test_a_long_text_is_no_answer() -> None:
    assert confirmed("yes " * (LONGEST // 4)) is True
    assert confirmed("yes " * (LONGEST // 4) + "yes") is None


def test_letters_that_look_alike_and_marks_hide_no_refusal() -> None:
    for text in ("ye\u200bs n\u200bo", "y̶e̶s̶", "do\u00adn't book it", "~~yes~~", "yes\u202eon", "> yes"):
        assert confirmed(text) is not True


def test_reading_is_quick() -> None:
    confirmed("yes")
    begun = time.process_time()
    for text in ALL:
        confirmed(text)
    assert (time.process_time() - begun) / len(ALL) < 0.001


@given(texts, st.sampled_from(CORPUS))
@example("\ud800", CORPUS[0])
@example("\0", CORPUS[0])
@example("²", CORPUS[3])
@example("٣", CORPUS[3])
@example("99 o'clock", CORPUS[3])
def test_any_text_has_a_reading(text: str, case: Case) -> None:
    _, ask, options, prompt, _ = case
    answer = read_reply(text, ask, options, prompt)
    allowed = [None, False, {"change": text}, *(value for value, _ in options)]
    assert any(answer is each or answer == each for each in allowed)


@settings(max_examples=400)
@given(texts, st.sampled_from(["?", *NEGATIONS]), st.integers(0, 60))
def test_no_question_and_no_negation_is_a_yes(text: str, against: str, place: int) -> None:
    words = text.split()
    words.insert(min(place, len(words)), against)
    said = " ".join(words)
    if confirmed(said) is True:
        listed = NOT_MEANT_AS_QUESTION if against == "?" else NOT_MEANT_AS_NO
        assert any(phrase in said.casefold() for phrase in listed), said


@given(st.sampled_from([text for meaning, text in CONFIRMED if meaning == "True"]), st.sampled_from(["?", *NEGATIONS]))
def test_a_yes_with_a_refusal_or_question_added_is_none(text: str, against: str) -> None:
    listed = (*NOT_MEANT_AS_QUESTION, *NOT_MEANT_AS_NO)
    for said in (f"{against} {text}", f"{text} {against}"):
        assert confirmed(said) is not True or any(phrase in said.casefold() for phrase in listed)


@settings(max_examples=300)
@given(st.sampled_from(ALL) | st.text(string.ascii_letters + " ?.,", max_size=30), st.sampled_from(CORPUS))
def test_case_space_and_a_closing_mark_change_nothing(text: str, case: Case) -> None:
    _, ask, options, prompt, _ = case
    reading = kind(read_reply(text, ask, options, prompt))
    for other in (text.upper(), text.lower(), f"  {text}\n", f"{text}!", f"{text}.", f"{text}!!"):
        assert kind(read_reply(other, ask, options, prompt)) == reading
