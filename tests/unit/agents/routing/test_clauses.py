import pytest

from agents.routing.clauses import Clause, split


def asking(text: str) -> list[str]:
    return [clause.text for clause in split(text) if clause.asks]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "What tyre pressure does it need and when is its next service due?",
            ["What tyre pressure does it need", "when is its next service due?"],
        ),
        (
            "Tell me the range and where the nearest dealer is",
            ["Tell me the range", "where the nearest dealer is"],
        ),
        (
            "I drive a Wren. It beeps. What is the beep? Also, can you book me in?",
            ["I drive a Wren. It beeps. What is the beep?", "Also, can you book me in?"],
        ),
        (
            "what is the range e.g. in winter? How heavy is it?",
            ["what is the range e.g. in winter?", "How heavy is it?"],
        ),
        (
            "1 does rain matter when charging 2 how deep may the water be 3 can i leave somebody in it",
            ["does rain matter when charging", "how deep may the water be", "can i leave somebody in it"],
        ),
        ("1) how heavy is it 2) what can it tow", ["how heavy is it", "what can it tow"]),
    ],
)
def test_a_message_is_cut_where_it_asks_again(text: str, pieces: list[str]) -> None:
    assert asking(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "front and rear tyre pressure",
        "is mode 1 or 2 the better one?",
        "does the 1 what other cars cannot",
        "bread and butter",
        "it shakes and pulls to the left",
        "What are the length and width of the van?",
        "How long and how wide is the van?",
        "What power does the 1.5T engine make?",
        "It squeals when I brake and when I turn. What should I do?",
        "Is the light red? What should I do? Can you help?",
    ],
)
def test_one_question_stays_whole(text: str) -> None:
    assert len(split(text)) == 1
    assert split(text)[0].text == text


def test_statements_alone_ask_nothing() -> None:
    assert split("My battery died. It is two years old.") == (Clause("My battery died. It is two years old.", False),)
    assert split("  ") == ()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "Boot volume of the van, and the price of a service please",
            ["Boot volume of the van", "the price of a service please"],
        ),
        (
            "The lamp is on: how far can I go and what would the repair cost?",
            ["The lamp is on: how far can I go", "what would the repair cost?"],
        ),
        (
            "How long is the guarantee, and up to how many miles?",
            ["How long is the guarantee up to how many miles?"],
        ),
        ("How do I pair a phone? Which button is it?", ["How do I pair a phone? Which button is it?"]),
        (
            "Which oil? And after how many miles is it changed?",
            ["Which oil?", "And after how many miles is it changed?"],
        ),
        (
            "The fan is loud. My wife wants to know how big the boot is.",
            ["The fan is loud. My wife wants to know how big the boot is."],
        ),
    ],
)
def test_things_asked_for_by_name_and_further_figures(text: str, pieces: list[str]) -> None:
    assert [clause.text for clause in split(text)] == pieces


def test_a_statement_beside_what_is_also_asked_is_a_matter_of_its_own() -> None:
    pieces = split("My Heron pulls to the left, and I also need to know which oil it takes")
    assert [piece.text for piece in pieces] == ["My Heron pulls to the left", "I also need to know which oil it takes"]
