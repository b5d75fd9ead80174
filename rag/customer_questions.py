"""Questions as customers ask them, each with the place in the documents that answers it: `customer-questions.csv`.

People describe what they see and want; documents name it. A question that somebody else asked in their own words is a
better bridge between the two than the document's text: the places of the nearest questions are searched with it.
"""

import csv
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from sys import intern
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from rag import array_file
from rag.embedder import Embedder, Vectors
from rag.likeness.metric import Metric, learn, unchanged
from rag.likeness.words import WordLikeness
from rag.types import Chunk, Likeness, Place
from rag.vectors import VectorStore

FILE = "customer-questions.csv"
"""The file's name, at the root of the knowledge base."""
COLUMNS = ("document", "section", "statement", "question")
RETRY_S = 10.0
"""How long it is not looked again for vectors that are missing: `pitcrew ingest` makes them."""
_LONGEST = 2000  # characters of a question
_LOT = 256  # questions embedded at a time
_KEPT, _MOST = 8, 400  # places that are told: of one chunk, of all
_REMEMBERED = 64
"""Messages whose places are remembered."""
_MEANT = 3
"""Questions of one place, the likest to a new one, of which the mean is told."""
_ARRAYS = ("rows", "turn", "after", "before")
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


def unplaced(questions: Sequence[CustomerQuestion], chunks: Collection[Chunk]) -> tuple[CustomerQuestion, ...]:
    """Those whose answers stand nowhere: there is no such document, section or statement."""
    here = {at for at, _ in _placed(questions, chunks)}
    return tuple(question for at, question in enumerate(questions) if at not in here)


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
    """Where the questions' answers stand in the chunks of one generation: question `questions[i]` at `places[at[i]]`,
    which is a chunk, where the statement begins in it and how; None and "" for all of the chunk. `covered`: the share
    of the chunks that hold a place."""

    generation: int = -1
    covered: float = 0.0
    questions: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    at: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    places: tuple[tuple[Chunk, int | None, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file with the vectors of all questions together, as they are compared, and the metric in which they are:
    learnt once. `state` says of which questions: it differs with them, with what is plain in them, with the embedder
    and with how the metric is learnt."""

    path: Path
    state: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The questions whose vectors are there, by their positions in `there`, and their turned vectors, one a row; the
    words of all."""

    metric: Metric
    rows: Vectors
    there: NDArray[np.intp]
    words: WordLikeness


class Nearest:
    """The places of the questions that are most like a message, the likest first. Few of them are looked at, so that
    each is put together when it is."""

    def __init__(
        self,
        places: Sequence[tuple[Chunk, int | None, str]] = (),
        likenesses: Sequence[tuple[float, float, float]] = (),
    ) -> None:
        """`places`: chunk, where the statement begins in it and how. `likenesses`: cosine, mean and words of each, see
        `Likeness`."""
        self._places = places
        self._likenesses = likenesses
        self._by_chunk: dict[str, list[int]] = defaultdict(list)
        for at, (chunk, _, _) in enumerate(places):
            self._by_chunk[chunk.id].append(at)

    def places(self, count: int) -> tuple[Place, ...]:
        """The first `count`."""
        return tuple(
            Place(chunk, start, cosine, statement, mean, words)
            for (chunk, start, statement), (cosine, mean, words) in islice(
                zip(self._places, self._likenesses, strict=True), count
            )
        )

    def chunks(self, count: int) -> list[str]:
        """The ids of the first `count` chunks that answer one of the questions."""
        by_likeness = sorted((-self._likenesses[places[0]][0], chunk_id) for chunk_id, places in self._by_chunk.items())
        return [chunk_id for _, chunk_id in by_likeness[:count]]

    def cosine(self, chunk_id: str) -> float | None:
        """How like the message is to the likest question that a chunk answers; None where it answers none."""
        places = self._by_chunk.get(chunk_id)
        return self._likenesses[places[0]][0] if places else None

    def of(self, chunk_id: str) -> tuple[Likeness, ...]:
        """How like the message is to the questions that a chunk answers, the likest first."""
        return tuple(self._likeness(at) for at in self._by_chunk.get(chunk_id, ())[:_KEPT])

    def states(self, least: float) -> bool:
        """Whether one of the questions is so like the message, 0..1, and names the statement that answers it."""
        return any(
            start is not None and cosine >= least
            for (_, start, _), (cosine, _, _) in zip(self._places, self._likenesses, strict=True)
        )

    def _likeness(self, at: int) -> Likeness:
        cosine, mean, words = self._likenesses[at]
        return Likeness(cosine, self._places[at][1], mean, words)


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
        all the vectors are kept together, with their metric, once they are there."""
        self._questions = tuple(questions)
        self._embedder = embedder
        self._store = vectors
        self._plain = plain
        self._kept = kept
        self._reading = Lock()
        self._known: _Known | None = None
        self._until = 0.0
        self._lately: LRUCache[tuple[str, int], Nearest] = LRUCache(_REMEMBERED)
        self._places = _Places()

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

    def vectors(self) -> Vectors | None:
        """The unit vectors of all questions, one a row, as the embedder made them; None where some are not there yet.
        Blocks its thread while it reads."""
        known = self._vectors()
        if known is None or len(known.there) < len(self._questions):
            return None
        return known.metric.returned(known.rows)

    def lost(self, chunks: Collection[Chunk]) -> tuple[CustomerQuestion, ...]:
        """The questions whose document is among the chunks and no longer has their place: it was changed."""
        here = {at for at, _ in _placed(self._questions, chunks)}
        documents = {chunk.document_id for chunk in chunks}
        return tuple(
            question
            for at, question in enumerate(self._questions)
            if at not in here and question.document_id in documents
        )

    def near(self, text: str, generation: int, chunks: Callable[[], Collection[Chunk]]) -> Nearest:
        """The places of the questions that have most to do with this one, each once. `chunks` are those of the
        generation, read once for each. Several readers look at a message, and several searches ask for it without the
        names of models, so that the last ones are remembered."""
        plain = self._plain(text)
        with self._reading:
            found = self._lately.get((plain, generation))
        if found is not None:
            return found
        known = self._vectors()
        if known is None:
            return Nearest()
        found = self._nearest(plain, known, self._placed(generation, chunks))
        with self._reading:
            self._lately[plain, generation] = found
        return found

    def covered(self, generation: int, chunks: Callable[[], Collection[Chunk]]) -> float:
        """The share of the chunks that answer some question."""
        return self._placed(generation, chunks).covered

    def _nearest(self, plain: str, known: _Known, places: _Places) -> Nearest:
        vector = known.metric.turned(self._embedder.embed([plain]))[0]
        cosines = np.zeros(len(self._questions), dtype=np.float32)
        cosines[known.there] = known.metric.likeness(known.rows @ vector)
        near = cosines[places.questions]
        enough = np.flatnonzero(near >= _LEAST)
        in_order = enough[np.lexsort((-near[enough], places.at[enough]))]  # the questions of a place together
        _, firsts, counts = np.unique(places.at[in_order], return_index=True, return_counts=True)
        if not len(firsts):
            return Nearest()
        best = near[in_order[firsts]]
        means = _mean_of_first(near[in_order], firsts, np.minimum(counts, _MEANT))
        shared = np.maximum.reduceat(known.words.shared(plain)[places.questions[in_order]], firsts)
        first = np.argsort(-best, kind="stable")[:_MOST]
        found = places.at[in_order[firsts[first]]].tolist()
        likenesses = zip(best[first].tolist(), means[first].tolist(), shared[first].tolist(), strict=True)
        return Nearest([places.places[number] for number in found], tuple(likenesses))

    def _placed(self, generation: int, chunks: Callable[[], Collection[Chunk]]) -> _Places:
        with self._reading:
            if self._places.generation != generation:
                shown = chunks()
                pairs = _placed(self._questions, shown)
                numbers: dict[tuple[str, str], int] = {}
                found: list[tuple[Chunk, int | None, str]] = []
                for position, chunk in pairs:
                    question = self._questions[position]
                    if numbers.setdefault((chunk.id, question.statement), len(found)) == len(found):
                        found.append((chunk, question.start(chunk), question.statement))
                self._places = _Places(
                    generation,
                    len({chunk.id for _, chunk in pairs}) / max(1, len(shown)),
                    np.array([position for position, _ in pairs], dtype=np.intp),
                    np.array([numbers[chunk.id, self._questions[at].statement] for at, chunk in pairs], dtype=np.intp),
                    tuple(found),
                )
            return self._places

    def _vectors(self) -> _Known | None:
        """The vectors that are kept; None where there are none."""
        with self._reading:
            complete = self._known is not None and len(self._known.there) == len(self._questions)
            if not complete and time.monotonic() >= self._until:
                self._until = time.monotonic() + RETRY_S
                self._known = self._together() or self._gathered()
                self._lately.clear()
            return self._known

    def _together(self) -> _Known | None:
        """The vectors from the one file, where it holds those of these questions."""
        kept = array_file.read(self._kept.path) if self._kept else {}
        if self._kept is None or str(kept.get("state", "")) != self._kept.state:
            return None
        try:
            rows, turn, after, before = (kept[name].astype(np.float32) for name in _ARRAYS)
            words = WordLikeness.kept(kept)
        except KeyError:
            return None
        return _Known(Metric(turn, after, before), rows, np.arange(len(rows)), words)

    def _gathered(self) -> _Known | None:
        """The vectors from where each is kept; once none is missing they are kept together as well."""
        kept = self._store.get(set(self.keys))
        there = np.array([at for at, key in enumerate(self.keys) if key in kept], dtype=np.intp)
        if not len(there):
            return None
        rows = np.concatenate([kept[self.keys[at]] for at in there])
        complete = len(there) == len(self._questions)
        metric = learn(rows, _numbers(self._questions)) if complete else unchanged(rows.shape[1])
        known = _Known(metric, metric.turned(rows), there, WordLikeness.of(self._texts))
        if self._kept and complete:
            told = dict(zip(_ARRAYS, (known.rows.astype("<f2"), metric.turn, metric.after, metric.before), strict=True))
            with suppress(OSError):  # it only saves time
                array_file.write(self._kept.path, {"state": self._kept.state, **told, **known.words.arrays()})
        return known


def _numbers(questions: Sequence[CustomerQuestion]) -> NDArray[np.intp]:
    """The number of each question's place, from 0, in the order in which they come."""
    numbers: dict[tuple[str, str, str], int] = {}
    for question in questions:
        numbers.setdefault((question.document_id, question.section, question.statement), len(numbers))
    places = [numbers[question.document_id, question.section, question.statement] for question in questions]
    return np.array(places, dtype=np.intp)


def _mean_of_first(values: Vectors, firsts: NDArray[np.intp], counts: NDArray[np.intp]) -> Vectors:
    """The mean of as many values as `counts` says from each of `firsts` on."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    means: Vectors = ((sums[firsts + counts] - sums[firsts]) / counts).astype(np.float32)
    return means


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
