"""Messages that ask several things, labelled by hand."""

import tomllib
from pathlib import Path

import pytest

from agents.routing.parts import LONGEST_LABEL, apart, label, questions
from agents.vehicles.range import Vehicles
from tests.unit.agents.scheduled import VEHICLES

LABELLED = tomllib.loads((Path(__file__).parent / "several_questions.toml").read_text(encoding="utf-8"))
COUNTS = {"one": 1, "two": 2, "three": 3}


def counted(batch: str) -> list[tuple[str, int, int]]:
    """Each message with the number of questions that it was given and that were found."""
    return [
        (text, COUNTS[name], max(1, len(questions(text, VEHICLES))))
        for name, texts in LABELLED[batch].items()
        for text in texts
    ]


@pytest.mark.parametrize(("batch", "least", "size"), [("first", 0.95, 60), ("second", 0.94, 36)])
def test_the_labelled_messages(batch: str, least: float, size: int) -> None:
    found = counted(batch)
    assert len(found) >= size
    assert sum(given == asked for _, given, asked in found) / len(found) >= least


@pytest.mark.parametrize("batch", ["first", "second"])
def test_what_belongs_together_is_hardly_ever_parted(batch: str) -> None:
    parted = [text for text, given, asked in counted(batch) if asked > given]
    assert len(parted) <= 1, parted


def test_no_batch_knows_the_evaluation() -> None:
    texts = {text for batch in LABELLED.values() for several in batch.values() for text in several}
    asked = "".join(path.read_text(encoding="utf-8") for path in Path("knowledge_base").glob("questions*.jsonl"))
    assert asked
    assert [text for text in texts if text in asked] == []


def test_pieces_that_lean_on_each_other() -> None:
    first = "What is the tyre pressure of the Wren 58?"
    assert apart(first, "How big is the boot of the Heron?", VEHICLES)
    for leaning in (
        "And how do I check it?",
        "how often?",
        "If not, which pump fits?",
        "What should I do?",
        "Any advice?",
    ):
        assert not apart(first, leaning, VEHICLES)
    assert not apart(first, "What is the tyre pressure of the Heron?", VEHICLES)


def test_what_was_told_before_is_what_all_is_about() -> None:
    assert not apart("The screen freezes. How do I restart it?", "Does the radio need a key code?", VEHICLES)
    assert apart("The screen freezes. How do I restart it?", "Also, where is the spare wheel?", VEHICLES)
    assert apart("I drive a Wren 58. What is the tyre pressure?", "How big is the boot lid?", VEHICLES)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("and how big is the boot of the Heron?", "How big is the boot of the Heron?"),
        ("I drive a Wren. It beeps. What is the beep? (Wren 58)", "What is the beep?"),
        ("what is the range of the Wren", "What is the range of the Wren?"),
        ("the charging power of the Wren 58 please", "The charging power of the Wren 58 please"),
        ("**bold** [link](javascript:alert) `code`?", "Bold link(javascript:alert) code?"),
        ("", ""),
        ("?", "?"),
    ],
)
def test_a_part_is_called_by_the_customers_words(question: str, expected: str) -> None:
    assert label(question) == expected


def test_long_questions_have_short_labels() -> None:
    text = "How many litres of screenwash and of coolant go into the van, and which of them may I mix with others?"
    assert label(text) == "How many litres of screenwash and of coolant go into the…"
    for odd in ("x" * 5000, "word " * 2000, "¿" * 300, "\n\n" * 50, "a? " * 900):
        assert len(label(odd)) <= LONGEST_LABEL


@pytest.mark.parametrize("text", ["", "?", "? " * 3000, "what " * 3000, "and? also? " * 500, "\x00"])
def test_any_text_is_counted(text: str) -> None:
    assert all(piece in text or " " in piece for piece in questions(text, Vehicles()))
