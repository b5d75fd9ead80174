import pytest

from agents.passages.precedents import elsewhere, nearest
from rag.types import Chunk, Place


def place(name: str, cosine: float) -> Place:
    return Place(Chunk(name, name, "", "", (), None, 0, 4, "text"), 0, cosine)


def test_places_that_are_hardly_less_like_count_as_well() -> None:
    places = (place("a", 0.8), place("b", 0.76), place("c", 0.7))
    assert [near.chunk.id for near in nearest(places)] == ["a", "b"]


@pytest.mark.parametrize(
    ("cosines", "least", "told"),
    [
        ((), 0.6, False),
        ((0.5, 0.5, 0.5), 0.6, False),
        ((0.8, 0.5, 0.5), 0.6, True),
        ((0.8, 0.76, 0.5), 0.6, False),
        ((0.8, 0.7, 0.5), 0.6, True),
    ],
)
def test_what_others_asked_is_elsewhere_unless_one_of_the_nearest_is_told(
    cosines: tuple[float, ...], least: float, told: bool
) -> None:
    places = [place(name, cosine) for name, cosine in zip("abc", cosines, strict=False)]
    assert elsewhere(places, lambda near: near.chunk.id == "b", least) is told
