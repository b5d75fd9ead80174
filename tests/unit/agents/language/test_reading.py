import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language.codes import trouble_codes
from agents.language.numbers import numbers
from agents.language.reading import reading
from agents.language.tokens import compounds, split_clauses, tokens, without_brackets
from agents.language.words import sentences
from agents.types import Question


def test_a_text_as_tokens() -> None:
    read = tokens("It's 10th gear,\n43,000 km — P0301")
    assert [token.word for token in read] == ["its", "10", "th", "gear", ",", "43,000", "km", "—", "p0301"]
    assert [token.word for token in read if not token.apart] == ["its", "th", ","]
    assert [token.word for token in read if token.line] == ["43,000"]
    assert read[0].head == "it"


@given(st.text(max_size=60))
def test_tokens_are_all_of_a_text_but_its_blanks(text: str) -> None:
    assert "".join(text[token.start : token.end] for token in tokens(text)) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("43 000 and 43,000.5", ["43000", "43000.5"]),
        ("1,5 or 1.5 or 1.2.3", ["1.5", "1.5", "1.2.3"]),
        ("20 2026", ["20", "2026"]),
    ],
)
def test_numbers_with_what_separates_their_thousands(text: str, found: list[str]) -> None:
    assert [number.plain() for number in numbers(text, " ")] == found


def test_clauses_and_sentences() -> None:
    assert split_clauses("a year and a half ago, 1.5 t but no brakes (yet)") == [
        "a year and a half ago",
        "1.5 t",
        "no brakes",
        "yet",
    ]
    assert sentences("It is 1.5 t. Is it?\nYes; no") == ["It is 1.5 t.", "Is it?", "Yes;", "no"]
    assert without_brackets("Oil (5W-30) and filter (new)") == "Oil and filter"


def test_what_hangs_together() -> None:
    text = "AB-4471.c and 5W-30"
    assert [text[start:end] for start, end in compounds(text)] == ["AB-4471.c", "and", "5W-30"]
    assert trouble_codes("P0301, u0140-87 and P9301") == ("P0301", "U0140-87")


def test_a_question_is_read_once() -> None:
    question = Question("It does not start, code P0301, at 43,000 km.")
    assert question.reading is reading(question.text)
    assert question.reading.words[:3] == ("it", "does", "not")
    assert question.reading.codes == ("P0301",)
    assert [one.km for one in question.reading.mileages] == [43_000]
    assert question.reading.denies
    assert question.reading.clauses == ("It does not start", "code P0301", "at 43,000 km")
    assert "start" in question.reading.negations[0]
