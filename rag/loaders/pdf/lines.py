"""Words put together: those that follow each other closely are a stretch, the stretches of one height a line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.loaders.pdf.words import HYPHENS, Word

WIDE = 0.85  # of the font's size: a gap that no space between two words of a text is so wide as
_LEVEL = 0.5  # of the font's size: how far apart the baselines on one line are at most, as of raised figures
_BACK = 0.3  # of the font's size: how far a word may reach into the one before it
_MARKED = 2.5  # of the font's size: how far behind a drawn dot its text begins at most
_HYPHEN = re.compile(rf"[{HYPHENS}]\s*+")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that PDFium gives where a font names none: they are no text."""
NEAR = 3.0
"""Points within which lines stand under each other."""

Rows = list[list[str]]
"""A table's cells, the header first."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one height, in the order in which they are drawn. `size` 0: turned, so that its place tells nothing.
    `dotted`: a dot is drawn before it, as a bullet."""

    words: tuple[Word, ...]
    left: float
    right: float
    base: float
    size: float
    bold: bool
    dotted: bool = False

    @property
    def text(self) -> str:
        """As drawn: a hyphen that is to be taken away at the line's end is still there."""
        return " ".join(word.text for word in self.words)

    @property
    def gap(self) -> float:
        """Behind the first word, as a part of the font's size."""
        return (self.words[1].left - self.words[0].right) / self.size if len(self.words) > 1 and self.size else 0.0

    @property
    def parted(self) -> bool:
        """Whether a wide gap is between two of its words, as between cells; one behind a number is none."""
        words = self.words[self.words[0].text[0].isdigit() :]
        return any(word.left - last.right > WIDE * self.size for last, word in pairwise(words))

    def level_with(self, other: "Line") -> bool:
        """Whether the two stand on one height."""
        return abs(self.base - other.base) <= _LEVEL * max(self.size, other.size)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    rows: Rows


def line_of(words: Sequence[Word]) -> Line:
    """One line of at least one word. Its size is that of most of its characters."""
    if len({(word.size, word.bold) for word in words}) == 1:
        size, bold = words[0].size, words[0].bold
    else:
        sizes: dict[float, int] = {}
        for word in words:
            sizes[word.size] = sizes.get(word.size, 0) + len(word.text)
        size, bold = max(sizes, key=sizes.__getitem__), all(word.bold for word in words)
    base = next(word.base for word in words if word.size == size)
    return Line(tuple(words), min(w.left for w in words), max(w.right for w in words), base, size, bold)


def stretches(words: Iterable[Word]) -> list[Line]:
    """Words that follow each other on one height without a wide gap; turned ones up to where PDFium ends the line."""
    found: list[list[Word]] = []
    for word in words:
        if found and _follows(found[-1][-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return [line_of(some) for some in found]


def _follows(last: Word, word: Word) -> bool:
    size = max(last.size, word.size)
    if not last.size or not word.size:
        return size == 0 and not word.breaks
    level = abs(word.base - last.base) <= _LEVEL * size
    return level and -_BACK * size <= word.left - last.right <= WIDE * size


def whole_lines(parts: Sequence[Line]) -> list[Line]:
    """Stretches next to each other in drawing order and on one height, as lines."""
    lines: list[list[Line]] = []
    for part in parts:
        if lines and part.size and lines[-1][-1].size and part.level_with(lines[-1][-1]):
            lines[-1].append(part)
        else:
            lines.append([part])
    return [some[0] if len(some) == 1 else line_of([word for part in some for word in part.words]) for some in lines]


def dotted(parts: Sequence[Line | Grid], dots: Sequence[tuple[float, float]]) -> list[Line | Grid]:
    """The same, the lines marked that have one of the dots, given by their right edges' middles, close before them."""
    marked = list(parts)
    for at, part in enumerate(parts) if dots else ():
        if isinstance(part, Line) and any(_before(dot, part) for dot in dots):
            marked[at] = replace(part, dotted=True)
    return marked


def _before(dot: tuple[float, float], line: Line) -> bool:
    right, middle = dot
    return 0 <= line.left - right <= _MARKED * line.size and 0 <= middle - line.base <= line.size


def joined(parts: Iterable[str]) -> str:
    """Pieces of a text as one, words that were hyphenated at a line's end put together again."""
    return CONTROLS.sub("", _HYPHEN.sub("", " ".join(parts)))
