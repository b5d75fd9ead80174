"""The rows of the knowledge base's tables as cells by the names of their columns, each with its place in the text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.tokens import split_clauses, spoken
from agents.passages.spans import spans
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Chunk, Passage

_EXCEPT = Phrases(("(except|without)", "but not", "other than"))
_JOINTS = frozenset({"and", "or"})
MAY = ("yes", "limited", "no")
"""What stands in the columns that say whether one may go on."""
_EVERY = frozenset({"all", "any", "both", "each", "every"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """`cells` by their columns' names in lower case, empty ones left out; `evidence` is exactly the row."""

    cells: Mapping[str, str]
    evidence: Evidence

    @property
    def chunk(self) -> Chunk:
        return self.evidence.passage.chunk


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of a document that a skill cannot read, or not all of it; `problems` say why, and what it should be.
    `meant`: it may well be meant so."""

    evidence: Evidence
    problems: tuple[str, ...]
    meant: bool = False

    @property
    def text(self) -> str:
        chunk = self.evidence.passage.chunk
        return chunk.text[self.evidence.start - chunk.start : self.evidence.end - chunk.start]


def rows(chunks: Iterable[Chunk]) -> Iterator[TableRow]:
    """The rows of all tables that name their columns, in the order of the chunks."""
    for chunk in chunks:
        passage = Passage(chunk, 1.0)
        for span in spans(chunk, 0):
            if span.kind == "row":
                cells = {cell.column.casefold(): cell.value for cell in span.cells if cell.column}
                yield TableRow(cells, Evidence(passage, span.start, span.end))


def tables(chunks: Iterable[Chunk]) -> Iterator[Sequence[TableRow]]:
    """The rows of each table that names its columns, wherever it was cut into chunks: of one section of a document."""
    found: dict[tuple[object, ...], list[TableRow]] = defaultdict(list)
    for row in rows(chunks):
        found[row.chunk.document_id, row.chunk.section].append(row)
    yield from found.values()


def applicable(value: str, fitment: Fitment) -> Cars:
    """The cars that a cell such as `Wren 42; Heron 2026` or `all except Plover` stands for; all where it names none."""
    named, *excepted = _EXCEPT.split(value, 1)
    cars = _listed(named, fitment) or fitment.everything
    return cars - _listed(excepted[0], fitment) if excepted else cars


def strangers(row: TableRow, columns: Iterable[str], fitment: Fitment) -> Iterator[str]:
    """What is wrong with the cells of `columns` that list products: each entry that names none of the maker's. Nothing
    is, where the maker's are not known by name."""
    if not fitment.models(fitment.everything):
        return
    for column in columns:
        named, *excepted = _EXCEPT.split(row.cells.get(column, ""), 1)
        for part in (*listed(named), *map(str.strip, excepted)):
            said = spoken(part)
            if said and said[0] not in _EVERY and not _listed(part, fitment):
                yield f"{column!r}: no product is called {part!r}"


def _listed(value: str, fitment: Fitment) -> Cars:
    found: set[tuple[str, int]] = set()
    for part in split_clauses(value, _JOINTS, ";,/"):
        read = fitment.labelled(part, fitment.everything)
        if read is None and fitment.mentioned(part):
            read = fitment.narrowed(part, fitment.everything)
        found |= read or frozenset()
    return frozenset(found)


def listed(value: str) -> tuple[str, ...]:
    """The entries of a cell that holds a list, separated by semicolons."""
    return tuple(part.strip() for part in value.split(";") if part.strip())
