"""Passages as they stand: what is shown of them, and that nothing in them acts."""

from typing import Any

from agents.chat.verbatim import MOST_CHARACTERS, VerbatimAnswerer
from agents.types import Answered, Citation, Task
from rag.types import Chunk, Passage


def passage(text: str, **fields: Any) -> Passage:
    given = {"title": "Tyres", "section": ("Tyres", "Pressure"), "page": None} | fields
    chunk = Chunk("c", "tyres.md", "tyres", start=100, end=100 + len(text), text=text, **given)
    return Passage(chunk, 0.9)


def shown(text: str, start: int = 0, end: int = 4, *, declined: bool = False, **fields: Any) -> tuple[str, Answered]:
    one = passage(text, **fields)
    citation = Citation(3, one, 100 + start, 100 + end)
    answerer = VerbatimAnswerer(lambda task: ("Some prose.", Answered((citation,), declined=declined)))
    return answerer.compose(Task("?", "", (one,), facts={"model": "Teal"}, first_number=3))


def test_facts_then_the_passage_under_its_heading() -> None:
    text, answered = shown("2.4 bar in front.", page=7)
    assert text == "- Model: Teal\n\n**Tyres > Pressure**, page 7\n\n2.4 bar in front. [3]"
    [citation] = answered.citations
    assert (citation.number, citation.start, citation.end) == (3, 100, 117)
    assert not answered.declined


def test_rows_keep_the_names_of_their_columns() -> None:
    text, _ = shown("Teal | 2.4 bar", header=("Model", "Pressure"))
    assert "Model | Pressure\nTeal | 2.4 bar [3]" in text


def test_of_a_long_passage_what_begins_with_the_line_of_the_evidence() -> None:
    lines = [f"Line {number:03} says something about tyres." for number in range(200)]
    text = "\n".join(lines)
    start = text.index("Line 120") + 9
    said, answered = shown(text, start, start + 4)
    [citation] = answered.citations
    piece = text[citation.start - 100 : citation.end - 100]
    assert piece.startswith("Line 120")
    assert len(piece) <= MOST_CHARACTERS
    assert piece.strip() in said
    assert "… Line 120" in said
    assert said.endswith("… [3]")
    assert citation.start <= 100 + start < citation.end


def test_of_a_long_passage_without_lines() -> None:
    for text in ("word " * 1_000, "x" * 5_000):
        for at in (0, 2_500, len(text) - 5):
            _, answered = shown(text, at, at + 4)
            [citation] = answered.citations
            assert 100 <= citation.start <= 100 + at < citation.end <= 100 + len(text)
            assert citation.end - citation.start <= MOST_CHARACTERS


def test_what_looks_like_a_marker_an_image_or_a_tag_is_none() -> None:
    text, _ = shown("See [1] ![x](http://elsewhere.example/x) <script>", title="Title [2]", section=())
    assert "[1]" not in text
    assert "[2]" not in text
    assert "![" not in text
    assert "<script" not in text
    assert text.endswith("[3]")


def test_a_refusal_shows_what_is_near() -> None:
    text, answered = shown("2.4 bar in front.", declined=True)
    assert text.startswith("I am sorry")
    assert "2.4 bar in front. [3]" in text
    assert "Model" not in text
    assert answered.declined


def test_without_passages_it_says_that_nothing_was_found() -> None:
    answerer = VerbatimAnswerer(lambda task: ("I could not find it.", Answered(declined=True)))
    text, answered = answerer.compose(Task("?", "", ()))
    assert text.startswith("I am sorry")
    assert answered == Answered(declined=True)
