"""Of several processes one publishes, and another when that one is gone or stands still."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.compose.publication import PublishingTurn, keeping_current
from rag.database import open_database
from rag.embedder import Vectors
from rag.ingestion.ingest import Shelf
from rag.ingestion.publish import Publisher
from rag.ingestion.split import split
from rag.releases import Entry
from rag.tables import metadata
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from tests.databases import DATABASES, postgres
from tests.unit.rag.hashing import HashingEmbedder


class CountingIndex:
    """A dense index that several processes share, and how often each chunk was put in by whom."""

    def __init__(self) -> None:
        self.puts: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def add(self, chunks: Sequence[Chunk], _: Sequence[Vectors]) -> None:
        time.sleep(0.05)  # as a server would take
        with self._lock:
            self.puts += [(threading.current_thread().name, chunk.id) for chunk in chunks]

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with self._lock:
            self.puts = [put for put in self.puts if put[1] not in set(chunk_ids)]

    def ids(self) -> set[str]:
        with self._lock:
            return {chunk_id for _, chunk_id in self.puts}


def shelf(engine: Engine) -> Shelf:
    embedder = HashingEmbedder()
    return Shelf.over(engine, VectorStore(engine, embedder.name), embedder)


def make_ready(to: Shelf, names: Sequence[str]) -> None:
    release_id = to.releases.begin()
    for name in names:
        document = Document(name, "specs", f"hash of {name}", Content(name, f"The {name} holds 5 litres."))
        number = to.versions.store(document, split(document))
        to.releases.enter(release_id, [Entry(name, "update", number)])
    to.releases.make_ready(release_id)


def comes_true(condition: Callable[[], bool], seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < ends:
        time.sleep(0.02)
    return true


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Each call: the database as another process has it open."""
    with postgres(tmp_path) as url, ExitStack() as stack:

        def opened() -> Engine:
            engine = open_database(url)
            stack.callback(engine.dispose)
            return engine

        metadata.create_all(opened())
        yield opened


def test_several_put_each_passage_in_once(processes: Callable[[], Engine]) -> None:
    index = CountingIndex()
    with ExitStack() as stack:
        for _ in range(3):
            engine = processes()
            publisher = Publisher(shelf(engine), [index], pause_s=0.001)
            stack.enter_context(keeping_current(publisher, PublishingTurn(engine), every_s=0.05))
        to = shelf(processes())
        make_ready(to, ["a.md", "b.md", "c.md"])
        assert comes_true(lambda: len(to.catalogue.chunk_ids()) == 3)
        time.sleep(0.5)  # whoever would do it again has come to it
    assert len(index.puts) == len(index.ids()) == 3, index.puts


def test_another_takes_the_place_of_one_that_has_ended(processes: Callable[[], Engine]) -> None:
    first, second = PublishingTurn(processes()), PublishingTurn(processes())
    assert [first.held(), first.held(), second.held()] == [True, True, False]
    first.close()
    assert [second.held(), first.held()] == [True, False]
    second.close()
    first.close()


def test_another_takes_the_place_of_one_that_stands_still(processes: Callable[[], Engine]) -> None:
    """Which hears of it with the next word that it says, and waits its turn."""
    still, other = PublishingTurn(processes(), silent_s=0.3), PublishingTurn(processes(), silent_s=0.3)
    assert still.held()
    assert comes_true(other.held, 5)
    with pytest.raises(Exception, match=r"terminat|closed"):
        still.held()
    assert [still.held(), other.held()] == [False, True]
    still.close()
    other.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_alone_it_is_ever_one_s_turn(kind: str, tmp_path: Path) -> None:
    with DATABASES[kind](tmp_path) as url:
        engine = open_database(url)
        turn = PublishingTurn(engine)
        assert turn.held()
        turn.close()
        engine.dispose()
