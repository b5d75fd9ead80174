"""Dense search in Chroma, embedded in this process or as a server; one collection per subject.

A metadata filter would make a query ten times slower at 10,000 chunks, so a subject is a collection of its own.
Collections also belong to a space, the name of the embedder: vectors of two embedders never meet, and an index opened
with a new embedder is empty until ingestion fills it. Scores are cosine similarities, -1..1.

The views of a chunk are rows of its id, then `id#1`, `id#2`, written and removed in one call each, so that Chroma never
holds some of them only.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.config import Settings
from chromadb.errors import InternalError, NotFoundError

from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.types import Chunk
from rag.views import LAYOUT, MOST_VIEWS

_T = TypeVar("_T")
_BATCH = 512  # chunks written or removed in one call, with all their views
_PAGE = 10_000
_CROWD = 3  # rows asked for, for each chunk wanted: views of one chunk are often found together
_LOOK_AGAIN_S = 1.0  # after this, another process may have added a subject; to look costs as much as a search
_UNWRITTEN = "Nothing found on disk"
"""What Chroma says while another thread or process writes the first rows of a collection: they are there at once."""
_PAUSES_S = (0.02, 0.1, 0.5)
_EFFORT = 300  # rows that a search weighs up; at Chroma's 100 it misses some once rows were removed


@contextmanager
def _available(action: str) -> Iterator[None]:
    """Chroma raises many kinds of error, of three libraries; to a caller all of them mean the same."""
    try:
        yield
    except IndexUnavailable:
        raise
    except Exception as error:
        raise IndexUnavailable(f"Chroma cannot {action}: {type(error).__name__}: {error}") from error


class ChromaIndex:
    """An Index over one Chroma client; `release` frees what the client holds."""

    def __init__(self, client: ClientAPI, space: str, release: Callable[[], None]) -> None:
        self._client = client
        self._space = space
        self._release = release
        self._collections: dict[str, chromadb.Collection] = {}
        self._looked = 0.0
        self._opening = Lock()
        with _available("list its collections"):
            self._look()

    def _look(self) -> None:
        """Learn the collections of this space; on a server, others may have added some."""
        collections = {}
        for collection in self._client.list_collections():
            about = collection.metadata or {}
            if about.get("space") == self._space and about.get("layout") == LAYOUT:
                collections[str(about["subject"])] = collection
        self._collections = collections
        self._looked = time.monotonic()

    def _collections_of(self, subjects: Sequence[str] | None) -> list[chromadb.Collection]:
        unknown = subjects is not None and not self._collections.keys() >= set(subjects)
        if unknown or (subjects is None and time.monotonic() - self._looked > _LOOK_AGAIN_S):
            self._look()
        collections = self._collections
        names = collections if subjects is None else dict.fromkeys(subjects)
        return [collections[name] for name in names if name in collections]

    def add(self, chunks: Sequence[Chunk], vectors: Vectors | Sequence[Vectors]) -> None:
        by_subject: dict[str, dict[str, Vectors]] = defaultdict(dict)
        for chunk, own in zip(chunks, vectors, strict=True):
            by_subject[chunk.subject][chunk.id] = np.atleast_2d(own)[:MOST_VIEWS]
        with _available("store vectors"):
            for subject, rows in by_subject.items():
                collection = self._collection(subject)
                for some in _batches(rows.items()):
                    ids = [row for chunk_id, own in some for row in _rows(chunk_id)[: len(own)]]
                    if again := collection.get(ids=[chunk_id for chunk_id, _ in some], include=[])["ids"]:
                        existing = collection.get(
                            ids=[row for chunk_id in again for row in _rows(chunk_id)], include=[]
                        )
                        if surplus := sorted(set(existing["ids"]).difference(ids)):
                            collection.delete(ids=surplus)
                    collection.upsert(ids=ids, embeddings=np.concatenate([own for _, own in some]))

    def _collection(self, subject: str) -> chromadb.Collection:
        """The subject's collection, asked for anew: another process may have dropped the one that was known."""
        key = hashlib.sha256(f"{LAYOUT}\0{self._space}\0{subject}".encode()).hexdigest()[:40]
        with self._opening:
            collection = self._client.get_or_create_collection(
                f"chunks-{key}",
                metadata={"space": self._space, "subject": subject, "layout": LAYOUT},
                configuration={"hnsw": {"space": "cosine", "ef_search": _EFFORT}},
                embedding_function=None,
            )
            self._collections = self._collections | {subject: collection}
        return collection

    def remove(self, chunk_ids: Sequence[str]) -> None:
        with _available("remove vectors"):
            self._look()
            for collection in self._collections_of(None):
                for some in _batches(chunk_ids):
                    collection.delete(ids=[row for chunk_id in some for row in _rows(chunk_id)])

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        if k < 1:
            return []
        with _available("search"):
            for pause in _PAUSES_S:
                try:
                    return self._search(query, k, subjects)
                except NotFoundError:  # another process has dropped and made a collection since it was looked up
                    self._look()
                except InternalError as error:
                    if _UNWRITTEN not in str(error):
                        raise
                    time.sleep(pause)
            return self._search(query, k, subjects)

    def _search(self, query: Query, k: int, subjects: Sequence[str] | None) -> list[Hit]:
        hits = [hit for collection in self._collections_of(subjects) for hit in _nearest(collection, query, k)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]

    def ids(self) -> set[str]:
        chunk_ids: set[str] = set()
        with _available("list its chunks"):
            self._look()
            for collection in self._collections_of(None):
                at = 0
                while page := collection.get(include=[], limit=_PAGE, offset=at)["ids"]:
                    chunk_ids.update(map(_chunk_of, page))
                    at += len(page)
        return chunk_ids

    def clear(self) -> None:
        with _available("drop its collections"), self._opening:
            self._look()
            for collection in self._collections_of(None):
                self._client.delete_collection(collection.name)
            self._collections = {}

    def close(self) -> None:
        self._release()


