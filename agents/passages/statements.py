"""What each piece of evidence states, and about which cars: the unit that is scored and worded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from agents.language.words import vocabulary, words
from agents.passages.spans import Cell, Span, spans
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Chunk, Passage

_NONE = frozenset({"", "-", "–", "—", "same"})
_ALIASES = frozenset(("also called", "also known as", "alias", "aliases", "other names", "signs", "synonyms"))
"""Columns of other words for what a row is about: it is found by them, and they are not told."""
_SETTINGS = ("time zone", "slot", "places per slot")
"""What the names of columns begin with that say how appointments are found, and nothing to a reader."""
_LEANING = vocabulary("it its this that these those they them their such otherwise then also both neither afterwards")
_POINTING = {
    (before, after)
    for before in ("than", "in", "after", "before", "for", "with")
    for after in ("that", "this", "these")
} | {("if", "so"), ("if", "not"), ("that", "case"), ("this", "case")}
_LONGEST_BEFORE = 300
"""Characters of a sentence that another is told with; of a longer one it is plain enough that it is no sentence."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing a passage says. `cars` it is true of; `label` what a row is about; `parts` a row's values under their
    columns; `items` the entries of a whole list; `text` all of it as it is read; `near` the heading and line above it,
    `far` the document's title and the outer headings; `before` the sentence that it only means something behind."""

    span: Span
    cars: Cars
    text: str
    near: str
    far: str
    label: str = ""
    parts: tuple[Cell, ...] = ()
    items: tuple[Span, ...] = ()
    before: Span | None = None

    @property
    def whole(self) -> str:
        """The text behind the sentence that it leans on."""
        return f"{self.before.text} {self.text}" if self.before else self.text

    @property
    def told(self) -> str:
        """The text without a row's other words for what it is about."""
        parts = [part for part in self.parts if part.column.casefold() not in _ALIASES]
        return _row_text(self.label, parts) if parts and len(parts) < len(self.parts) else self.text

    @property
    def subject(self) -> str:
        """What a row's value is a value of: its label, or the column of its only value."""
        return self.label or (self.parts[0].column if len(self.parts) == 1 else "")

    @property
    def evidence(self) -> tuple[Span, ...]:
        """The stretches of documents that support the statement."""
        return self.items or ((self.before, self.span) if self.before else (self.span,))


def statements(passages: Sequence[Passage], fitment: Fitment) -> tuple[Statement, ...]:
    """All that the passages state, each stretch of a document once."""
    single_statements: list[Statement] = []
    seen: set[tuple[str, int]] = set()
    for number, passage in enumerate(passages):
        document = passage.chunk.document_id
        stretches = _stretches(passage.chunk, number, fitment)
        fresh = [stretch for stretch in stretches if (document, stretch.span.start) not in seen]
        seen |= {(document, stretch.span.start) for stretch in fresh}
        for before, stretch in zip((None, *fresh), fresh, strict=False):
            leaning = before.span if before and stretch.leans and _follows(before.span, stretch.span) else None
            if leaning and len(leaning.text) <= _LONGEST_BEFORE:
                single_statements += (replace(stated, before=leaning) for stated in stretch.stated)
            else:
                single_statements += stretch.stated
    return (*single_statements, *_lists(single_statements, passages))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A span with what it states, by itself; whether it `leans` on what stands before it."""

    span: Span
    stated: tuple[Statement, ...]
    leans: bool


@lru_cache(maxsize=4_000)
def _stretches(chunk: Chunk, number: int, fitment: Fitment) -> tuple[_Stretch, ...]:
    """The evidence of passage `number`, in its order."""
    return tuple(_moved(stretch, number) for stretch in _read(chunk, fitment))


def _moved(stretch: _Stretch, number: int) -> _Stretch:
    span = replace(stretch.span, passage=number)
    return replace(stretch, span=span, stated=tuple(replace(stated, span=span) for stated in stretch.stated))


@lru_cache(maxsize=2_000)  # the same chunks come up in many answers, each time in another place
def _read(chunk: Chunk, fitment: Fitment) -> tuple[_Stretch, ...]:
    """The evidence of a chunk as of passage 0, in its order."""
    outer = fitment.everything
    for heading in (chunk.title, *chunk.section):
        outer = fitment.narrowed(heading, outer)
    return tuple(
        _Stretch(span, tuple(_stated(span, chunk, outer, fitment)), span.kind == "sentence" and leans(span.text))
        for span in spans(chunk, 0)
    )


def _follows(before: Span, span: Span) -> bool:
    return before.kind == span.kind == "sentence" and before.block == span.block


def leans(sentence: str) -> bool:
    """Whether a sentence only means something behind the one before it: it begins by pointing there, or says "than
    that"."""
    spoken = words(sentence)
    return bool(spoken) and (spoken[0] in _LEANING or any(pair in _POINTING for pair in pairwise(spoken)))


