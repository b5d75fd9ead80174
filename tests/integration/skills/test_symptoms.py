import pytest

from agents.diagnosis import symptoms
from agents.learning.choice import Choices
from tests import bundled
from tests.unit.agents.diagnosis.workshop_manual import checks
from tests.unit.rag.hashing import HashingEmbedder


@pytest.mark.parametrize(
    "text",
    [
        "My car won't start",
        "overheating",
        "My car won't start, what should I do?",
        "The screen is frozen. What could it be?",
        "It won't charge. Is it broken?",
        "why does my steering vibrate?",
        "how do I fix a heater that blows cold",
        "how do I get the plug out?",
        "no power and the engine lamp is on, can I drive on?",
        "There is a hum. Any idea?",
        "what's wrong with it? it won't charge",
    ],
)
def test_reports_of_something_wrong(text: str, choices: Choices) -> None:
    assert symptoms.reports(text, choices)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "?",
        "how does regenerative braking work?",
        "what does the orange lamp mean?",
        "My Wren won't charge: which fuse is it?",
        "The display is frozen. Where is the button?",
        "how long does a charge take?",
        "what is the charging power",
        "what tyre pressure does it need",
        "Car went into limp mode. To what revs is it limited?",
        "How much does an air conditioning service cost?",
        "Is there an emergency release?",
        "when is the service due",
    ],
)
def test_questions_for_one_thing_to_know(text: str, choices: Choices) -> None:
    assert not symptoms.reports(text, choices)


@pytest.mark.parametrize(
    "text", ["P0420", "what does P0420 mean?", "P0420, can I drive?", "what is P0420?", "how do I fix P0420"]
)
def test_questions_about_codes(text: str, choices: Choices) -> None:
    assert symptoms.about_codes(text, choices)


@pytest.mark.parametrize("text", ["how much does it cost to fix P0420?", "where is the sensor of P0420?"])
def test_questions_about_something_else_than_a_code(text: str, choices: Choices) -> None:
    assert not symptoms.about_codes(text, choices)


def test_a_symptom_matches_itself_best() -> None:
    embedder = HashingEmbedder()
    for symptom in checks().symptoms:
        best = symptoms.match(symptom.name, checks(), bundled.vehicles(), embedder)[0]
        assert best.symptom is symptom
        assert best.score == pytest.approx(1, abs=0.02)


def test_the_phrases_are_embedded_once() -> None:
    embedder = HashingEmbedder()
    symptoms.match("it won't charge", checks(), bundled.vehicles(), embedder)
    before = embedder.texts
    symptoms.match("it won't charge", checks(), bundled.vehicles(), embedder)
    assert embedder.texts == before + 1


@pytest.mark.parametrize("text", ["", "   \n", "?!", "x" * 50_000, "a. " * 20_000, "\x00\ud83d"])
def test_any_text_is_looked_at_in_bounds(text: str) -> None:
    embedder = HashingEmbedder()
    symptoms.match("warm up", checks(), bundled.vehicles(), embedder)
    before = embedder.texts
    assert all(0 <= one.score <= 1.01 for one in symptoms.match(text, checks(), bundled.vehicles(), embedder))
    assert embedder.texts - before <= 6
