"""Ingestion into real files: SQLite, Chroma and FTS5; also when it is killed halfway."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agents.language.terms import ANALYZER
from rag import vectors
from rag.database import open_database
from rag.embedder import Vectors
from rag.index import Index, IndexUnavailable, Query
from rag.indexes import chroma
from rag.indexes.lexical import LexicalIndex
from rag.ingestion.extract import Extractor
from rag.ingestion.ingest import Plan, Shelf, Staged, complete, plan, store, unwatched
from rag.ingestion.publish import Publisher
from rag.ingestion.scan import scan
from rag.neighbours import Neighbours
from rag.retrieve import Retriever
from rag.tables import chunks, metadata, publications, versions
from rag.types import Chunk
from rag.vectors import VectorStore
from tests.faults.counts import FULL
from tests.unit.rag.hashing import HashingEmbedder

ROOT = Path(__file__).parents[2]


class Library:
    """A knowledge base in a folder, opened. `planned` and `staged` are the last ingestion's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine = open_database(f"sqlite:///{folder / 'catalogue.db'}")
        metadata.create_all(self.engine)
        self.embedder = HashingEmbedder()
        self.shelf = Shelf.over(self.engine, VectorStore(self.engine, self.embedder.name), self.embedder)
        self.catalogue = self.shelf.catalogue
        self.dense = chroma.embedded(folder / "chroma", self.embedder.name)
        self.lexical = LexicalIndex(folder / "words.db", ANALYZER)
        self.indexes: tuple[Index, ...] = (self.dense, self.lexical)
        self.planned, self.staged = Plan(), Staged(None)

    def ingest(self, root: Path, progress: Any = unwatched, **options: bool) -> Plan:
        """What `pitcrew ingest` does while no server runs."""
        self.publisher().work()
        self.planned = plan(scan(root).files, self.catalogue.standings(), **options)
        with Extractor(processes=1) as extractor:
            stored = store(self.planned, root, self.shelf, extractor, progress)
        self.staged = complete(stored, self.shelf)
        publisher = self.publisher()
        publisher.work()
        publisher.finish()
        return self.planned

    def publisher(self) -> Publisher:
        return Publisher(self.shelf, self.indexes, grace_s=0.0)

    def state(self) -> dict[str, Any]:
        """Everything that a search can see, and every version there is, but for the times."""
        with self.engine.connect() as connection:
            stored = connection.execute(select(versions).order_by(versions.c.document_id, versions.c.number)).mappings()
            texts = [{name: value for name, value in row.items() if name != "created_at"} for row in stored]
            pieces = [dict(row) for row in connection.execute(select(chunks).order_by(chunks.c.id)).mappings()]
            shown = connection.execute(
                select(publications.c.document_id, publications.c.version)
                .where(publications.c.until_generation.is_(None))
                .order_by(publications.c.document_id)
            ).all()
            kept = set(connection.execute(select(vectors._vectors.c.fingerprint)).scalars())
        held = [index.ids() for index in self.indexes]
        vector = self.embedder.embed(["tyre pressure"])[0]
        near = Neighbours(self.catalogue, self.shelf.vectors).search(vector, 99, self.catalogue.generation())
        assert near is not None
        worded = self.lexical.search(Query("tyre pressure", vector), 99)
        found = [sorted((hit.chunk_id, round(hit.score, 4)) for hit in hits) for hits in (near, worded)]
        return {
            "versions": texts,
            "chunks": pieces,
            "shown": [tuple(row) for row in shown],
            "standings": self.catalogue.standings(),
            "vectors": kept,
            "held": held,
            "found": found,
        }

    def close(self) -> None:
        self.dense.close()
        self.lexical.close()
        self.engine.dispose()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    for subject in ("specs", "maintenance", "troubleshooting"):
        (folder / subject).mkdir(parents=True)
        for number in range(4):
            body = "\n\n".join(f"## Part {n}\n\nTyre {subject} {number} {n}. " + "Words. " * 60 for n in range(12))
            (folder / subject / f"doc{number}.md").write_text(f"# {subject} {number}\n\n{body}\n")
    return folder


