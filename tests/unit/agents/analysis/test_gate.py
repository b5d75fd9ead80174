"""What a model says of a result reaches nobody unless its figures follow from the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analysis.gate import Gate
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
    ],
)
def test_what_does_not_follow_is_not(text: str) -> None:
    assert passed(text).strip() == ""


def test_only_the_sentence_is_lost() -> None:
    assert passed("Tea 58 has 300. Mug has 7. Both have 400.\n") == "Tea 58 has 300. Both have 400.\n"


def test_figures_of_the_question_may_be_repeated() -> None:
    assert passed("In 2025 it was 300.\n", "orders in 2025") == "In 2025 it was 300.\n"


@given(st.text(max_size=400), st.integers(1, 50))
def test_nothing_is_made_up_and_pieces_do_not_matter(text: str, size: int) -> None:
    assert passed(text, size=size) == passed(text, size=1000)
