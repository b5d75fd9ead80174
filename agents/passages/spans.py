"""Passages as evidence: their sentences, list items, steps and table rows, each an exact stretch of its document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.types import Chunk

Kind = Literal["sentence", "item", "step", "row", "list"]

_ITEM = re.compile(r"(?P<indent>\s*)(?P<mark>[-*+•]|\d{1,3}[.)])\s+(?=\S)")
_RULE = re.compile(r"(?=[\s:|-]*?-{3})[\s:|-]*+$")
_LABELLED = re.compile(r"[^|:]{1,60}: [^|]+(?: \| [^|:]{1,60}: [^|]+)+$")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_END = re.compile(r"(?<=[.!?])[\"'”’)*_]*\s+(?=[\"'“‘(*_\[]*[A-Z0-9])")
_SHORTENED = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|no|nos|vs|etc|incl|max|min|Mr|Mrs|Dr|St|p|pp|fig|cf)|\b[A-Z])\.$", re.IGNORECASE
)
_LINK = re.compile(r"!?\[([^\]]{0,500})\]\([^)]{0,500}\)")
_MARKS = frozenset("*_`[")
_MARKUP = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row under its column's name ("" where the column has none)."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document that can support an answer. `start` and `end` are document offsets; `text` is what it
    says without markup; `block` is where its paragraph, list or table starts; `lead` the line that introduces it, or
    the first cell of a table's header; `mark` what stands before a list item; `passage` the position of its passage
    among those given. A `list` is a whole list; its items are separate spans too."""

    passage: int
    kind: Kind
    start: int
    end: int
    text: str
    block: int
    lead: str = ""
    cells: tuple[Cell, ...] = ()
    mark: str = ""


def plain(text: str) -> str:
    """Text without Markdown's marks, on one line."""
    if _MARKS.isdisjoint(text):
        return " ".join(text.split())
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", text)).split())


@lru_cache(maxsize=2_000)  # every feature that keeps data in tables reads all of them
def spans(chunk: Chunk, passage: int) -> tuple[Span, ...]:
    """The evidence that a chunk holds, in its order. Headings are none: they say what follows, not that it is so."""
    stretches: list[Span] = []
    lead = ""
    for lines in _blocks(chunk.text):
        first = lines[0][1]
        if _row_cells(first) is not None:
            stretches += _rows(chunk, passage, lines, lead)
            lead = ""
        elif _ITEM.match(first):
            kind: Kind = "step" if first.lstrip()[0].isdigit() else "item"
            block = stretches[-1].block if _continues(stretches, kind, lead) else chunk.start + lines[0][0]
            lead = lead or (stretches[-1].lead if stretches and stretches[-1].block == block else "")
            stretches += [_replaced(span, kind, block, lead) for span in _item(chunk, passage, lines)]
            lead = ""
        elif _HEADING.match(first):
            lead = plain(_HEADING.sub("", first))
        else:
            sentences = _sentences(chunk, passage, lines)
            stretches += sentences
            lead = sentences[-1].text if sentences and sentences[-1].text.endswith(":") else ""
    return tuple(stretches)


def _continues(stretches: Sequence[Span], kind: Kind, lead: str) -> bool:
    return bool(stretches) and stretches[-1].kind == kind and not lead


def _replaced(span: Span, kind: Kind, block: int, lead: str) -> Span:
    return Span(span.passage, kind, span.start, span.end, span.text, block, lead, mark=span.mark)


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Runs of lines with their offsets: paragraphs, single list items with their continuation, headings, tables."""
    block: list[tuple[int, str]] = []
    at = 0
    for line in text.split("\n"):
        is_row = _row_cells(line) is not None or (_RULE.match(line) is not None and bool(block))
        was_row = bool(block) and _row_cells(block[0][1]) is not None
        alone = _ITEM.match(line) or _HEADING.match(line)
        if block and (not line.strip() or alone or is_row != was_row or _HEADING.match(block[-1][1])):
            yield block
            block = []
        if line.strip():
            block.append((at, line))
        at += len(line) + 1
    if block:
        yield block


def _row_cells(line: str) -> list[str] | None:
    """The cells of a table's line; None when the line is none."""
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") >= 2:
        return [plain(cell) for cell in re.split(r"(?<!\\)\|", stripped.strip("|"))]
    return stripped.split(" | ") if _LABELLED.match(stripped) else None


def _rows(chunk: Chunk, passage: int, lines: Sequence[tuple[int, str]], lead: str) -> Iterator[Span]:
    header = chunk.header
    block = chunk.start + lines[0][0]
    if len(lines) > 1 and _RULE.match(lines[1][1]):
        header = tuple(_row_cells(lines[0][1]) or ())
        lines = lines[2:]
    elif not header and len(lines) > 1 and lines[0][1].strip().startswith("|"):
        header = tuple(_row_cells(lines[0][1]) or ())
        lines = lines[1:]
    for at, line in lines:
        values = _row_cells(line)
        if not values or tuple(values) == header or _RULE.match(line):
            continue
        if line.strip().startswith("|"):
            names = (*header, *("" for _ in values[len(header) :]))
            cells = tuple(Cell(name, value) for name, value in zip(names, values, strict=False))
            title = lead or (header[0] if header else "")
        else:
            cells = tuple(Cell(*(part.strip() for part in value.split(": ", 1))) for value in values)
            title = lead
        start = chunk.start + at + len(line) - len(line.lstrip())
        yield Span(
            passage,
            "row",
            start,
            start + len(line.strip()),
            plain(line.replace("|", " ")),
            block,
            title,
            _joined(cells),
        )


def _joined(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Cells with the unit that a column of its own gives put behind the number before it; empty cells left out."""
    joined: list[Cell] = []
    for cell in cells:
        if cell.column.casefold() in {"unit", "units"} and joined and cell.value:
            joined[-1] = Cell(joined[-1].column, f"{joined[-1].value} {cell.value}")
        elif cell.value:
            joined.append(cell)
    return tuple(joined)


def _item(chunk: Chunk, passage: int, lines: Sequence[tuple[int, str]]) -> list[Span]:
    at, first = lines[0]
    mark = _ITEM.match(first)
    skipped = mark.end() if mark else 0
    start = at + skipped
    end = lines[-1][0] + len(lines[-1][1].rstrip())
    text = plain(chunk.text[start:end])
    return [
        Span(
            passage,
            "item",
            chunk.start + start,
            chunk.start + end,
            text,
            chunk.start + at,
            mark=mark["mark"] if mark else "",
        )
    ]


def _sentences(chunk: Chunk, passage: int, lines: Sequence[tuple[int, str]]) -> list[Span]:
    first = lines[0][0]
    last = lines[-1][0] + len(lines[-1][1].rstrip())
    sentences = []
    for start, end in cuts(chunk.text, first, last):
        text = plain(chunk.text[start:end])
        if text:
            sentences.append(
                Span(passage, "sentence", chunk.start + start, chunk.start + end, text, chunk.start + first)
            )
    return sentences


def cuts(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Where the sentences between two offsets start and end."""
    start = first + len(text[first:last]) - len(text[first:last].lstrip())
    for match in _END.finditer(text, start, last):
        if _SHORTENED.search(text[start : match.start()]):
            continue
        yield start, match.start() + len(match.group().rstrip())
        start = match.end()
    yield start, last
