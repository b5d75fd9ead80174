"""The values that retrieval passes around: what a loader reads, what is stored, what a search finds.

Every offset counts Unicode code points from the start of the document's text, end exclusive.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document; `level` 1 is the title, `start` where its own line begins."""

    level: int
    title: str
    start: int


@dataclass(frozen=True, slots=True)
class Page:
    """A printed page, numbered from 1; it runs from `start` to the next page's start."""

    number: int
    start: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the text: `header` names its columns, `rows` are (start, end) spans of whole rows below the header's
    line. `header` is empty where each row names its own columns."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a loader read from one file: plain text and the structure it knows about it."""

    title: str
    text: str
    headings: tuple[Heading, ...] = ()
    pages: tuple[Page, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the knowledge base. `id` is its path below the root with forward slashes; `subject` the first
    folder of that path ("" for a file at the root); `content_hash` the SHA-256 of the file's bytes."""

    id: str
    subject: str
    content_hash: str
    content: Content


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a document, found by searches and cited by answers.

    Law: `text == document.content.text[start:end]`. `header` holds the column names when the chunk lies in a table
    whose header line is not part of `text`. `id` is derived from document id, content hash and offsets: the same
    content always has the same ids. `version` is the document's, counted from 1, that the offsets count in.
    """

    id: str
    document_id: str
    subject: str
    title: str
    section: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str
    header: tuple[str, ...] = ()
    version: int = 1

    @property
    def searchable(self) -> str:
        """The text as it is embedded and indexed: title and headings first, so that a passage keeps its subject."""
        lead = " > ".join(dict.fromkeys((self.title, *self.section)))
        columns = " | ".join(self.header)
        return "\n".join(part for part in (lead, columns, self.text) if part)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `searchable`, hexadecimal: chunks that look alike to a search share it, wherever they lie."""
        return hashlib.sha256(self.searchable.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a question is to those of customers that something answers, which begins at `start` in the document:
    None for the whole chunk. `cosine` is of the nearest of them, `mean` of the nearest three, and `words` says how much
    of what its words tell is in one of them: a cosine too, of the words weighed by how rare they are."""

    cosine: float
    start: int | None
    mean: float = 0.0
    words: float = 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as the answer to a search; `score` is in 0..1 and comparable between searches. `asked`: the nearest of
    the customers' questions that it answers, None where no such questions are known at all."""

    chunk: Chunk
    score: float
    asked: tuple[Likeness, ...] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to a question like this stands: `statement`, from `start` on in the chunk's document; "" and
    None for all of the chunk. The other fields are those of `Likeness`."""

    chunk: Chunk
    start: int | None
    cosine: float
    statement: str = ""
    mean: float = 0.0
    words: float = 0.0
