"""Questions as customers ask them, each with the place in the documents that answers it: `customer-questions.csv`.

People describe what they see and want; documents name it. A question that somebody else asked in their own words is a
better bridge between the two than the document's text: the places of the nearest questions are searched with it.
"""

import csv
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from sys import intern
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag import array_file
from rag.embedder import Embedder, Vectors
from rag.types import Chunk, Likeness, Place
from rag.vectors import VectorStore

FILE = "customer-questions.csv"
"""The file's name, at the root of the knowledge base."""
COLUMNS = ("document", "section", "statement", "question")
RETRY_S = 10.0
"""How long it is not looked again for vectors that are missing: `pitcrew ingest` makes them."""
_LONGEST = 2000  # characters of a question
_LOT = 256  # questions embedded at a time
_KEPT, _MOST = 8, 400  # places that are told: in one chunk, in all
_LEAST = 0.3  # a cosine below which two short questions have nothing to do with each other


class BadQuestions(ValueError):
    """The file is not what it should be; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class CustomerQuestion:
    """A question and what answers it: a statement, named by how it begins, of a section (the last heading above it)
    of a document. Empty: the whole section, the whole document."""

    document_id: str
    section: str
    statement: str
    text: str

    def answered_by(self, chunk: Chunk) -> bool:
        """Whether its place is in the chunk."""
        heading = chunk.section[-1] if chunk.section else chunk.title
        return chunk.document_id == self.document_id and self.section in ("", heading) and self.statement in chunk.text

    def start(self, chunk: Chunk) -> int | None:
        """Where the statement begins in the document, of which the chunk holds it; None without a statement."""
        return chunk.start + chunk.text.index(self.statement) if self.statement else None


def read(path: Path) -> tuple[CustomerQuestion, ...]:
    """The questions in a file; none where there is no file. Raises BadQuestions."""
    if not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if tuple(header) != COLUMNS:
                raise BadQuestions(f"{path}: the first line must be {','.join(COLUMNS)}")
            return tuple(_questions(path, rows))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadQuestions(f"{path} cannot be read as CSV in UTF-8: {error}") from error


def _questions(path: Path, rows: Iterator[list[str]]) -> Iterator[CustomerQuestion]:
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) != len(COLUMNS) or not row[0].strip() or not row[3].strip():
            raise BadQuestions(f"{path}, line {number}: wanted {len(COLUMNS)} fields, document and question not empty")
        if len(row[3]) > _LONGEST:
            raise BadQuestions(f"{path}, line {number}: the question is longer than {_LONGEST} characters")
        document, section, statement = (intern(cell.strip()) for cell in row[:3])  # the same in many rows
        yield CustomerQuestion(document, section, statement, " ".join(row[3].split()))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the questions' answers stand in the chunks of one generation: question `questions[i]` in `chunks[i]`, from
    `starts[i]` on; None for all of it."""

    generation: int
    questions: NDArray[np.intp]
    chunks: tuple[Chunk, ...]
    starts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file with the vectors of all questions together, which is a third of a second less than each from its place.
    `state` says of which: it differs with the questions, with what is plain in them, and with the embedder."""

    path: Path
    state: str


class CustomerQuestions:
    """The nearest of the questions to a new one. Thread-safe; blocks its thread while it reads."""

    def __init__(
        self,
        questions: Sequence[CustomerQuestion],
        embedder: Embedder,
        vectors: VectorStore,
        plain: Callable[[str], str] = str,
        kept: Kept | None = None,
    ) -> None:
        """`plain` takes out of a text what does not tell questions apart, such as the names of products. `kept`: where
        all the vectors are kept together once they are there."""
        self._questions = tuple(questions)
        self._embedder = embedder
        self._store = vectors
        self._plain = plain
        self._kept = kept
        self._reading = Lock()
        self._rows: Vectors | None = None
        self._there: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._until = 0.0
        self._places = _Places(-1, np.empty(0, dtype=np.intp), (), ())

    def __len__(self) -> int:
        return len(self._questions)

    @cached_property
    def keys(self) -> Sequence[str]:
        """Under which their vectors are kept."""
        return [_key(text) for text in self._texts]

    @cached_property
    def _texts(self) -> Sequence[str]:
        """What is embedded of each."""
        return [self._plain(question.text) for question in self._questions]

    def embed(self, progress: Callable[[int, int, str], None]) -> int:
        """Make the vectors that are missing; how many were made."""
        texts = dict(zip(self.keys, self._texts, strict=True))
        missing = sorted(self._store.missing(list(texts)))
        for at in range(0, len(missing), _LOT):
            progress(at, len(missing), "")
            some = missing[at : at + _LOT]
            rows = self._embedder.embed([texts[key] for key in some])
            self._store.put(some, [row[np.newaxis] for row in rows])
        if self._kept and self._together() is None:
            self._gathered()
        progress(len(missing), len(missing), "")
        return len(missing)

    def lost(self, chunks: Collection[Chunk]) -> tuple[CustomerQuestion, ...]:
        """The questions whose document is among the chunks and no longer has their place: it was changed."""
        here = {at for at, _ in _placed(self._questions, chunks)}
        documents = {chunk.document_id for chunk in chunks}
        return tuple(
            question
            for at, question in enumerate(self._questions)
            if at not in here and question.document_id in documents
        )

    def near(
        self, text: str, generation: int, chunks: Callable[[], Collection[Chunk]]
    ) -> Mapping[str, tuple[Likeness, ...]]:
        """By the id of each chunk that answers some question: its places, each with its nearest question, best first.
        `chunks` are those of the generation, read once for each."""
        found: dict[str, list[Likeness]] = defaultdict(list)
        for place in islice(self.places(text, generation, chunks), _MOST):
            if len(found[place.chunk.id]) < _KEPT:
                found[place.chunk.id].append(Likeness(place.cosine, place.start))
        return {chunk_id: tuple(some) for chunk_id, some in found.items()}

    def places(self, text: str, generation: int, chunks: Callable[[], Collection[Chunk]]) -> Iterator[Place]:
        """The places of the questions that have something to do with this one, the likest first, each once."""
        rows, there = self._vectors()
        if rows is None:
            return
        places = self._placed(generation, chunks)
        vector = self._embedder.embed([self._plain(text)])[0]
        cosines = np.zeros(len(self._questions), dtype=np.float32)
        cosines[there] = rows @ vector
        near = cosines[places.questions]
        enough = np.flatnonzero(near >= _LEAST)
        seen: set[tuple[str, str]] = set()
        for at in enough[np.argsort(-near[enough])]:
            chunk, start = places.chunks[at], places.starts[at]
            statement = self._questions[places.questions[at]].statement
            if (chunk.id, statement) not in seen:
                seen.add((chunk.id, statement))
                yield Place(chunk, start, float(near[at]), statement)

    def _placed(self, generation: int, chunks: Callable[[], Collection[Chunk]]) -> _Places:
        with self._reading:
            if self._places.generation != generation:
                pairs = _placed(self._questions, chunks())
                self._places = _Places(
                    generation,
                    np.array([at for at, _ in pairs], dtype=np.intp),
                    tuple(chunk for _, chunk in pairs),
                    tuple(self._questions[at].start(chunk) for at, chunk in pairs),
                )
            return self._places

    def _vectors(self) -> tuple[Vectors | None, NDArray[np.intp]]:
        """The vectors that are kept, and which questions they are of; None where there are none."""
        with self._reading:
            if len(self._there) < len(self._questions) and time.monotonic() >= self._until:
                self._until = time.monotonic() + RETRY_S
                self._rows, self._there = self._together() or self._gathered()
            return self._rows, self._there

    def _together(self) -> tuple[Vectors, NDArray[np.intp]] | None:
        """The vectors from the one file, where it holds those of these questions."""
        kept = array_file.read(self._kept.path) if self._kept else {}
        if self._kept is None or str(kept.get("state", "")) != self._kept.state or "rows" not in kept:
            return None
        rows = kept["rows"].astype(np.float32)
        return (rows, np.arange(len(rows))) if len(rows) == len(self._questions) else None

    def _gathered(self) -> tuple[Vectors | None, NDArray[np.intp]]:
        """The vectors from where each is kept; once none is missing they are kept together as well."""
        kept = self._store.get(set(self.keys))
        there = np.array([at for at, key in enumerate(self.keys) if key in kept], dtype=np.intp)
        rows = np.concatenate([kept[self.keys[at]] for at in there]) if len(kept) else None
        if self._kept and rows is not None and len(there) == len(self._questions):
            with suppress(OSError):  # it only saves time
                array_file.write(self._kept.path, {"state": self._kept.state, "rows": rows.astype("<f2")})
        return rows, there


def _key(text: str) -> str:
    return hashlib.sha256(f"question\0{text}".encode(errors="replace")).hexdigest()


def _placed(questions: Sequence[CustomerQuestion], chunks: Collection[Chunk]) -> list[tuple[int, Chunk]]:
    """The positions of questions with the chunks that hold their places."""
    by_document: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        by_document[chunk.document_id].append(chunk)
    known: dict[tuple[str, str, str], list[Chunk]] = {}
    pairs: list[tuple[int, Chunk]] = []
    for at, question in enumerate(questions):
        place = question.document_id, question.section, question.statement
        if place not in known:
            known[place] = [chunk for chunk in by_document.get(question.document_id, ()) if question.answered_by(chunk)]
        pairs += [(at, chunk) for chunk in known[place]]
    return pairs
