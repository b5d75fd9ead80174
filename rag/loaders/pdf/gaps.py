"""Tables without lines: gaps between stretches of text that stay free over several rows, read in drawing order.

A row ends where the drawing goes back to an earlier column, further down; so cells of several lines stay whole, and
prose of two columns that was drawn across is told from a table.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from rag.loaders.pdf.headings import LARGER
from rag.loaders.pdf.lines import WIDE, Grid, Line, joined, whole_lines

_LEAST_ROWS, _LEAST_HEIGHTS = 2, 3
_MOST_COLUMNS = 40
_NARROWEST = 0.6  # of the font's size, what must stay of a gap
_FAR = 3.5  # of the font's size: how far below the last line a table may go on
_CLOSE = 1.35  # of the font's size: lines of one cell are no farther apart
_PROSE_LINES, _PROSE_CHARACTERS = 4, 25

_Gaps = list[tuple[float, float]]
_Row = dict[int, list[Line]]
"""By column, the stretches of a row's cells."""


def tables_and_lines(parts: Sequence[Line]) -> list[Grid | Line]:
    """The stretches of a page, as tables and lines in drawing order; two columns of prose one after the other."""
    found: list[Grid | Line] = []
    plain: list[Line] = []
    at = 0
    while at < len(parts):
        end, gaps = _reach(parts, at)
        rows = _rows(parts[at:end], gaps) if gaps else []
        prose = _is_prose(rows)
        while rows and not prose and set(rows[-1]) == {0}:
            rows.pop()
        taken = sum(len(cell) for row in rows for cell in row.values())
        if prose:
            found += whole_lines(plain)
            plain = []
            for column in (0, 1):
                found += whole_lines([line for row in rows for line in row.get(column, ())])
        elif _is_table(rows):
            found += whole_lines(plain)
            plain = []
            columns = range(len(gaps) + 1)
            found.append(Grid([[joined(line.text for line in row.get(n, ())) for n in columns] for row in rows]))
        else:
            taken = max(end - at, 1)
            plain += parts[at : at + taken]
        at += taken
    return found + whole_lines(plain)


def _reach(parts: Sequence[Line], at: int) -> tuple[int, _Gaps]:
    """How far the stretches from this one on leave some gaps free, and those gaps; none where no row begins here."""
    first = parts[at]
    if at + 1 == len(parts) or not _beside(first, parts[at + 1]):
        return at + 1, []
    gaps: _Gaps = [(first.right, parts[at + 1].left)]
    left, lowest, end = first.left, first.base, at + 2
    open_row = True
    while end < len(parts):
        part = parts[end]
        size = first.size
        if not 0 < part.size < LARGER * size or not lowest - _FAR * size < part.base < first.base + size:
            break
        if len(gaps) > _MOST_COLUMNS:
            break
        if open_row and part.level_with(first) and part.left > parts[end - 1].right + WIDE * size:
            gaps.append((parts[end - 1].right, part.left))
        else:
            open_row = False
            narrowed = _narrowed(gaps, part, size)
            if len(narrowed) < len(gaps):
                break
            gaps = narrowed
        lowest = min(lowest, part.base)
        left = min(left, part.left)
        end += 1
    return end, gaps


def _beside(one: Line, other: Line) -> bool:
    return one.size > 0 < other.size and one.level_with(other) and other.left - one.right > WIDE * one.size


def _narrowed(gaps: _Gaps, part: Line, size: float) -> _Gaps:
    """What a stretch leaves of the gaps; where it stands within one, that one becomes two."""
    left = []
    for start, end in gaps:
        if part.right <= start or part.left >= end:
            left.append((start, end))
            continue
        left += [
            (low, high) for low, high in ((start, part.left), (part.right, end)) if high - low >= _NARROWEST * size
        ]
    return left


def _rows(parts: Sequence[Line], gaps: _Gaps) -> list[_Row]:
    """The rows of what was drawn."""
    rows: list[_Row] = []
    last = len(gaps)
    for part in parts:
        column = sum(part.left >= (start + end) / 2 for start, end in gaps)
        beneath = rows and column == last and part.base < rows[-1][column][-1].base if rows else False
        far = beneath and rows[-1][column][-1].base - part.base > _CLOSE * part.size
        if not rows or column < last or far:
            rows.append(defaultdict(list))
        rows[-1][column].append(part)
        last = column
    return _continued(rows)


def _continued(rows: list[_Row]) -> list[_Row]:
    """The rows, where cells of several lines were drawn line by line: a row that lacks cells and follows closer than
    the full ones belongs to the one above it."""
    steps = [_step(above, row) for above, row in itertools.pairwise(rows) if 0 in row and len(row) > 1]
    usual = median(steps) if steps else 0.0
    whole: list[_Row] = []
    width = max((len(row) for row in rows), default=0)
    for row in rows:
        step = _step(whole[-1], row) if whole else 0.0
        closer = 0 < step <= _CLOSE and (0 not in row or step < 0.8 * usual)
        if whole and len(row) < width and closer:
            for column, lines in row.items():
                whole[-1][column].extend(lines)
        else:
            whole.append(row)
    return whole


def _step(above: _Row, row: _Row) -> float:
    """From the lowest line of a row to the highest of the next, as a part of the font's size."""
    low = min(line.base for cell in above.values() for line in cell)
    high = max((line for cell in row.values() for line in cell), key=lambda line: line.base)
    return (low - high.base) / high.size


def _is_table(rows: Sequence[_Row]) -> bool:
    full = [row for row in rows if len(row) > 1]
    named = [cell for row in full if (cell := row.get(0))]
    heights = sum(sorted(len(cell) for cell in row.values())[-2] for row in full)
    return (
        len(full) >= _LEAST_ROWS
        and heights >= _LEAST_HEIGHTS
        and any(len(line.text) > 3 for cell in named for line in cell)
    )


def _is_prose(rows: Sequence[_Row]) -> bool:
    """Whether two columns of running text were drawn across, line by line."""
    pairs = [row for row in rows if set(row) == {0, 1} and len(row[0]) == len(row[1]) == 1]
    if len(pairs) < _PROSE_LINES or len(pairs) < len(rows) / 2 or any(max(row) > 1 for row in rows):
        return False
    return all(median(len(row[column][0].text) for row in pairs) >= _PROSE_CHARACTERS for column in (0, 1))