def _nearest(collection: chromadb.Collection, query: Query, k: int) -> list[Hit]:
    """The `k` nearest chunks by their nearest views; more rows are asked for until that many chunks are among them."""
    rows = k * _CROWD
    while True:
        result = collection.query(query_embeddings=query.vector.tolist(), n_results=rows, include=["distances"])
        best: dict[str, float] = {}
        for row, far in zip(result["ids"][0], (result["distances"] or [[]])[0], strict=True):
            best.setdefault(_chunk_of(row), 1.0 - far)
        if len(best) >= k or len(result["ids"][0]) < rows:
            return [Hit(chunk_id, score) for chunk_id, score in best.items()]
        rows *= 2


def _rows(chunk_id: str) -> list[str]:
    """The ids of the rows that the views of a chunk may have."""
    return [chunk_id, *(f"{chunk_id}#{number}" for number in range(1, MOST_VIEWS))]


def _chunk_of(row: str) -> str:
    return row.partition("#")[0]


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    """`items` in lists of at most _BATCH."""
    left = iter(items)
    while some := list(islice(left, _BATCH)):
        yield some


def embedded(folder: Path, space: str) -> ChromaIndex:
    """An index in files below `folder`, which bear only one process that writes: see `rag/indexes/deferred.py`. Another
    that searches sees what was stored when it opened them. `space` names the embedder. Raises IndexUnavailable."""
    with _available("open its folder"):
        client = cast(Client, chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False)))
        return ChromaIndex(client, space, client.close)


def server(url: str, space: str) -> ChromaIndex:
    """An index on the Chroma server at `url`, such as `http://chroma:8000`. Raises IndexUnavailable."""
    parts = urlsplit(url)
    with _available(f"be reached at {parts.hostname}:{parts.port}"):
        client = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            settings=Settings(anonymized_telemetry=False),
        )
        return ChromaIndex(client, space, cast(Client, client).close)
