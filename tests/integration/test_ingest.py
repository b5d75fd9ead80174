"""Ingestion into real files: SQLite, Chroma and FTS5; also when it is killed halfway."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from rag.catalogue import Catalogue
from rag.embedder import Vectors
from rag.index import Index, IndexUnavailable, Query
from rag.indexes import chroma
from rag.indexes.lexical import LexicalIndex
from rag.ingest import Report, apply, plan, scan, settle
from rag.retrieve import Retriever
from rag.tables import chunks, documents, metadata
from rag.types import Chunk
from tests.unit.rag.hashing import HashingEmbedder

ROOT = Path(__file__).parents[2]


class Library:
    """A knowledge base in a folder, opened."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(f"sqlite:///{folder / 'catalogue.db'}")
        metadata.create_all(self.engine)
        self.catalogue = Catalogue(self.engine)
        self.embedder = HashingEmbedder()
        self.dense = chroma.embedded(folder / "chroma", self.embedder.name)
        self.lexical = LexicalIndex(folder / "words.db")
        self.indexes: tuple[Index, ...] = (self.dense, self.lexical)

    def ingest(self, root: Path, progress: Any = None, **options: bool) -> Report:
        made = plan(scan(root).files, self.catalogue.hashes(), **options)
        return apply(made, self.catalogue, self.indexes, self.embedder, progress)

    def state(self) -> dict[str, Any]:
        """Everything that a search can see, but for the times of ingestion."""
        with self.engine.connect() as connection:
            stored = connection.execute(select(documents).order_by(documents.c.id)).mappings()
            kept = [{name: value for name, value in row.items() if name != "ingested_at"} for row in stored]
            pieces = [dict(row) for row in connection.execute(select(chunks).order_by(chunks.c.id)).mappings()]
        held = [index.ids() for index in self.indexes]
        vector = self.embedder.embed(["tyre pressure"])[0]
        found = [
            sorted((h.chunk_id, round(h.score, 4)) for h in i.search(Query("tyre pressure", vector), 99))
            for i in self.indexes
        ]
        return {"documents": kept, "chunks": pieces, "held": held, "found": found}

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


def test_the_second_run_does_nothing(library: Library, root: Path) -> None:
    report = library.ingest(root)
    assert len(report.added) == 12
    assert report.chunks == len(library.catalogue.chunk_ids()) == 144
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    embedded = library.embedder.texts
    again = library.ingest(root, prune=True)
    assert again == Report((), (), (), (), 0)
    assert library.embedder.texts == embedded


def test_changes_are_followed(library: Library, root: Path) -> None:
    library.ingest(root)
    (root / "specs/doc0.md").write_text("# New\n\nThe wading depth is 700 mm.\n")
    (root / "specs/doc1.md").unlink()
    (root / "specs/doc9.md").write_text("# Nine\n\nThe roof load is 50 kg.\n")
    before = library.embedder.texts
    report = library.ingest(root, prune=True)
    assert (report.added, report.updated, report.deleted) == (
        ("specs/doc9.md",),
        ("specs/doc0.md",),
        ("specs/doc1.md",),
    )
    assert library.embedder.texts - before == 2
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    retriever = Retriever(library.catalogue, library.embedder, library.dense, library.lexical)
    assert retriever.find("wading depth").passages[0].chunk.document_id == "specs/doc0.md"
    retriever.close()


def test_without_prune_documents_stay(library: Library, root: Path) -> None:
    library.ingest(root)
    (root / "specs/doc1.md").unlink()
    assert library.ingest(root).deleted == ()
    assert "specs/doc1.md" in library.catalogue.hashes()


def test_one_bad_file_is_reported_and_the_rest_go_in(library: Library, root: Path) -> None:
    (root / "specs/bad.md").write_bytes(b"\xff\xfe")
    (root / "specs/empty.txt").write_bytes(b"")
    report = library.ingest(root)
    assert {failure.id for failure in report.failed} == {"specs/bad.md", "specs/empty.txt"}
    assert len(report.added) == 12
    (root / "specs/doc0.md").write_bytes(b"\xff\xfe")
    report = library.ingest(root)
    assert "specs/doc0.md" in {failure.id for failure in report.failed}
    assert len(library.catalogue.chunk_ids("specs/doc0.md")) == 12


def test_progress_counts_up_to_the_total(library: Library, root: Path) -> None:
    said: list[tuple[int, int, str]] = []
    library.ingest(root, progress=lambda done, total, current: said.append((done, total, current)))
    assert [done for done, _, _ in said] == list(range(13))
    assert {total for _, total, _ in said} == {12}
    assert said[-1] == (12, 12, "")


def test_an_emptied_index_is_filled_again(library: Library, root: Path) -> None:
    library.ingest(root)
    state = library.state()
    library.lexical.clear()
    library.dense.remove(sorted(library.dense.ids())[:50])
    stray = Chunk("stray", "x", "specs", "t", (), None, 0, 1, "tyre")
    library.dense.add([stray], library.embedder.embed(["tyre"]))
    assert settle(library.catalogue, library.indexes, library.embedder) == 144
    assert library.state() == state


def test_refresh_builds_everything_anew(library: Library, root: Path) -> None:
    library.ingest(root)
    state = library.state()
    report = library.ingest(root, refresh=True)
    assert len(report.updated) == 12
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
    library.indexes = (whole[0], Lost(whole[1], 1))
    with pytest.raises(IndexUnavailable):
        library.ingest(root)
    library.indexes = whole
    library.ingest(root)
    assert library.dense.ids() == library.lexical.ids() == library.catalogue.chunk_ids()
    assert len(library.catalogue.chunk_ids()) == 144


VICTIM = """
import os, signal, sys
from pathlib import Path
from tests.integration.test_ingest import Library

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

library.catalogue.replace = dying(library.catalogue.replace)
library.catalogue.delete = dying(library.catalogue.delete)
for index in library.indexes:
    index.add = dying(index.add)
    index.remove = dying(index.remove)
library.ingest(Path(sys.argv[2]), prune=True)
print("finished")
"""


def test_killed_anywhere_the_next_run_ends_as_if_nothing_had_happened(tmp_path: Path, root: Path) -> None:
    clean, data = Library(tmp_path / "clean"), tmp_path / "killed"
    try:
        clean.ingest(root)
        assert kills_until_done(data, root, (1, 5, 9, 13)) >= 3
        check_same(data, clean)
        (root / "specs/doc0.md").write_text("# New\n\nThe tyre pressure is 2.5 bar.\n")
        (root / "maintenance/doc1.md").unlink()
        clean.ingest(root, prune=True)
        assert kills_until_done(data, root, (2, 4, 7)) >= 2
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