def ids(files: Sequence[Any]) -> list[str]:
    return [file.id for file in files]


def test_the_second_run_does_nothing(library: Library, root: Path) -> None:
    assert len(library.ingest(root).add) == 12
    assert library.staged.chunks == library.staged.embedded == len(library.catalogue.chunk_ids()) == 144
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    embedded, generation = library.embedder.texts, library.catalogue.generation()
    again = library.ingest(root, prune=True)
    assert again == Plan(skip=tuple(library.catalogue.hashes()))
    assert (library.embedder.texts, library.catalogue.generation()) == (embedded, generation)


def test_changes_are_followed(library: Library, root: Path) -> None:
    library.ingest(root)
    (root / "specs/doc0.md").write_text("# New\n\nThe wading depth is 700 mm.\n")
    (root / "specs/doc1.md").unlink()
    (root / "specs/doc9.md").write_text("# Nine\n\nThe roof load is 50 kg.\n")
    before = library.embedder.texts
    made = library.ingest(root, prune=True)
    assert (ids(made.add), ids(made.update), made.delete) == (["specs/doc9.md"], ["specs/doc0.md"], ("specs/doc1.md",))
    assert library.embedder.texts - before == 2
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    retriever = Retriever(library.catalogue, library.embedder, library.dense, library.lexical)
    assert retriever.find("wading depth").passages[0].chunk.document_id == "specs/doc0.md"
    retriever.close()


def test_only_what_changed_in_a_document_is_embedded(library: Library, root: Path) -> None:
    library.ingest(root)
    path = root / "specs/doc0.md"
    path.write_text(path.read_text() + "\n## Part 99\n\nThe wading depth is 700 mm.\n")
    before = library.embedder.texts
    library.ingest(root)
    assert (library.staged.chunks, library.staged.embedded) == (13, 1)
    assert library.embedder.texts - before == 1


def test_a_moved_file_is_moved_and_not_embedded_again(library: Library, root: Path) -> None:
    library.ingest(root)
    (root / "specs/doc0.md").rename(root / "maintenance/moved.md")
    before = library.embedder.texts
    (move,) = library.ingest(root).move
    assert (move.file.id, move.source) == ("maintenance/moved.md", "specs/doc0.md")
    assert library.embedder.texts == before
    assert "specs/doc0.md" not in library.catalogue.hashes()
    assert len(library.catalogue.chunk_ids("maintenance/moved.md")) == 12
    assert library.catalogue.history("maintenance/moved.md")[-1].moved_from == "specs/doc0.md"
    assert library.ingest(root).idle


def test_without_prune_documents_stay(library: Library, root: Path) -> None:
    library.ingest(root)
    (root / "specs/doc1.md").unlink()
    assert library.ingest(root).delete == ()
    assert "specs/doc1.md" in library.catalogue.hashes()


def test_a_file_that_comes_back_is_shown_again(library: Library, root: Path) -> None:
    library.ingest(root)
    text = (root / "specs/doc1.md").read_text()
    (root / "specs/doc1.md").unlink()
    library.ingest(root, prune=True)
    (root / "specs/doc1.md").write_text(text)
    assert ids(library.ingest(root).add) == ["specs/doc1.md"]
    assert library.staged.embedded == 0
    assert [version.number for version in library.catalogue.versions("specs/doc1.md")] == [1]


def test_one_bad_file_is_reported_and_the_rest_go_in(library: Library, root: Path) -> None:
    (root / "specs/empty.txt").write_bytes(b"")
    library.ingest(root)
    assert [failure.id for failure in library.staged.failed] == ["specs/empty.txt"]
    assert len(library.catalogue.hashes()) == 12
    (root / "specs/doc0.md").write_bytes(b"")
    library.ingest(root)
    assert "specs/doc0.md" in {failure.id for failure in library.staged.failed}
    assert len(library.catalogue.chunk_ids("specs/doc0.md")) == 12


def test_progress_counts_up_to_the_total(library: Library, root: Path) -> None:
    said: list[tuple[int, int, str]] = []
    library.ingest(root, progress=lambda done, total, current: said.append((done, total, current)))
    assert [done for done, _, _ in said] == list(range(13))
    assert {total for _, total, _ in said} == {12}
    assert said[-1] == (12, 12, "")


