import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.conversation.followup import continues, depends, standalone, subject
from agents.types import Question, StandaloneQuestion, Turn
from agents.vehicles.range import Vehicles

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Wren,Wren 42,2025;2026,electric,electricity,
Wren,Wren 58,2025;2026,electric,electricity,
Heron,Heron 1.5T,2025;2026,petrol,petrol,
Heron,Heron Hybrid,2025;2026,hybrid,petrol,hybrid
"""
)
MINE = {"model": "Wren", "variant": "Wren 58", "year": "2026"}


def asked(*texts: str) -> tuple[Turn, ...]:
    return tuple(turn for text in texts for turn in (Turn("customer", text), Turn("assistant", "[1]", "specs")))


@pytest.mark.parametrize(
    ("before", "text", "alone"),
    [
        (
            "What is the boot volume of the Heron 1.5T?",
            "and the hybrid?",
            "What is the boot volume of the Heron Hybrid?",
        ),
        ("What is the range of the 2025 Wren 58?", "what about 2026?", "What is the range of the 2026 Wren 58?"),
        ("What is the range of the Wren 58?", "what about 2026?", "What is the range of the Wren 58? (2026)"),
        ("What is the range?", "how about the Wren 42", "What is the range? (Wren 42)"),
        ("How big is the tank of the Heron Hybrid?", "n the petrol", "How big is the tank of the Heron 1.5T?"),
        ("What is the power of the 2025 Wren 42?", "and the newer one", "What is the power of the 2026 Wren 42?"),
        ("What is the power of the 2025 Wren 42?", "the newer one more?", "What is the power of the 2026 Wren 42?"),
        ("How big is the tank of the Heron Hybrid?", "tiny. the petrol?", "How big is the tank of the Heron 1.5T?"),
        ("How big is the boot of the Heron?", "not what i asked, i said Wren", "How big is the boot of the Wren?"),
        ("How heavy is the Wren 42?", "the 58?", "How heavy is the Wren 58?"),
        ("tyre pressure front of the Wren 42", "i meant back sorry", "tyre pressure rear of the Wren 42"),
        ("How deep may the 2026 Wren wade?", "and my older one, 2025", "How deep may the 2025 Wren wade?"),
        ("How heavy is the Wren 42?", "no sorry i meant the heron", "How heavy is the Heron?"),
        (
            "When is the 2026 Wren 42 due?",
            "oops mine is a 2025, just looked at the papers",
            "When is the 2025 Wren 42 due?",
        ),
        ("What is the range of the Wren 58?", "and the boot volume?", "and the boot volume? (Wren 58)"),
        ("What does the oil light mean?", "how do I reset it?", "how do I reset it? (oil light)"),
        ("When is the next service due?", "how much?", "how much? (next service)"),
        ("What is the front tyre pressure?", "and rear?", "What is the rear tyre pressure?"),
    ],
)
def test_a_follow_up_takes_over_what_it_lacks(before: str, text: str, alone: str) -> None:
    assert standalone(Question(text, asked(before)), VEHICLES).whole == alone


@pytest.mark.parametrize(
    "text",
    [
        "Is it safe to drive with the ABS light on?",
        "My car makes a noise when I start it",
        "What tyre pressure does the Wren need and when is its next service due?",
        "set an alarm for seven",
        "thanks",
    ],
)
def test_what_stands_alone_is_left_alone(text: str) -> None:
    assert standalone(Question(text, asked("How do I check the oil level?")), VEHICLES) == StandaloneQuestion(text)
    assert standalone(Question(text), VEHICLES) == StandaloneQuestion(text)


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    history = asked("What is the range of the Wren 58?", "thanks", "and the boot volume?")
    swapped = standalone(Question("and the Heron Hybrid?", history), VEHICLES)
    assert swapped == StandaloneQuestion("and the boot volume?", vehicle="Heron Hybrid")


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("What is the boot volume?", "What is the boot volume? (Wren 58, 2026)"),
        ("How heavy is the Heron?", "How heavy is the Heron?"),
        ("My Toyota stalls", "My Toyota stalls"),
        ("Where is the nearest dealer?", "Where is the nearest dealer?"),
        ("thanks", "thanks"),
    ],
)
def test_the_known_vehicle_is_added_where_it_matters(text: str, alone: str) -> None:
    assert standalone(Question(text, facts=MINE), VEHICLES).whole == alone


@pytest.mark.parametrize(
    ("before", "text", "alone"),
    [
        (
            "What is the range of the Wren 58?",
            "what about the Heron (2025)",
            StandaloneQuestion("What is the range of the Heron?", year="2025"),
        ),
        (
            "What is the oil level?",
            "and how do I check it (I have no gauge)",
            StandaloneQuestion("and how do I check it (I have no gauge)", subject="oil level"),
        ),
        (
            "What is the boot volume of the Heron 1.5T (2025)",
            "and the hybrid?",
            StandaloneQuestion("What is the boot volume of the Heron Hybrid (2025)"),
        ),
        (
            "What does the oil light mean (the orange one)",
            "how do I reset it?",
            StandaloneQuestion("how do I reset it?", subject="oil light mean (the orange one)"),
        ),
        (
            "How do I check the oil level of the Wren 58?",
            "(how often?)",
            StandaloneQuestion("(how often?)", subject="check the oil level of the Wren 58"),
        ),
        ("What is the range?", "how much (in miles)?", StandaloneQuestion("how much (in miles)?", subject="range")),
    ],
)
def test_brackets_are_the_customers_own(before: str, text: str, alone: StandaloneQuestion) -> None:
    assert standalone(Question(text, asked(before)), VEHICLES) == alone


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(["and", "the", "hybrid", "Wren", "58", "it", "oil", "(why)", "how much", "(2026)", "?"]),
        max_size=7,
    ),
    st.sampled_from(["What is the range of the Wren 42?", "Why does it squeal", "hello", "(really)"]),
)
def test_the_text_is_the_customers_own(pieces: list[str], before: str) -> None:
    """Of this message, or of the one before with other vehicles and years."""
    text = " ".join(pieces)
    alone = standalone(Question(text, asked(before), MINE), VEHICLES)
    bare = [VEHICLES.generic(one).replace("2026", "") for one in (alone.text, text, before)]
    assert bare[0] in bare[1:]
    assert alone.whole.startswith(alone.text)


def test_what_was_taken_over_is_taken_over_again() -> None:
    history = asked("What does the oil light of the Wren 58 mean?", "why?")
    assert standalone(Question("and how do I reset it?", history), VEHICLES) == StandaloneQuestion(
        "and how do I reset it?", subject="oil light of the Wren 58"
    )
    history = asked("What is the boot volume?", "what about 2026?")
    swapped = standalone(Question("what about the 2025 Wren 42?", history), VEHICLES)
    assert swapped == StandaloneQuestion("What is the boot volume?", vehicle="Wren 42", year="2025")


def test_subject() -> None:
    assert subject(StandaloneQuestion("How do I check the oil level?")) == "check the oil level"
    assert subject(StandaloneQuestion("how much?", "next service", "Wren 58")) == "next service; Wren 58"
    assert depends("why?")
    assert depends("how much does it cost?")
    assert not depends("Why do the brakes squeal?")


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        ("And if the trailer has no brakes?", True),
        ("I waited, but it is still there. What's next?", True),
        ("Would the 2026 one do as well?", True),
        ("How do I check the oil level?", False),
        ("The red brake lamp is on. What does it mean?", False),
    ],
)
def test_what_takes_up_the_conversation(text: str, goes_on: bool) -> None:
    assert continues(text, VEHICLES) is goes_on


@pytest.mark.parametrize(
    ("before", "text", "alone"),
    [
        ("how big is the boot?", "no, the hybrid", "how big is the boot? (Heron Hybrid)"),
        ("range of my Wren 58 2025?", "sorry its a 2026", "range of my Wren 58 2026?"),
        (
            "I've got a Wren 58 2025 and a Heron Hybrid 2026. What does the Wren weigh?",
            "and the other one?",
            "What does the Heron Hybrid weigh? (2026)",
        ),
        (
            "Book a service for my Heron Hybrid at Ashby on 10 March at 9",
            "how much will it cost?",
            "how much will it cost? (service; Heron Hybrid)",
        ),
        ("which car has the most torque?", "and which one is the quickest?", "and which one is the quickest?"),
        ("what does a service cost?", "cancel one of my appointments please", "cancel one of my appointments please"),
    ],
)
def test_what_is_put_right_or_meant_instead(before: str, text: str, alone: str) -> None:
    assert standalone(Question(text, asked(before)), VEHICLES).whole == alone


def test_the_other_one_of_three_is_nobody() -> None:
    question = Question("and the other one?", asked("What does the Wren weigh?"))
    assert "Heron" not in standalone(question, VEHICLES).whole


def test_what_became_of_advice_is_no_correction() -> None:
    before = "How do I reset the radio of the Wren?"
    said = standalone(Question("no it did not help, my heron still has a black screen", asked(before)), VEHICLES)
    assert said.text == "no it did not help, my heron still has a black screen"
