"""A search to be measured: over the knowledge base as it is, or over a corpus in an index of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.failure import CommandFailed
from api.cli.output import progress, read_json_lines

if TYPE_CHECKING:
    from api.compose import Library
    from api.settings import Settings
    from rag.retrieve import Retriever

_CHUNKS_AT_A_TIME = 256
_EVERY_CANDIDATE = 100


def documents(retriever: "Retriever", text: str) -> dict[str, float]:
    """Documents by the score of their best passage, best first."""
    found: dict[str, float] = {}
    for passage in retriever.find(text, k=_EVERY_CANDIDATE).passages:
        found.setdefault(passage.chunk.document_id, passage.score)
    return found


@contextmanager
def searched(settings: "Settings", corpus: Path | None) -> "Iterator[tuple[Retriever, dict[str, Any]]]":
    """A search without threshold, over the corpus or the knowledge base, and the corpus' ids as they were written."""
    import tempfile

    from api.cli.knowledge import open_knowledge
    from api.compose import open_library, open_migrated_database
    from rag.retrieve import Retriever

    def unfiltered(library: "Library") -> Retriever:
        dense, lexical = library.indexes
        return Retriever(library.catalogue, library.embedder, dense, lexical, threshold=0.0)

    if corpus is None:
        with open_knowledge(settings) as library:
            yield unfiltered(library), {}
        return
    with tempfile.TemporaryDirectory(prefix="pitcrew-eval-") as folder:
        elsewhere = settings.model_copy(update={"data_dir": Path(folder), "database_url": ""})
        database = open_migrated_database(elsewhere)
        try:
            with open_library(elsewhere, database) as library:
                yield unfiltered(library), _fill(library, corpus)
        finally:
            database.dispose()


def _fill(library: "Library", corpus: Path) -> dict[str, Any]:
    """Put a corpus into the library as ingestion would; its ids as they were written, by document id."""
    import hashlib

    from rag.split import split
    from rag.types import Chunk, Content, Document
    from rag.views import embedded

    ids: dict[str, Any] = {}
    waiting: list[Chunk] = []
    lines = read_json_lines(corpus)

    def index() -> None:
        if waiting:
            vectors = embedded(waiting, library.embedder)
            for one in library.indexes:
                one.add(waiting, vectors)
            waiting.clear()

    with progress("Indexing") as advance:
        for done, line in enumerate(lines):
            advance(done, len(lines), "")
            text, title = line.get("text"), line.get("title") or ""
            if "id" not in line or not isinstance(text, str) or not isinstance(title, str):
                raise CommandFailed(f"{corpus}, document {done + 1} has no `id` and `text`.")
            name = str(line["id"])
            if name in ids:
                raise CommandFailed(f"{corpus}, document {done + 1}: the id {name} is there twice.")
            ids[name] = line["id"]
            document = Document(name, "", hashlib.sha256(text.encode()).hexdigest(), Content(title, text))
            pieces = split(document)
            library.catalogue.replace(document, pieces)
            waiting += pieces
            if len(waiting) >= _CHUNKS_AT_A_TIME:
                index()
        index()
    return ids