def test_an_emptied_index_is_filled_again_without_embedding(library: Library, root: Path) -> None:
    library.ingest(root)
    state, embedded = library.state(), library.embedder.texts
    library.lexical.clear()
    library.dense.remove(sorted(library.dense.ids())[:50])
    stray = Chunk("stray", "x", "specs", "t", (), None, 0, 1, "tyre")
    library.dense.add([stray], HashingEmbedder().embed(["tyre"]))
    publisher = library.publisher()
    assert publisher.align() == 144
    publisher.finish()
    assert library.embedder.texts == embedded
    assert library.state() == state


def test_force_reads_everything_again_and_finds_it_the_same(library: Library, root: Path) -> None:
    library.ingest(root)
    state = library.state()
    assert len(library.ingest(root, force=True).update) == 12
    assert library.staged.chunks == 0
    assert library.state() == state


def test_a_lost_index_ends_the_run_and_the_next_one_completes_it(library: Library, root: Path) -> None:
    class Lost:
        def __init__(self, index: Index, calls: int) -> None:
            self.index, self.calls = index, calls

        def add(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
            self.calls -= 1
            if self.calls < 0:
                raise IndexUnavailable("lost")
            self.index.add(chunks, vectors)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.index, name)

    whole = library.indexes
    library.indexes = (whole[0], Lost(whole[1], 0))
    with pytest.raises(IndexUnavailable):
        library.ingest(root)
    assert library.catalogue.hashes() == {}
    embedded = library.embedder.texts
    library.indexes = whole
    library.ingest(root)
    assert library.embedder.texts == embedded
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    assert len(library.catalogue.chunk_ids()) == 144


VICTIM = """
import os, signal, sys
from pathlib import Path
from tests.integration.test_ingest import Library
from rag.versions import Versions
from rag.releases import Releases
from rag.vectors import VectorStore

library, left = Library(Path(sys.argv[1])), int(sys.argv[3])

def dying(act):
    def step(*arguments):
        global left
        for when in ("before", "after"):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            if when == "before":
                result = act(*arguments)
        return result
    return step

for kind, names in ((Versions, ("store",)), (Releases, ("enter", "make_ready", "publish")), (VectorStore, ("put",))):
    for name in names:
        setattr(kind, name, dying(getattr(kind, name)))
for index in library.indexes:
    index.add = dying(index.add)
    index.remove = dying(index.remove)
library.ingest(Path(sys.argv[2]), prune=True)
print("finished")
"""


@pytest.mark.timeout(600)
def test_killed_anywhere_the_next_run_ends_as_if_nothing_had_happened(tmp_path: Path, root: Path) -> None:
    clean, data = Library(tmp_path / "clean"), tmp_path / "killed"
    try:
        clean.ingest(root)
        steps = (1, 13, 11, 3, 3, 1, 5) if FULL else (1, 13)
        assert kills_until_done(data, root, steps) == len(steps)
        check_same(data, clean)
        (root / "specs/doc0.md").write_text("# New\n\nThe tyre pressure is 2.5 bar.\n")
        (root / "maintenance/doc1.md").unlink()
        clean.ingest(root, prune=True)
        steps = (1, 3, 2, 5, 5, 1) if FULL else (3, 5)
        assert kills_until_done(data, root, steps) == len(steps)
        check_same(data, clean)
    finally:
        clean.close()


def check_same(data: Path, clean: Library) -> None:
    survivor = Library(data)
    try:
        assert survivor.state() == clean.state()
    finally:
        survivor.close()


def kills_until_done(data: Path, root: Path, steps: Sequence[int]) -> int:
    """How many runs were killed, each after so many steps, before one came to its end."""
    for kills, left in enumerate((*steps, 10_000)):
        if run_victim(data, root, left) == 0:
            return kills
    raise AssertionError("no run came to its end")


def run_victim(data: Path, root: Path, steps: int) -> int:
    arguments = [sys.executable, "-c", VICTIM, str(data), str(root), str(steps)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, env=environment, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
    return done.returncode
