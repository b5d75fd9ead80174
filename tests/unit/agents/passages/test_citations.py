import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.passages.citations import Markers


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