def _lists(single_statements: Sequence[Statement], passages: Sequence[Passage]) -> Iterator[Statement]:
    """Every list as one statement; numbered steps go on from one passage of a section into the next."""
    entries = [statement for statement in single_statements if statement.span.kind in {"step", "item"}]
    entries.sort(key=lambda entry: (passages[entry.span.passage].chunk.document_id, entry.span.start))
    group: list[Statement] = []
    for entry in entries:
        if group and not _goes_on(group[-1], entry, passages):
            yield from _whole(group)
            group = []
        group.append(entry)
    yield from _whole(group)


def _goes_on(last: Statement, entry: Statement, passages: Sequence[Passage]) -> bool:
    here, there = passages[last.span.passage].chunk, passages[entry.span.passage].chunk
    if here is there:
        return last.span.block == entry.span.block
    follows = here.document_id == there.document_id and here.section == there.section
    return (
        follows
        and entry.span.kind == "step"
        and entry.span.mark[:-1] == str(int(last.span.mark[:-1]) + 1 if last.span.kind == "step" else 0)
    )


def _whole(group: Sequence[Statement]) -> Iterator[Statement]:
    if len(group) < 2:
        return
    first = group[0]
    span = replace(first.span, kind="list", end=max(first.span.end, group[-1].span.end))
    text = " ".join(entry.text for entry in group)
    cars = frozenset(car for entry in group for car in entry.cars)
    yield Statement(span, cars, text, first.near, first.far, items=tuple(entry.span for entry in group))


def _stated(span: Span, chunk: Chunk, outer: Cars, fitment: Fitment) -> Iterator[Statement]:
    heading = chunk.section[-1] if chunk.section else chunk.title
    near = " ".join(part for part in (heading, span.lead) if part)
    far = " ".join((chunk.title, *chunk.section[:-1]))
    if span.kind != "row":
        within = fitment.narrowed(span.lead, outer) if span.lead else outer
        cars = fitment.narrowed(span.text, within)
        yield Statement(span, cars, span.text, near, far)
        return
    within = fitment.narrowed(span.lead, outer) if span.lead else outer
    columns = {cell.column: fitment.labelled(cell.column, within) for cell in span.cells[1:] if cell.column}
    if any(cars is not None for cars in columns.values()):
        yield from _by_vehicle(span, columns, (near, far), within, fitment)
    else:
        yield _by_row(span, (near, far), within, fitment)


def _by_vehicle(
    span: Span, columns: dict[str, Cars | None], context: tuple[str, str], within: Cars, fitment: Fitment
) -> Iterator[Statement]:
    """A row whose columns are cars says one thing about each of them."""
    labels = [cell for cell in span.cells if columns.get(cell.column) is None]
    label = ", ".join(cell.value for cell in labels)
    for cell in labels:
        within = fitment.labelled(cell.value, within, cell.column) or fitment.narrowed(cell.value, within)
    before = ""
    for cell in span.cells:
        cars = columns.get(cell.column)
        if cars is None:
            continue
        value = before if cell.value.casefold() == "same" else cell.value
        before = value
        if value.casefold() not in _NONE:
            parts = (Cell("", value),)
            text = f"{label}: {value}" if label else value
            yield Statement(span, cars & within or cars, text, *context, label, parts)


def _by_row(span: Span, context: tuple[str, str], within: Cars, fitment: Fitment) -> Statement:
    """A row that names its cars in cells, or none at all, says all its other cells about them."""
    cars = within
    rest: list[Cell] = []
    for cell in span.cells:
        named = fitment.labelled(cell.value, cars, cell.column)
        if named is not None:
            cars = named
        elif not cell.column.casefold().startswith(_SETTINGS):
            rest.append(cell)
    label = ""
    if len(rest) > 1 and _is_name(rest[0].value):
        label, rest = rest[0].value, rest[1:]
    elif not rest:
        rest = list(span.cells[-1:])
    for value in (label, *(cell.value for cell in rest)):
        cars = fitment.narrowed(value, cars)
    return Statement(span, cars, _row_text(label, rest), *context, label, tuple(rest))


def _row_text(label: str, parts: Sequence[Cell]) -> str:
    values = ", ".join(f"{part.column} {part.value}".strip() for part in parts)
    return f"{label}: {values}" if label else values


def _is_name(value: str) -> bool:
    """Whether a cell names what its row is about, rather than giving a measure."""
    return value[:1].isalpha() and sum(character.isalpha() for character in value) >= len(value) / 3
