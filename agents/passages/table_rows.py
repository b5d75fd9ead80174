"""The rows of the knowledge base's tables as cells by the names of their columns, each with its place in the text."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.tokens import split_clauses
from agents.passages.spans import spans
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Chunk, Passage

_EXCEPT = Phrases(("(except|without)", "but not", "other than"))
_JOINTS = frozenset({"and", "or"})


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
    """A row of a document that a skill cannot read, or not all of it; `problem` says why, and what it should be."""

    document_id: str
    row: str
    problem: str


def rows(chunks: Iterable[Chunk]) -> Iterator[TableRow]:
    """The rows of all tables that name their columns, in the order of the chunks."""
    for chunk in chunks:
        passage = Passage(chunk, 1.0)
        for span in spans(chunk, 0):
            if span.kind == "row":
                cells = {cell.column.casefold(): cell.value for cell in span.cells if cell.column}
                yield TableRow(cells, Evidence(passage, span.start, span.end))


def applicable(value: str, fitment: Fitment) -> Cars:
    """The cars that a cell such as `Wren 42; Heron 2026` or `all except Plover` stands for; all where it names none."""
    named, *excepted = _EXCEPT.split(value, 1)
    cars = _listed(named, fitment) or fitment.everything
    return cars - _listed(excepted[0], fitment) if excepted else cars


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
