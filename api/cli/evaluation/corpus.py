"""A search to be measured: over the knowledge base as it is, or over a corpus in an index of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.terminal.output import progress, read_json_lines
from api.failure import CommandFailed

if TYPE_CHECKING:
    from api.compose.knowledge import Library
    from api.settings import Settings
    from rag.customer_questions import CustomerQuestions
    from rag.retrieve import Retriever

_EVERY_CANDIDATE = 100


def documents(retriever: "Retriever", text: str) -> tuple[dict[str, float], float]:
    """Documents by the score of their best passage, best first, and the probability that they answer."""
    retrieval = retriever.find(text, k=_EVERY_CANDIDATE)
    best: dict[str, float] = {}
    for passage in sorted(retrieval.passages, key=lambda passage: -passage.score):
        best.setdefault(passage.chunk.document_id, passage.score)
    return best, retrieval.answerable


@contextmanager
def searched(settings: "Settings", corpus: Path | None) -> "Iterator[tuple[Retriever, dict[str, Any]]]":
    """A search without threshold, over the corpus or the knowledge base, and the corpus' ids as they were written."""
    import tempfile

    from api.cli.terminal.knowledge import open_knowledge
    from api.compose.knowledge import open_embedder, open_library, open_questions
    from api.migrations import migrate
    from rag.database import open_database
    from rag.neighbours import Neighbours
    from rag.retrieve import Retriever

    def unfiltered(library: "Library", questions: "CustomerQuestions | None" = None) -> Retriever:
        dense, lexical = library.indexes
        return Retriever(
            library.catalogue,
            library.embedder,
            dense,
            lexical,
            vectors=library.shelf.vectors,
            neighbours=Neighbours(library.catalogue, library.shelf.vectors),
            questions=questions,
            threshold=0.0,
        )

    if corpus is None:
        with open_knowledge(settings) as library:
            yield unfiltered(library, open_questions(settings, library.embedder, library.shelf.vectors)), {}
        return
    embedder = open_embedder(settings)
    with tempfile.TemporaryDirectory(prefix="pitcrew-eval-") as folder:
        elsewhere = settings.model_copy(update={"data_dir": Path(folder), "database_url": "", "chroma_url": ""})
        database = open_database(elsewhere.sql_url, durable=False)
        try:
            migrate(database)
            with open_library(elsewhere, database, embedder=embedder) as library:
                yield unfiltered(library), fill(library, corpus)
        finally:
            database.dispose()


def fill(library: "Library", corpus: Path) -> dict[str, Any]:
    """Put a corpus into the library as ingestion would; its ids as they were written, by document id."""
    import hashlib

    from rag.ingestion.publish import Publisher
    from rag.ingestion.split import split
    from rag.releases import Entry
    from rag.types import Content, Document

    ids: dict[str, Any] = {}
    entries: list[Entry] = []
    lines = read_json_lines(corpus)
    shelf = library.shelf
    with progress("Reading") as advance:
        for done, line in enumerate(lines):
            advance(done, len(lines), "")
            text, title = line.get("text"), line.get("title") or ""
            if "id" not in line or not isinstance(text, str) or not isinstance(title, str):
                raise CommandFailed(f"{corpus}, document {done + 1} has no `id` and `text`.")
            name = str(line["id"])
            if name in ids:
                raise CommandFailed(f"{corpus}, document {done + 1}: the id {name} is there twice.")
            ids[name] = line["id"]
            content_hash = hashlib.sha256(text.encode()).hexdigest()
            document = Document(name, "", content_hash, Content(title, text))
            entries.append(Entry(name, "add", shelf.versions.store(document, split(document)), content_hash))
    release = shelf.releases.begin()
    shelf.releases.enter(release, entries)
    shelf.releases.make_ready(release)
    with progress("Indexing") as advance:
        Publisher(shelf, library.indexes).publish(release, advance)
    return ids
