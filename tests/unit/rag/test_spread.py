from hypothesis import given
from hypothesis import strategies as st

from rag.spread import FIRST, SAME_DOCUMENT, spread
from rag.types import Chunk, Passage


def passages(documents: str) -> list[Passage]:
    """One passage for each letter, its document's name, best first."""
    return [
        Passage(Chunk(f"{at}", letter, "", "", (), None, 0, 1, "x"), 1 - at / 100)
        for at, letter in enumerate(documents)
    ]


def order(documents: str) -> str:
    return "".join(passage.chunk.document_id for passage in spread(passages(documents)))


def test_a_third_passage_of_a_document_makes_way_for_other_documents() -> None:
    assert order("aaabcde") == "aabcdae"
    assert [passage.chunk.id for passage in spread(passages("aaabbcde"))] == ["0", "1", "3", "4", "5", "2", "6", "7"]


def test_where_there_is_one_document_nothing_moves() -> None:
    assert [passage.chunk.id for passage in spread(passages("aaaaaaa"))] == list("0123456")
    assert spread([]) == ()


@given(st.text("abc", max_size=12))
def test_nothing_is_lost_and_the_best_stays_first(documents: str) -> None:
    given_, found = passages(documents), spread(passages(documents))
    assert sorted(found, key=lambda passage: -passage.score) == given_
    assert found[:1] == tuple(given_[:1])
    if sum(min(documents.count(letter), SAME_DOCUMENT) for letter in "abc") >= FIRST:
        assert max(map(order(documents)[:FIRST].count, "abc")) <= SAME_DOCUMENT
