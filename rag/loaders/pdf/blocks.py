"""The lines of all pages as a reader sees them: headings, paragraphs, items of lists, tables, put into a draft."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.loaders.pdf.headings import Found, Style, body_style, headings
from rag.loaders.pdf.lines import NEAR, Grid, Line, Rows, joined
from rag.loaders.pdf.marks import Mark, ended, marks
from rag.loaders.pdf.words import HYPHENS
from rag.text.builder import Draft

_INDENT = 0.8  # of the font's size: a first line that begins so much farther in begins a paragraph
_GAP = 1.25  # of the usual distance of lines: more of it parts paragraphs
_USUAL = 1.2  # of the font's size: the distance of lines where none is usual
_ALIKE = 0.1  # of the font's size: what differs by more is another kind of text
_WINDOW = 8  # lines around one that show how far lines reach
_SPACE = 0.25  # of the font's size, between words
_TELLING, _FULL = 4, 0.85  # lines that show how far they reach, where half of them reach so far
_DEEPEST = 8


@dataclass(slots=True)
class _Block:
    """A heading, a table, or lines of one paragraph or item, beginning on the page `page`."""

    page: int
    content: Found | Grid | list[Line]
    mark: Mark | None = None
    depth: int = 0
    edge: float = 0.0
    """How far the text around its first line reaches to the right."""

    def text(self) -> str:
        """The lines as one text, with the line ends that the writer made."""
        lines = self.content if isinstance(self.content, list) else []
        pieces: list[list[str]] = [[]]
        for column in _columns(lines):
            edge = _edge(column, self.edge)
            for last, line in zip([None, *column], column, strict=False):
                if last and not _forced(last, line, edge):
                    pieces.append([])
                skipped = self.mark.words if self.mark and line is lines[0] else 0
                pieces[-1].append(" ".join(word.text for word in line.words[skipped:]))
        return "\n".join(text for piece in pieces if (text := joined(piece).strip()))


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of a text, parted where it goes on in another column or on another page."""
    columns: list[list[Line]] = []
    for line in lines:
        if columns and _steps_down(columns[-1][-1], line):
            columns[-1].append(line)
        else:
            columns.append([line])
    return columns


def _edge(lines: Sequence[Line], around: float) -> float:
    """How far these lines of a text reach to the right, where they are enough to tell; else the text `around` it."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    full = sum(line.right - left >= _FULL * (right - left) for line in lines)
    return right if len(lines) >= _TELLING and full >= len(lines) / 2 else max(right, around)


def put(draft: Draft, pages: Sequence[Sequence[Line | Grid]]) -> None:
    """Put the pages, which are numbered from 1, into a draft. What a page begins with and still belongs to the last
    paragraph or item of the page before stands with it, on that page."""
    page, listed = 0, False
    header: tuple[str, ...] = ()
    for block in _blocks(pages):
        turned = block.page != page
        if turned:
            page = block.page
            draft.page(page)
        item = block.mark is not None
        if not item:
            draft.gap()
        match block.content:
            case Found(level, title):
                draft.heading(level, title)
            case Grid(rows):
                header = _put_table(draft, rows, header if turned else ())
                listed = item
                continue
            case _ if block.mark:
                if not listed:
                    draft.gap()
                indent = "  " * min(block.depth, _DEEPEST)
                draft.put(indent + block.mark.text + block.text().replace("\n", "\n  " + indent))
            case _:
                draft.paragraph(block.text())
        header, listed = (), item
    draft.gap()


def _put_table(draft: Draft, rows: Rows, header: tuple[str, ...]) -> tuple[str, ...]:
    """Put a table, which may go on from the page before it under that one's `header`; the header that it has."""
    if header and len(header) == len(rows[0]):
        draft.table(rows[1:] if tuple(rows[0]) == header else rows, header)
        return header
    draft.table(rows)
    return tuple(rows[0])


def _blocks(pages: Sequence[Sequence[Line | Grid]]) -> Iterator[_Block]:
    body = body_style(pages)
    lines = [(number, line) for number, page in enumerate(pages, start=1) for line in page]
    all_lines = [line for _, line in lines]
    titles = headings(all_lines, body)
    taken = {at + more for at, title in titles.items() for more in range(title.lines)}
    items = marks(all_lines, taken)
    ends = _right_ends(all_lines)
    usual = _usual_distance(all_lines, body)
    block: _Block | None = None
    indents: list[float] = []
    for at, (page, line) in enumerate(lines):
        if at in taken or isinstance(line, Grid):
            if block:
                yield block
            block, indents = None, []
            if isinstance(line, Grid):
                yield _Block(page, line)
            elif at in titles:
                yield _Block(page, titles[at])
            continue
        mark = items.get(at)
        if block and isinstance(block.content, list) and not mark and _belongs(block, line, page, usual):
            block.content.append(line)
            continue
        if block:
            yield block
        indents = _indents(indents, line) if mark else []
        block = _Block(page, [line], mark, max(len(indents) - 1, 0), ends[at])
    if block:
        yield block


def _belongs(block: _Block, line: Line, page: int, usual: float) -> bool:
    """Whether a line goes on with the paragraph or item."""
    lines = block.content
    assert isinstance(lines, list)
    last, first = lines[-1], lines[0]
    if not line.size or not last.size:
        return line.size == last.size and page == block.page
    if abs(line.size - last.size) > _ALIKE * last.size:
        return False
    if page != block.page or not _steps_down(last, line):
        return not ended(last.text) and line.text[:1].islower()
    if last.base - line.base > _GAP * usual * line.size:
        return False
    if block.mark:
        return line.left > first.left + NEAR or (len(lines) == 1 and not ended(last.text)) or line.left == last.left
    edge = lines[1].left if len(lines) > 1 else first.left
    return line.left <= edge + _INDENT * line.size or not ended(last.text)


def _steps_down(last: Line, line: Line) -> bool:
    """Whether a line stands below the other: it does not where a column or a page begins."""
    return not last.size or not line.size or -last.size / 2 < last.base - line.base


def _forced(last: Line, line: Line, end: float) -> bool:
    """Whether the line ended because the next word had no room in it."""
    if last.text.endswith(tuple(HYPHENS)):
        return True
    if not last.size or not line.size:
        return False
    first = line.words[0]
    return last.right + _SPACE * last.size + first.right - first.left > end


def _right_ends(lines: Sequence[Line | Grid]) -> list[float]:
    """How far the lines around each one reach to the right."""
    reach = [line.right if isinstance(line, Line) else 0.0 for line in lines]
    return [max(reach[max(at - _WINDOW, 0) : at + _WINDOW + 1]) for at in range(len(reach))]


def _usual_distance(lines: Sequence[Line | Grid], body: Style) -> float:
    """The most common distance between the lines of the text, as a part of its font's size."""
    counts: Counter[float] = Counter()
    for last, line in itertools.pairwise(lines):
        if isinstance(last, Line) and isinstance(line, Line) and line.size and last.size:
            step = (last.base - line.base) / line.size
            if 0.9 <= step <= 3:
                counts[round(step, 1)] += 1
    step, count = counts.most_common(1)[0] if counts else (0.0, 0)
    return step if count >= _TELLING else _USUAL


def _indents(indents: list[float], line: Line) -> list[float]:
    """Where the items of the lists around this one begin, and this one."""
    outer = [left for left in indents if left < line.left - NEAR]
    return [*outer, line.left]
