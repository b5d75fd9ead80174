import pytest

from rag.near_terms import edits, halves, nearest

KNOWN = [("luggag", 4), ("turn", 9), ("courtesi", 2), ("brake", 20), ("brave", 1), ("diesel", 3), ("p0301", 1)]


@pytest.mark.parametrize(
    ("term", "meant"),
    [
        ("lugag", "luggag"),
        ("turnig", "turn"),
        ("curtesi", "courtesi"),
        ("deisel", "diesel"),
        ("brabe", "brake"),  # the commoner of two that are equally near
        ("bitcoin", None),
        ("rake", None),  # the first letter counts
        ("p0302", None),
        ("tun", None),
    ],
)
def test_the_nearest_known_term_is_meant(term: str, meant: str | None) -> None:
    assert nearest(term, KNOWN) == meant


def test_only_words_of_some_length_may_be_misspelt() -> None:
    assert [edits(term) for term in ("abs", "tyre", "wheel", "luggag", "5w30", "")] == [0, 1, 1, 2, 0, 0]


def test_a_word_falls_into_two_known_ones() -> None:
    assert ("brake", "fluid") in halves("brakefluid")
    assert list(halves("tyre")) == []
    assert list(halves("p0301")) == []
