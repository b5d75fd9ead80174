"""Tables that are ruled with lines: the lines that touch each other make a grid, and words stand in its cells."""

import itertools
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rag.loaders.pdf.gaps import tables_and_lines
from rag.loaders.pdf.lines import Grid, Line, Rows, joined, stretches
from rag.loaders.pdf.rules import Box, Rule
from rag.loaders.pdf.words import Word

_EDGE = 3.0  # points that a line may be out of its place
_FILLED = 0.5  # of the cells, in a table: fewer have words in a drawing
_MANY = 4  # lines of cells between two rules: they rule off the header, not each row


@dataclass(frozen=True, slots=True)
class Ruled:
    """Lines that touch each other, and the box that they cover."""

    flat: tuple[Rule, ...]
    steep: tuple[Rule, ...]
    box: Box

    def holds(self, word: Word) -> bool:
        """Whether a word stands in the box."""
        left, bottom, right, top = self.box
        middle, height = (word.left + word.right) / 2, word.base + 0.3 * word.size
        return left <= middle <= right and bottom <= height <= top and word.size > 0


def ruled(flat: Sequence[Rule], steep: Sequence[Rule]) -> list[Ruled]:
    """The grids of at least two rows or columns, from top to bottom."""
    groups: list[tuple[list[Rule], list[Rule]]] = [([], [rule]) for rule in steep]
    for rule in flat:
        apart, flats, steeps = [], [rule], []
        for group in groups:
            if any(rule.meets(other) for other in group[1]):
                flats += group[0]
                steeps += group[1]
            else:
                apart.append(group)
        groups = [*apart, (flats, steeps)] if steeps else groups
    return [grid for flats, steeps in groups if flats and (grid := _grid(flats, steeps))]


def _grid(flat: list[Rule], steep: list[Rule]) -> Ruled | None:
    if len(_places(flat)) < 2 and len(_places(steep)) < 2:
        return None
    across = [rule.at for rule in steep] + [end for rule in flat for end in rule[1:]]
    along = [rule.at for rule in flat] + [end for rule in steep for end in rule[1:]]
    return Ruled(tuple(flat), tuple(steep), (min(across), min(along), max(across), max(along)))


def _places(rules: Sequence[Rule]) -> list[float]:
    """Where lines lie, each place once, ascending."""
    places: list[float] = []
    for at in sorted(rule.at for rule in rules):
        if not places or at - places[-1] > _EDGE:
            places.append(at)
    return places


def lines_and_tables(words: Sequence[Word], grids: Sequence[Ruled]) -> list[Line | Grid]:
    """The words of a page in lines, and in the tables of these grids and those without lines, in drawing order."""
    held: dict[int, list[Word]] = defaultdict(list)
    places = [next((n for n, grid in enumerate(grids) if grid.holds(word)), -1) for word in words]
    for word, place in zip(words, places, strict=True):
        held[place].append(word)
    tables = {place: rows for place, some in held.items() if place >= 0 and (rows := cells(grids[place], some))}
    found: list[Line | Grid] = []
    plain: list[Word] = []
    for word, place in zip(words, places, strict=True):
        if place not in tables:
            plain.append(word)
        elif rows := tables[place]:
            found += tables_and_lines(stretches(plain))
            found.append(Grid(rows))
            plain, tables[place] = [], []
    return found + tables_and_lines(stretches(plain))


def cells(grid: Ruled, words: Sequence[Word]) -> Rows:
    """The table that the words make in the grid; nothing where they make none. A word stands in the upper left of the
    cells that no line parts."""
    columns, rows = _places(grid.steep), _places(grid.flat)
    found: dict[tuple[int, int], list[Word]] = defaultdict(list)
    starts = [[_begins(grid.flat, (low + high) / 2, at) for at in rows] for low, high in _spans(columns, grid.box)]
    for word in words:
        column = bisect(columns, (word.left + word.right) / 2)
        row = bisect(rows, word.base + 0.3 * word.size)  # counted from below
        while row < len(rows) and not starts[column][row]:
            row += 1
        found[-row, column].append(word)
    down = sorted({row for row, _ in found})
    if len(down) <= 2 < _MANY <= _returns(words, columns):
        found = _by_line(words, columns)
        down = sorted({row for row, _ in found})
    across = sorted({column for _, column in found})
    if len(down) < 2 or len(across) < 2 or len(found) < _FILLED * len(down) * len(across):
        return []
    return [[joined(word.text for word in found.get((row, column), ())) for column in across] for row in down]


def _spans(columns: Sequence[float], box: Box) -> list[tuple[float, float]]:
    """The columns between the lines, with what may lie outside the first and last of them."""
    edges = [min(box[0], columns[0]), *columns, max(box[2], columns[-1])]
    return list(itertools.pairwise(edges))


def _begins(flat: Sequence[Rule], middle: float, at: float) -> bool:
    """Whether a line at this height parts the cells of the column with this middle."""
    return any(rule.start <= middle <= rule.end and abs(rule.at - at) <= _EDGE for rule in flat)


def _returns(words: Sequence[Word], columns: Sequence[float]) -> int:
    return len({row for row, _ in _by_line(words, columns)})


def _by_line(words: Sequence[Word], columns: Sequence[float]) -> dict[tuple[int, int], list[Word]]:
    """The cells where each return to an earlier column, further down, begins a row."""
    found: dict[tuple[int, int], list[Word]] = defaultdict(list)
    row, last = 0, 0
    for word in words:
        column = bisect(columns, (word.left + word.right) / 2)
        row += column < last
        last = column
        found[row, column].append(word)
    return found
