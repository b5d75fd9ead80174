import asyncio
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from rag.catalogue import Catalogue
from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.indexes.lexical import LexicalIndex
from rag.retrieve import Retriever, fused
from rag.split import split
from rag.tables import metadata
from rag.types import Chunk, Content, Document
from tests.unit.rag.hashing import HashingEmbedder


class Exact:
    """A dense index that compares with every vector; `broken` makes it fail as a lost server would."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[Chunk, Vectors]] = {}
        self.broken = False

    def add(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        self.rows |= {chunk.id: (chunk, vector) for chunk, vector in zip(chunks, vectors, strict=True)}

    def remove(self, chunk_ids: Sequence[str]) -> None:
        for chunk_id in chunk_ids:
            self.rows.pop(chunk_id, None)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        if self.broken:
            raise IndexUnavailable("gone")
        rows = [row for row in self.rows.values() if subjects is None or row[0].subject in subjects]
        hits = [Hit(chunk.id, float(vector @ query.vector)) for chunk, vector in rows]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def ids(self) -> set[str]:
        return set(self.rows)

    def clear(self) -> None:
        self.rows.clear()

    def close(self) -> None:
        self.clear()


TEXTS = {
    "specs/tyres.md": "The tyre pressure of the Wren is 2.5 bar.",
    "specs/boot.md": "The boot of the Heron holds 430 litres.",
    "maintenance/oil.md": "The Osprey takes 7.4 litres of engine oil.",
    "troubleshooting/p0301.md": "Trouble code P0301: misfire in cylinder one, see the ignition coil.",
    "troubleshooting/p0302.md": "Trouble code P0302: misfire in cylinder two, see the ignition coil.",
    "troubleshooting/coil.md": "Trouble with a misfire: see what the ignition coil does, and the code that is stored.",
}


class World:
    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(self.engine)
        self.catalogue = Catalogue(self.engine)
        self.embedder = HashingEmbedder()
        self.dense, self.lexical = Exact(), LexicalIndex(":memory:")
        for name, text in TEXTS.items():
            document = Document(name, name.split("/")[0], "0" * 64, Content(name, text))
            pieces = split(document)
            self.catalogue.replace(document, pieces)
            vectors = self.embedder.embed([chunk.searchable for chunk in pieces])
            self.dense.add(pieces, vectors)
            self.lexical.add(pieces, vectors)
        self.retriever = Retriever(self.catalogue, self.embedder, self.dense, self.lexical)

    def find(self, text: str, subjects: tuple[str, ...] | None = None, k: int = 8) -> list[str]:
        return [passage.chunk.document_id for passage in self.retriever.find(text, subjects=subjects, k=k).passages]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.retriever.close()
    made.lexical.close()
    made.engine.dispose()


async def test_the_best_passage_comes_first_with_a_score_in_range(world: World) -> None:
    passages = await world.retriever.search("What is the tyre pressure of the Wren?")
    assert passages[0].chunk.text == TEXTS["specs/tyres.md"]
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_nothing_relevant_gives_nothing(world: World) -> None:
    for text in ("capital of France", "bitcoin forecast please", "", "   ", "?!"):
        found = world.retriever.find(text)
        assert found.passages == (), text
        assert found.degraded is None


def test_subjects_and_k_bound_the_search(world: World) -> None:
    assert world.find("litres of engine oil", ("specs",)) in ([], ["specs/boot.md"])
    assert world.find("misfire ignition coil", ("troubleshooting",), k=2) != []
    assert len(world.find("misfire ignition coil", k=2)) == 2
    assert world.find("misfire ignition coil", k=0) == []
    assert world.find("misfire ignition coil", ()) == []


@pytest.mark.parametrize("code", ["P0301", "P0302"])
@pytest.mark.parametrize("form", ["{}", "What does the code {} mean, is it a misfire of the ignition coil?"])
def test_an_identifier_stands_before_its_neighbours(world: World, code: str, form: str) -> None:
    for spelling in (code, code.lower(), f"{code[0]} {code[1:]}", f"{code[0]}-{code[1:]}"):
        assert world.find(form.format(spelling))[0] == f"troubleshooting/{code.lower()}.md"


def test_without_vectors_words_alone_answer(world: World) -> None:
    world.dense.broken = True
    found = world.retriever.find("tyre pressure Wren")
    assert found.degraded == "meaning"
    assert found.passages[0].chunk.document_id == "specs/tyres.md"


def test_without_words_vectors_alone_answer(world: World) -> None:
    world.lexical.close()
    found = world.retriever.find("tyre pressure of the Wren")
    assert found.degraded == "words"
    assert found.passages[0].chunk.document_id == "specs/tyres.md"


async def test_without_both_the_search_fails(world: World) -> None:
    world.lexical.close()
    world.dense.broken = True
    with pytest.raises(IndexUnavailable):
        await world.retriever.search("tyre pressure")


def test_chunks_that_the_catalogue_dropped_are_left_out(world: World) -> None:
    world.catalogue.delete(["specs/tyres.md"])
    assert "specs/tyres.md" not in world.find("tyre pressure of the Wren")


async def test_the_event_loop_stays_free(world: World) -> None:
    held = threading.Event()
    searching = world.dense.search

    def slow(query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        held.wait(5)
        return searching(query, k, subjects)

    world.dense.search = slow  # type: ignore[method-assign]
    started = time.perf_counter()
    searches = [asyncio.create_task(world.retriever.search("tyre pressure")) for _ in range(10)]
    await asyncio.sleep(0)
    assert time.perf_counter() - started < 1
    held.set()
    assert all(await asyncio.gather(*searches))


def test_fusion_counts_both_and_never_leaves_the_range() -> None:
    near = [Hit("both", 0.8), Hit("near", 0.8), Hit("far", -0.2)]
    scores = fused(near, [Hit("both", 0.9), Hit("words", 1.0)])
    assert scores["both"] > scores["near"] > scores["far"] == 0.0
    assert scores["words"] > scores["far"]
    assert fused([Hit("perfect", 1.0)], [Hit("perfect", 1.0)])["perfect"] == pytest.approx(1.0)
    assert fused([], []) == {}
