import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.citations import Markers, read_citations
from rag.types import Chunk, Passage


def passage(text: str, start: int = 0) -> Passage:
    return Passage(Chunk(text[:8], "d.md", "specs", "Title", (), None, start, start + len(text), text), 0.8)


def through(markers: Markers, pieces: list[str]) -> str:
    return "".join([*(markers.feed(piece) for piece in pieces), markers.end()])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Oil [1].", "Oil [1]."),
        ("Oil [1, 3].", "Oil [1][3]."),
        ("Oil [9].", "Oil."),
        ("Oil [1][9] and [0].", "Oil [1] and."),
        ("Oil [2;4].", "Oil [2]."),
        ("See [the manual](x) and [ ] too [", "See [the manual](x) and [ ] too ["),
        ("Oil [1", "Oil [1"),
        ("a[3]\n\n[2]", "a[3]\n\n[2]"),
    ],
)
def test_markers_name_only_known_passages(written: str, shown: str) -> None:
    assert through(Markers(range(1, 4)), [written]) == shown


@given(st.lists(st.text(alphabet="ab [],;\n1290.", max_size=6), max_size=12), st.integers(0, 3))
@example(["[", "0[0]]"], 0)
@example(["[1[0] ]"], 1)
def test_the_cut_into_pieces_makes_no_difference(pieces: list[str], count: int) -> None:
    shown = through(Markers(range(1, count + 1)), pieces)
    assert shown == through(Markers(range(1, count + 1)), list("".join(pieces)))
    assert all(1 <= int(number) <= count for number in re.findall(r"\[(\d+)\]", shown))


@given(st.text(alphabet="abc .,\n!(){}", max_size=60), st.integers(1, 7))
def test_text_without_brackets_passes_unchanged(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert through(Markers((1, 2)), pieces) == text


def test_a_piece_without_an_opening_is_not_held_back() -> None:
    assert Markers((1, 2)).feed("The oil") == "The oil"


OIL = passage("Use a new washer. The engine takes 4.5 litres of oil. Change it every year.", start=100)
TYRES = passage("| Axle | Pressure |\n| --- | --- |\n| Front | 2.4 bar |\n| Rear | 2.6 bar |", start=900)


def cited(text: str) -> dict[int, str]:
    found = {}
    for citation in read_citations(text, {1: OIL, 2: TYRES}):
        chunk = citation.passage.chunk
        assert chunk.start <= citation.start < citation.end <= chunk.end
        found[citation.number] = chunk.text[citation.start - chunk.start : citation.end - chunk.start]
    return found


def test_the_evidence_is_the_sentence_that_shares_most() -> None:
    assert cited("It takes 4.5 litres [1].") == {1: "The engine takes 4.5 litres of oil."}
    assert cited("Change the oil every year. [1]") == {1: "Change it every year."}


def test_the_evidence_in_a_table_is_the_row() -> None:
    assert "2.6 bar" in cited("At the rear it is 2.6 bar [2].")[2]


def test_each_passage_is_cited_once_in_the_order_of_the_text() -> None:
    text = "Rear 2.6 bar [2]. Oil: 4.5 litres [1], and a new washer [1]. Pressure [2]."
    assert [citation.number for citation in read_citations(text, {1: OIL, 2: TYRES})] == [2, 1]


def test_without_shared_words_the_whole_chunk_is_the_evidence() -> None:
    assert cited("Yes [1].") == {1: OIL.chunk.text}


def test_unknown_numbers_are_ignored() -> None:
    assert cited("No [7] [0] [99999999999999].") == {}
