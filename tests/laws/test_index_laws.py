"""What holds for every index."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.index import Index, IndexUnavailable, Query
from rag.indexes import chroma
from rag.indexes.lexical import LexicalIndex
from rag.types import Chunk
from tests.unit.rag.hashing import HashingEmbedder

embedder = HashingEmbedder()
OPEN: dict[str, Callable[[Path], Index]] = {
    "chroma": lambda folder: chroma.embedded(folder / "chroma", embedder.name),
    "lexical": lambda folder: LexicalIndex(folder / "words.db"),
}


@pytest.fixture(params=OPEN)
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Index]]:
    opened: list[Index] = []

    def open_() -> Index:
        opened.append(OPEN[request.param](tmp_path))
        return opened[-1]

    yield open_
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: Callable[[], Index]) -> Index:
    return open_index()


def chunk(name: str, text: str, subject: str = "specs", header: tuple[str, ...] = ()) -> Chunk:
    return Chunk(name, f"{subject}/a.md", subject, "Title", ("Part",), None, 0, len(text), text, header)


def add(index: Index, *chunks: Chunk) -> None:
    index.add(chunks, embedder.embed([chunk.searchable for chunk in chunks]))


def search(index: Index, text: str, k: int = 5, subjects: tuple[str, ...] | None = None) -> list[str]:
    return [hit.chunk_id for hit in index.search(Query(text, embedder.embed([text])[0]), k, subjects)]


TYRES = chunk("tyres", "The tyre pressure of the Wren is 2.5 bar.")
OIL = chunk("oil", "Engine oil of the Osprey: 7.4 litres.", "maintenance")
BRAKES = chunk("brakes", "Squealing brakes come from glazed pads.", "troubleshooting")


def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert search(index, "tyre pressure") == []
    assert index.ids() == set()
    index.remove(["unknown"])
    index.clear()


def test_the_best_hit_comes_first_with_the_highest_score(index: Index) -> None:
    add(index, TYRES, OIL, BRAKES)
    for text, name in (
        ("tyre pressure wren", "tyres"),
        ("litres of engine oil", "oil"),
        ("squealing brakes", "brakes"),
    ):
        assert search(index, text)[0] == name
    hits = index.search(Query("tyre oil brakes", embedder.embed(["tyre oil brakes"])[0]), 3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_the_subjects_asked_for_are_searched(index: Index) -> None:
    add(index, TYRES, OIL, BRAKES)
    text = "tyre pressure oil brakes"
    assert set(search(index, text)) == {"tyres", "oil", "brakes"}
    assert search(index, text, subjects=("maintenance",)) == ["oil"]
    assert set(search(index, text, subjects=("maintenance", "specs"))) == {"oil", "tyres"}
    assert search(index, text, subjects=("unknown",)) == []
    assert search(index, text, subjects=()) == []


def test_k_bounds_the_hits(index: Index) -> None:
    add(index, *(chunk(f"c{n}", f"tyre number {n}") for n in range(10)))
    assert len(search(index, "tyre", k=3)) == 3
    assert search(index, "tyre", k=0) == []


def test_adding_again_replaces(index: Index) -> None:
    add(index, TYRES)
    add(index, chunk("tyres", "Wading depth of the Osprey."), OIL)
    assert index.ids() == {"tyres", "oil"}
    assert search(index, "wading depth", k=1) == ["tyres"]


def test_a_chunk_with_several_views_is_one_chunk(index: Index) -> None:
    chunks = [chunk(f"c{n}", f"tyre number {n} and boot number {n}") for n in range(6)]
    views = [embedder.embed([one.searchable, *(f"tyre {n}" for n in range(5)), "boot"]) for one in chunks]
    index.add(chunks, views)
    assert index.ids() == {one.id for one in chunks}
    found = search(index, "tyre", k=4)
    assert len(found) == len(set(found)) == 4
    index.remove(["c0", "c1"])
    assert index.ids() == {"c2", "c3", "c4", "c5"}
    assert not {"c0", "c1"} & set(search(index, "tyre", k=6))


def test_what_is_removed_is_not_found(index: Index) -> None:
    add(index, TYRES, OIL)
    index.remove(["tyres", "unknown"])
    assert index.ids() == {"oil"}
    assert "tyres" not in search(index, "tyre pressure")


def test_clear_leaves_a_usable_index(index: Index) -> None:
    add(index, TYRES, OIL)
    index.clear()
    assert index.ids() == set()
    add(index, OIL)
    assert search(index, "oil") == ["oil"]


def test_what_was_added_is_there_after_opening_again(open_index: Callable[[], Index]) -> None:
    first = open_index()
    add(first, TYRES, OIL)
    first.close()
    second = open_index()
    assert second.ids() == {"tyres", "oil"}
    assert search(second, "tyre pressure", subjects=("specs",)) == ["tyres"]


def test_a_closed_index_is_unavailable(index: Index) -> None:
    add(index, TYRES)
    index.close()
    for act in (index.ids, lambda: search(index, "tyre"), lambda: add(index, OIL), lambda: index.remove(["tyres"])):
        with pytest.raises(IndexUnavailable):
            act()


@pytest.mark.parametrize(
    "text", ['"', "a OR b", "tyre*", "NEAR(", "{}:", "--", "'; DROP TABLE chunks", "\0", "ü" * 3000, ""]
)
def test_any_text_can_be_searched_for(index: Index, text: str) -> None:
    add(index, TYRES)
    search(index, text)
    assert index.ids() == {"tyres"}


def test_threads_may_share_it(index: Index) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(5):
                add(index, chunk(f"t{number}-{n}", f"tyre {number} {n}", f"subject{number % 2}"))
                search(index, "tyre")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(index.ids()) == 20


def test_an_index_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for open_ in OPEN.values():
        with pytest.raises(IndexUnavailable):
            open_(tmp_path / "file")


def test_a_word_index_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(IndexUnavailable):
        LexicalIndex(path)


def test_chroma_files_have_one_owner_and_each_embedder_its_own_space(tmp_path: Path) -> None:
    first = chroma.embedded(tmp_path, "one")
    add(first, TYRES)
    with pytest.raises(IndexUnavailable, match="another process"):
        chroma.embedded(tmp_path, "one")
    first.close()
    second = chroma.embedded(tmp_path, "two")
    assert second.ids() == set()
    second.add([TYRES], np.ones((1, 3), dtype=np.float32))
    second.close()
    again = chroma.embedded(tmp_path, "one")
    assert search(again, "tyre") == ["tyres"]
    again.close()


def test_a_chroma_reader_follows_what_the_owner_drops_and_makes_again(tmp_path: Path) -> None:
    owner = chroma.embedded(tmp_path, "space")
    add(owner, TYRES)
    reader = chroma.embedded(tmp_path, "space", reader=True)
    assert search(reader, "tyre", subjects=("specs",)) == ["tyres"]
    owner.clear()
    assert search(reader, "tyre", subjects=("specs",)) == []
    add(owner, chunk("new", "new tyre"))
    assert search(reader, "tyre", subjects=("specs",)) == ["new"]
    add(owner, OIL)
    assert search(reader, "oil", subjects=("maintenance",)) == ["oil"]
    reader.close()
    assert owner.ids() == {"new", "oil"}
    owner.close()


def test_chroma_scores_are_cosines(tmp_path: Path) -> None:
    index = chroma.embedded(tmp_path, "cosines")
    index.add([chunk("same", "x"), chunk("across", "y")], np.eye(2, dtype=np.float32))
    hits = index.search(Query("x", np.array([1, 0], dtype=np.float32)), 2)
    assert [(hit.chunk_id, round(hit.score, 5)) for hit in hits] == [("same", 1.0), ("across", 0.0)]
    index.close()


@pytest.mark.parametrize("text", ["P 0301", "p-0301", "P0301", "what does p0301 mean?"])
def test_words_find_an_identifier_however_it_is_written(text: str) -> None:
    index = LexicalIndex(":memory:")
    codes = [chunk(f"p030{n}", f"Code: P030{n} | Meaning: misfire in cylinder {n}") for n in range(1, 5)]
    add(index, *codes, TYRES)
    assert search(index, text, k=1) == ["p0301"]
    assert search(index, "P0309") == []
    index.close()


@pytest.mark.parametrize("text", ["205/55 R16", "205/55r16", "tyres in 205/55-R16"])
def test_words_find_a_tyre_size_before_its_neighbours(text: str) -> None:
    index = LexicalIndex(":memory:")
    sizes = ("205/55 R16", "205/60 R16", "195/55 R16", "205/55 R17")
    add(index, *(chunk(size, f"Tyre size: {size} | Pressure: 2.4 bar") for size in sizes), OIL)
    assert search(index, text, k=1) == ["205/55 R16"]
    index.close()


def test_scores_of_words_are_shares_of_the_question() -> None:
    index = LexicalIndex(":memory:")
    add(index, TYRES, OIL, BRAKES, *(chunk(f"n{n}", f"other text number {n}") for n in range(20)))

    def best(text: str) -> float:
        return index.search(Query(text, embedder.embed([text])[0]), 1)[0].score

    assert 0.5 < best("tyre pressure wren") <= 1.0
    assert best("tyre bitcoin forecast") < 0.5 * best("tyre")
    index.close()


def test_a_chroma_chunk_is_as_near_as_its_nearest_view(tmp_path: Path) -> None:
    index = chroma.embedded(tmp_path, "views")
    eye = np.eye(4, dtype=np.float32)
    index.add([chunk("two", "x"), chunk("one", "y")], [eye[:2], eye[2]])
    best = index.search(Query("x", eye[1]), 2)[0]
    assert (best.chunk_id, round(best.score, 5)) == ("two", 1.0)
    index.add([chunk("two", "x")], [eye[:1]])
    assert max(hit.score for hit in index.search(Query("x", eye[1]), 2)) < 0.5
    assert index.ids() == {"one", "two"}
    index.close()


@pytest.mark.parametrize(
    ("text", "name"), [("tyer presure", "tyres"), ("squeeling brakes", "brakes"), ("engineoil", "oil")]
)
def test_words_are_found_under_their_likeliest_spelling(text: str, name: str) -> None:
    index = LexicalIndex(":memory:")
    add(index, TYRES, OIL, BRAKES)
    assert search(index, text, k=1) == [name]
    assert search(index, "bitcoin P0302") == []
    index.close()
