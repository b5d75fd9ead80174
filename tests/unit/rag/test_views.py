from dataclasses import replace

from rag.types import Chunk
from rag.views import MOST_VIEWS, embedded, views
from tests.unit.rag.hashing import HashingEmbedder

PADDING = (
    " in words that go on for long enough to stand alone as a view, which takes about a hundred and twenty of them"
)


def chunk(text: str, name: str = "a") -> Chunk:
    return Chunk(name, "specs/a.md", "specs", "Wren", ("Tyres",), None, 0, len(text), text)


def test_a_short_chunk_has_one_view() -> None:
    short = chunk("The pressure is 2.5 bar. Check it when cold.")
    assert views(short) == (short.searchable,)


def test_a_long_chunk_has_a_view_of_each_stretch_under_its_headings() -> None:
    first, second = f"The pressure is given{PADDING}.", f"The boot is measured{PADDING}!"
    long = chunk(f"{first} {second}")
    assert views(long) == (f"Wren > Tyres\n{first}", f"Wren > Tyres\n{second}")


def test_a_later_piece_of_a_table_keeps_its_columns_in_every_view() -> None:
    row = f"| Wren | 2.5 bar{PADDING} |"
    later = replace(chunk(f"{row}\n{row}"), header=("Model", "Pressure"))
    assert views(later) == (f"Wren > Tyres\nModel | Pressure\n{row}",) * 2


def test_short_sentences_are_joined_and_nothing_is_lost() -> None:
    text = " ".join(f"Sentence number {n} is here." for n in range(40))
    stretches = [view.removeprefix("Wren > Tyres\n") for view in views(chunk(text))]
    assert " ".join(stretches) == text
    assert len(stretches) < 10


def test_views_are_bounded() -> None:
    text = " ".join(f"Number {n}{PADDING}." for n in range(50))
    found = views(chunk(text))
    assert len(found) == MOST_VIEWS
    assert found[-1].endswith(f"Number 49{PADDING}.")


def test_vectors_come_back_by_chunk() -> None:
    embedder = HashingEmbedder()
    chunks = [chunk("Short."), chunk(f"The first is{PADDING}. The second is{PADDING}.", "b"), chunk("Also short.", "c")]
    found = embedded(chunks, embedder)
    assert [len(some) for some in found] == [1, 2, 1]
    for one, vectors in zip(chunks, found, strict=True):
        assert (vectors == embedder.embed(views(one))).all()
    assert embedded([], embedder) == []
