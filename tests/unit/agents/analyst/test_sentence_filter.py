"""What a model says of a result reaches nobody unless its figures follow from the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analyst.sentence_filter import Gate
from agents.dataset import Rows

ROWS = Rows(("model", "orders"), ("text", "integer"), (("Tea 58", 300), ("Mug", 100)), 2, 1.0)


def passed(text: str, *said: str, size: int = 7) -> str:
    gate = Gate(ROWS, *said)
    return "".join(gate.feed(text[at : at + size]) for at in range(0, len(text), size)) + gate.end()


@pytest.mark.parametrize(
    "text",
    [
        "- Tea 58 has 300 orders.\n",
        "- Together they have 400, of which Tea 58 has 75 %.\n",
        "- Mug has 25.0 percent.\n",
        "1. Tea 58 leads by 200.\n2. Mug has 100.\n",
        "No figures here at all.",
        "- That is -66.7 % from Tea 58 to Mug.\n",
    ],
)
def test_what_follows_is_said(text: str) -> None:
    assert passed(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "- Tea has 301 orders.\n",
        "It is three times as much. ",
        "About 12,345 in all.\n",
        "In 2019 it was 300.\n",
        "3 million.\n",
        "4k orders",
        "Total was USD1200.",
        "Total was €1200 or EUR1,200.",
        "There are ninety dealers.",
        "Sixteen of them.",
        "Seventy-five percent of it.",
        "A quarter of the cost fell on a.",
        "It quadrupled.",
        "The second one has a fifth of them.",
    ],
)
def test_what_does_not_follow_is_not(text: str) -> None:
    assert passed(text).strip() == ""


def test_only_the_sentence_is_lost() -> None:
    assert passed("Tea 58 has 300. Mug has 7. Both have 400.\n") == "Tea 58 has 300. Both have 400.\n"


def test_names_that_end_in_digits_are_no_figures() -> None:
    rows = Rows(("model", "orders"), ("text", "integer"), (("T4", 300), ("T5b", 100)), 2, 1.0)
    gate = Gate(rows, "orders of T4 by model, Q3 2025")
    assert (
        gate.feed("T4 has 300, T5b 100, in Q3 2025. T6 has 100. ") + gate.end() == "T4 has 300, T5b 100, in Q3 2025. "
    )


def test_a_long_text_is_no_name_whose_figures_may_be_repeated() -> None:
    rows = Rows(("note", "n"), ("text", "integer"), (("It cost 31337 in all. " * 20, 2), ("Box 7", 3)), 2, 1.0)
    gate = Gate(rows)
    assert gate.feed("Box 7 has 3. They cost 31337. ") + gate.end() == "Box 7 has 3. "


def test_figures_of_the_question_may_be_repeated() -> None:
    assert passed("In 2025 it was 300.\n", "orders in 2025") == "In 2025 it was 300.\n"


@given(st.text(max_size=400), st.integers(1, 50))
def test_nothing_is_made_up_and_pieces_do_not_matter(text: str, size: int) -> None:
    assert passed(text, size=size) == passed(text, size=1000)
