"""Documents in memory, searched by the product's own retriever: its fused scores, over the real word index and an exact
comparison of vectors, so that nothing depends on the order in which an approximate index was filled."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from agents.language.terms import ANALYZER
from benchmarks.corpora import Line
from rag.customer_questions import FILE, CustomerQuestions, read
from rag.embedder import Embedder, Vectors
from rag.file_bytes import title_from_name
from rag.index import Hit, Query
from rag.indexes.lexical import LexicalIndex
from rag.ingestion.ingest import unwatched
from rag.ingestion.scan import scan
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.retrieve import THRESHOLD, Retriever, SearchResult
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from rag.views import embedded

APART = ("datasets",)
"""Folders of the knowledge base that hold no documents."""


def of_folder(root: Path) -> tuple[Chunk, ...]:
    """The chunks of the documents in a folder of files that are vouched for."""
    chunks: list[Chunk] = []
    for file in scan(root, ignore=APART).files:
        loader = loader_for(file.path)
        if loader is not None and file.subject:
            content = loader.read(file.path.read_bytes(), title_from_name(file.path)).content
            chunks += split(Document(file.id, file.subject, file.content_hash, content))
    return tuple(chunks)


def of_lines(lines: Sequence[Line]) -> tuple[Chunk, ...]:
    """The chunks of documents {"id", "title", "text"}."""
    return tuple(
        chunk
        for line in lines
        for chunk in split(Document(line["id"], "", line["id"], Content(line["title"], line["text"])))
    )


def customer_questions(root: Path, embedder: Embedder, plain: Callable[[str], str]) -> CustomerQuestions:
    """Those of the knowledge base in a folder, ready to be searched."""
    beside = VectorStore(create_engine("sqlite://", poolclass=StaticPool), embedder.name)
    questions = CustomerQuestions(read(root / FILE), embedder, beside, plain)
    questions.embed(unwatched)
    return questions


class Corpus:
    """Chunks that can be searched; some documents can be taken out for a while. For one thread."""

    def __init__(self, chunks: Sequence[Chunk], embedder: Embedder, questions: CustomerQuestions | None = None) -> None:
        """`questions`: customers', with what answers them; without them the chunks are found by themselves alone."""
        vectors = embedded(chunks, embedder)
        self._all = {chunk.id: chunk for chunk in chunks}
        self._vectors = {chunk.fingerprint: own for chunk, own in zip(chunks, vectors, strict=True)}
        self._shown = dict(self._all)
        self._words = LexicalIndex(":memory:", ANALYZER)
        self._words.add(chunks, vectors)
        self._embedder = embedder
        self._questions = questions
        self._retrievers: dict[float, Retriever] = {}

    def find(
        self, text: str, *, subjects: Sequence[str] | None = None, k: int = 8, whole: bool = False
    ) -> SearchResult:
        """What the product finds; `whole`: also passages below its threshold."""
        threshold = 0.0 if whole else THRESHOLD
        if threshold not in self._retrievers:
            self._retrievers[threshold] = Retriever(
                self,  # type: ignore[arg-type]
                self._embedder,
                self,  # type: ignore[arg-type]
                self._words,
                vectors=self,  # type: ignore[arg-type]
                questions=self._questions,
                threads=1,
                threshold=threshold,
            )
        return self._retrievers[threshold].find(text, subjects=subjects, k=k)

    @contextmanager
    def without(self, documents: Collection[str]) -> Iterator[None]:
        """Meanwhile these documents are not there."""
        gone = [chunk for chunk in self._shown.values() if chunk.document_id in documents]
        self._words.remove([chunk.id for chunk in gone])
        self._shown = {name: chunk for name, chunk in self._shown.items() if chunk.document_id not in documents}
        try:
            yield
        finally:
            self._words.add(gone, [self._vectors[chunk.fingerprint] for chunk in gone])
            self._shown = dict(self._all)

    def generation(self) -> int:
        """As a catalogue does."""
        return 1

    def chunk_ids(self, generation: int) -> set[str]:
        """As a catalogue does."""
        return set(self._shown)

    def chunks(self, chunk_ids: Collection[str], generation: int) -> dict[str, Chunk]:
        """As a catalogue does."""
        return {chunk_id: self._shown[chunk_id] for chunk_id in chunk_ids}

    def get(self, fingerprints: Collection[str]) -> Mapping[str, Vectors]:
        """As a store of vectors does."""
        return {fingerprint: self._vectors[fingerprint] for fingerprint in fingerprints}

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        """As an index over vectors does, exactly."""
        chunks = [chunk for chunk in self._shown.values() if subjects is None or chunk.subject in subjects]
        if not chunks:
            return []
        views = [self._vectors[chunk.fingerprint] for chunk in chunks]
        starts = np.cumsum([0, *(len(own) for own in views[:-1])])
        nearest = np.maximum.reduceat(np.concatenate(views) @ query.vector, starts)
        hits = [Hit(chunk.id, float(score)) for chunk, score in zip(chunks, nearest, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]
