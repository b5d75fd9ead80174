"""Cutting a document into chunks: by its headings, then between rows, list items, paragraphs and sentences.

A section is what stands below one heading of level 1 to 3, up to the next such heading or printed page. Sections are
never merged: a chunk lies in one section and on one page, so that its headings and its page are true of all of it.
Headings of level 4 and deeper are part of the text, and stay with what follows them. A section heavier than AIM is cut
into pieces of about equal weight, none longer than MAX characters.
"""

import hashlib
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.types import Chunk, Content, Document, Heading

AIM = 900
MAX = 1400
_SECTION_LEVEL = 3
_TABLE_WEIGHT = 1.5  # a table has about so many more word pieces to the character than prose, and embedders count those
_SLACK = 1.2  # a section this much heavier than AIM is still better left whole
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+\S")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_SENTENCE_END = re.compile(r"[.!?;][\"')\]]*\s+|\n+")
_CELL_END = re.compile(r"\s\|\s")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that should stay whole. `header`: the columns, if it is a table's row; `glued`: it says little without
    the piece before it."""

    start: int
    end: int
    weight: float
    header: tuple[str, ...] = ()
    glued: bool = False


def split(document: Document) -> tuple[Chunk, ...]:
    """The chunks of a document, in order. Laws: a chunk's text is the document's between its offsets; chunks do not
    overlap; every character that is neither blank nor in a heading line of level 1 to 3 is in one."""
    content = document.content
    marks = _marks(content)
    chunks = []
    for path, start, end in _sections(content):
        for group in _packed(_pieces(content.text, marks, start, end)):
            chunks.append(_chunk(document, path, group[0].start, group[-1].end, group[0].header))
    return tuple(chunks)


def _chunk(document: Document, section: tuple[str, ...], start: int, end: int, header: tuple[str, ...]) -> Chunk:
    content = document.content
    key = f"{document.id}\0{document.content_hash}\0{start}\0{end}"
    return Chunk(
        id=hashlib.sha256(key.encode()).hexdigest()[:32],
        document_id=document.id,
        subject=document.subject,
        title=content.title,
        section=section,
        page=_page(content, start),
        start=start,
        end=end,
        text=content.text[start:end],
        header=header,
    )


def _page(content: Content, start: int) -> int | None:
    index = bisect_right(content.pages, start, key=lambda page: page.start)
    return content.pages[index - 1].number if index else None


def _sections(content: Content) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """The heading path, start and end of each section's text on one page, without its heading's own lines."""
    headings = {heading.start: heading for heading in content.headings if heading.level <= _SECTION_LEVEL}
    bounds = sorted({0, *headings, *(page.start for page in content.pages), len(content.text)})
    path: list[Heading] = []
    for start, end in pairwise(bounds):
        if heading := headings.get(start):
            path = [above for above in path if above.level < heading.level] + [heading]
            start = min(_after_heading(content.text, heading), end)
        if content.text[start:end].strip():
            yield _titles(content, path), start, end


def _titles(content: Content, path: list[Heading]) -> tuple[str, ...]:
    """The headings above a section, without the one that is the document's title."""
    return tuple(heading.title for heading in path if (heading.level, heading.title) != (1, content.title))


def _after_heading(text: str, heading: Heading) -> int:
    """Where the text below a heading begins: after its line, and after a line of = or - that underlines it."""
    end = _line_end(text, heading.start)
    if not text[heading.start : end].lstrip().startswith("#"):
        after = _line_end(text, min(end + 1, len(text)))
        underline = text[end + 1 : after].strip()
        if underline and not (underline.strip("=") and underline.strip("-")):
            end = after
    return min(end + 1, len(text))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


@dataclass(frozen=True, slots=True)
class _Marks:
    """Offsets in the whole document: of table rows with their headers, of the first rows below a header's line, of
    headings too deep to begin a section, and, in order, of all places where a piece must begin."""

    rows: dict[int, tuple[str, ...]]
    tops: set[int]
    deep: set[int]
    cuts: list[int]


