"""A publication beside searches: which sees what, and what is in the indexes when."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from agents.language.terms import ANALYZER
from rag.database import open_database
from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.indexes.lexical import LexicalIndex
from rag.ingestion.ingest import Shelf
from rag.ingestion.publish import GRACE_S, Publisher, Stopped
from rag.ingestion.split import split
from rag.neighbours import Neighbours
from rag.releases import Entry, Published
from rag.retrieve import Retriever
from rag.tables import metadata
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from tests.unit.rag.hashing import HashingEmbedder

DOCUMENTS = 12


class Exact:
    """A dense index that compares with every vector. `lost` makes it fail, as a lost server would."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[Chunk, Vectors]] = {}
        self.lost = False

    def add(self, chunks: Sequence[Chunk], vectors: Sequence[Vectors]) -> None:
        if self.lost:
            raise IndexUnavailable("lost")
        self.rows = self.rows | {chunk.id: (chunk, own) for chunk, own in zip(chunks, vectors, strict=True)}

    def remove(self, chunk_ids: Sequence[str]) -> None:
        gone = set(chunk_ids)
        self.rows = {chunk_id: row for chunk_id, row in self.rows.items() if chunk_id not in gone}

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        rows = [row for row in self.rows.values() if subjects is None or row[0].subject in subjects]
        hits = [Hit(chunk.id, float((own @ query.vector).max())) for chunk, own in rows]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def ids(self) -> set[str]:
        return set(self.rows)

    def clear(self) -> None:
        self.rows = {}

    def close(self) -> None:
        self.clear()


class World:
    def __init__(self, engine: Engine) -> None:
        metadata.create_all(engine)
        self.embedder = HashingEmbedder()
        self.shelf = Shelf.over(engine, VectorStore(engine, self.embedder.name), self.embedder)
        self.dense, self.lexical = Exact(), LexicalIndex(":memory:", ANALYZER)
        self.now = 0.0
        self.publisher = self.another_publisher()

    def another_publisher(self) -> Publisher:
        return Publisher(self.shelf, (self.dense, self.lexical), clock=lambda: self.now)

    def ready(self, texts: dict[str, str | None]) -> int:
        """A release of these documents, None for one that goes."""
        shelf = self.shelf
        release_id = shelf.releases.begin()
        for name, text in texts.items():
            number = None
            if text is not None:
                one = Document(name, "", f"hash of {text}", Content("Tyres", text))
                number = shelf.versions.store(one, split(one))
            shelf.releases.enter(release_id, [Entry(name, "update", number)])
        shelf.releases.make_ready(release_id)
        return release_id

    def publish(self, texts: dict[str, str | None]) -> Published:
        self.ready(texts)
        (published,) = self.publisher.work()
        return published

    def shown(self) -> set[str]:
        return self.shelf.catalogue.chunk_ids()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}")
    made = World(engine)
    yield made
    made.lexical.close()
    engine.dispose()


def edition(number: int) -> dict[str, str | None]:
    """All documents, which say the number of their edition."""
    return {f"doc{n}.md": f"Tyre pressure of model {n}: edition {number} says so." for n in range(DOCUMENTS)}


def test_replaced_chunks_stay_in_the_indexes_for_the_grace_time(world: World) -> None:
    world.publish(edition(1))
    old = world.shown()
    assert world.dense.ids() == world.lexical.ids() == old
    world.publish(edition(2))
    new = world.shown()
    assert not old & new
    assert world.dense.ids() == world.lexical.ids() == old | new
    world.now = GRACE_S - 1
    assert world.publisher.work() == ()
    assert world.dense.ids() == old | new
    world.now = GRACE_S + 1
    world.publisher.work()
    assert world.dense.ids() == world.lexical.ids() == new


def test_what_comes_back_within_the_grace_time_stays(world: World) -> None:
    world.publish(edition(1))
    world.publish(edition(2))
    world.publish(edition(1))
    world.now = 2 * GRACE_S
    world.publisher.work()
    assert world.dense.ids() == world.lexical.ids() == world.shown()
    assert len(world.shown()) == DOCUMENTS


def test_nothing_is_embedded_twice(world: World) -> None:
    world.publish(edition(1))
    embedded = world.embedder.texts
    assert embedded == DOCUMENTS
    world.publish({f"moved/{name}": text for name, text in edition(1).items()} | dict.fromkeys(edition(1)))
    world.dense.clear()
    world.lexical.clear()
    assert world.another_publisher().align() == DOCUMENTS
    assert world.embedder.texts == embedded
    assert world.dense.ids() == world.lexical.ids() == world.shown()


def test_a_new_publisher_adds_what_is_missing_and_drops_what_is_not_shown(world: World) -> None:
    world.publish(edition(1))
    old = world.shown()
    world.publish(edition(2))
    world.lexical.remove(sorted(world.shown())[:3])
    other = world.another_publisher()
    assert other.generation is None
    other.work()
    assert other.generation == 2
    assert world.lexical.ids() == old | world.shown()
    world.now += GRACE_S
    other.work()
    assert world.dense.ids() == world.lexical.ids() == world.shown()


def test_a_publisher_follows_what_another_one_published(world: World) -> None:
    world.publish(edition(1))
    other = World.another_publisher(world)
    other.work()
    words = LexicalIndex(":memory:", ANALYZER)
    elsewhere = Publisher(world.shelf, (world.dense, words), clock=lambda: world.now)
    elsewhere.work()
    world.publish(edition(2))
    assert elsewhere.work() == ()
    assert elsewhere.generation == 2
    assert words.ids() >= world.shown()
    words.close()


def test_an_index_that_fails_keeps_the_old_generation_until_it_is_back(world: World) -> None:
    world.publish(edition(1))
    old = world.shown()
    world.ready(edition(2))
    world.dense.lost = True
    with pytest.raises(IndexUnavailable):
        world.publisher.work()
    assert world.shown() == old
    world.dense.lost = False
    (published,) = world.publisher.work()
    assert published.generation == 2
    assert len(world.shown()) == DOCUMENTS


def test_a_publisher_that_is_stopped_leaves_its_release_to_the_next(world: World) -> None:
    world.ready(edition(1))
    world.publisher.stop()
    with pytest.raises(Stopped):
        world.publisher.work()
    assert world.shelf.catalogue.generation() == 0
    assert len(world.another_publisher().work()) == 1


@pytest.mark.parametrize("exact", [True, False])
def test_every_search_sees_one_generation_while_they_change(world: World, exact: bool) -> None:
    """Four threads search as fast as they can while eight editions of all documents are published."""
    retriever = Retriever(
        world.shelf.catalogue,
        world.embedder,
        world.dense,
        world.lexical,
        vectors=world.shelf.vectors,
        neighbours=Neighbours(world.shelf.catalogue, world.shelf.vectors) if exact else None,
        threshold=0.0,
    )
    world.publish(edition(0))
    seen: list[list[str]] = []
    failures: list[BaseException] = []
    ended = threading.Event()

    def search() -> None:
        try:
            while not ended.is_set():
                passages = retriever.find("tyre pressure of the model", k=DOCUMENTS).passages
                seen.append([passage.chunk.text.partition("edition ")[2].split()[0] for passage in passages])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 9):
        world.publish(edition(number))
        world.now += GRACE_S  # removal of older editions runs along with the searches, too
    ended.set()
    for thread in threads:
        thread.join()
    retriever.close()
    assert failures == []
    assert all(len(editions) == DOCUMENTS for editions in seen)
    assert all(len(set(editions)) == 1 for editions in seen)
    assert len({editions[0] for editions in seen}) > 2