def _marks(content: Content) -> _Marks:
    rows = {row[0]: table.header for table in content.tables for row in table.rows}
    deep = {heading.start for heading in content.headings if heading.level > _SECTION_LEVEL}
    after = {_line_end(content.text, row[1]) + 1 for table in content.tables for row in table.rows[-1:]}
    tops = {table.rows[0][0] for table in content.tables if table.rows and table.header}
    return _Marks(rows, tops, deep, sorted({*rows, *deep, *after}))


def _pieces(text: str, marks: _Marks, start: int, end: int) -> list[_Piece]:
    """The rows, list items, paragraphs, code blocks and deep headings between two offsets."""
    cuts = set(marks.cuts[bisect_left(marks.cuts, start) : bisect_left(marks.cuts, end)])
    pieces: list[_Piece] = []
    leads = False
    for first, last in _blocks(text, start, end, cuts):
        weight = (last - first) * (_TABLE_WEIGHT if first in marks.rows else 1.0)
        glued = bool(pieces) and (leads or first in marks.tops)
        whole = _Piece(first, last, weight, marks.rows.get(first, ()), glued)
        pieces += _shortened(text, whole) if last - first > MAX else [whole]
        leads = first in marks.deep or text[first:last].rstrip().endswith(":")
    return pieces


def _blocks(text: str, start: int, end: int, cuts: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of whole lines: a new one begins after a blank line, at a list item and at each of `cuts`; nothing
    is cut inside a code block."""
    first: int | None = None
    last = at = start
    fence = ""
    while at < end:
        stop = min(_line_end(text, at), end)
        line = text[at:stop]
        blank = not line.strip()
        if first is not None and not fence and (blank or at in cuts or _ITEM.match(line)):
            yield first, last
            first = None
        if not blank:
            first = at if first is None else first
            last = stop
        if mark := _FENCE.match(line):
            fence = mark[1] if not fence else "" if mark[1].startswith(fence) else fence
        at = stop + 1
    if first is not None:
        yield first, last


def _shortened(text: str, piece: _Piece) -> Iterator[_Piece]:
    """A piece longer than MAX, cut at sentence ends (a row at its cells' ends), else between words, else anywhere."""
    pattern = _CELL_END if piece.weight > piece.end - piece.start else _SENTENCE_END
    heaviness = piece.weight / (piece.end - piece.start)
    start = piece.start
    while start < piece.end:
        limit = min(start + AIM, piece.end)
        stop = limit
        if limit < piece.end:
            ends = [match.end() for match in pattern.finditer(text, start + AIM // 3, limit)]
            stop = ends[-1] if ends else max(text.rfind(" ", start + AIM // 3, limit) + 1, 0) or limit
        yield _Piece(start, stop, (stop - start) * heaviness, piece.header, piece.glued and start == piece.start)
        start = stop


def _packed(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Groups of neighbouring pieces of about equal weight, none longer than MAX."""
    units = _units(pieces)
    total = sum(piece.weight for piece in pieces)
    count = 1 if total <= AIM * _SLACK else math.ceil(total / AIM)
    aim = total / count * (_SLACK if count == 1 else 1.1)
    group: list[_Piece] = []
    weight = 0.0
    for unit in units:
        heavier = weight + sum(piece.weight for piece in unit)
        if group and (heavier > aim or unit[-1].end - group[0].start > MAX):
            yield group
            group, heavier = [], heavier - weight
        group, weight = group + unit, heavier
    if group:
        yield group


def _units(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Pieces with those glued to them, as long as together they weigh no more than AIM."""
    units: list[list[_Piece]] = []
    for piece in pieces:
        together = sum(other.weight for other in units[-1]) + piece.weight if units else 0.0
        if piece.glued and together <= AIM:
            units[-1].append(piece)
        else:
            units.append([piece])
    return units
