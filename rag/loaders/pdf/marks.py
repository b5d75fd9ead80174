"""What begins an item of a list: a bullet, or a number that goes on from the item before it."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rag.loaders.pdf.lines import NEAR, WIDE, Grid, Line

_BULLET = re.compile(r"[•‣◦▪▫■□●○∙·➢➤➔✓✔❖◆◇►▶\uf000-\uf0ff–—*-]")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]")
_LETTER = re.compile(r"\(?[a-zA-Z]\)")
_BARE = re.compile(r"\d{1,2}")
_ENDED = re.compile(r".*[.!?:;][\"'”’)\]]*\Z", re.DOTALL)


class Mark(NamedTuple):
    """What an item begins with in the text, such as "- " or "3. ", and how many of the line's words it takes up."""

    text: str
    words: int


def ended(text: str) -> bool:
    """Whether a text ends as a sentence or its lead-in does."""
    return bool(_ENDED.match(text[-9:]))


def marks(lines: Sequence[Line | Grid], headings: Collection[int]) -> dict[int, Mark]:
    """By the position of a line that begins an item: its mark. `headings` are the positions of lines that are one."""
    found = _bare(lines, headings)
    number = 0
    for at, line in enumerate(lines):
        if isinstance(line, Grid) or at in found or at in headings:
            continue
        if line.dotted:
            found[at] = Mark("- ", 0)
            continue
        if len(line.words) < 2:
            continue
        first = line.words[0].text
        counted = _NUMBER.fullmatch(first)
        if _BULLET.fullmatch(first) or (first == "o" and line.gap > WIDE):
            found[at] = Mark("- ", 1)
        elif _LETTER.fullmatch(first):
            found[at] = Mark("- ", 0)
        elif counted and (int(counted[1]) in (1, number + 1) or _stands_out(lines, at)):
            number = int(counted[1])
            found[at] = Mark(f"{number}. ", 1)
    return found


def _stands_out(lines: Sequence[Line | Grid], at: int) -> bool:
    """Whether a line cannot be the middle of a text, so that a number at its beginning counts it."""
    above = lines[at - 1] if at else None
    return not isinstance(above, Line) or ended(above.text)


def _bare(lines: Sequence[Line | Grid], headings: Collection[int]) -> dict[int, Mark]:
    """Items whose numbers stand alone beside the text: at least 1 and 2, one under the other, what lies between them
    standing under the text."""
    found: dict[int, Mark] = {}
    items: list[int] = []
    head: Line | None = None
    for at, line in enumerate(lines):
        if not isinstance(line, Line) or at in headings:
            items, head = [], None
            continue
        number = int(line.words[0].text) if len(line.words) > 1 and _BARE.fullmatch(line.words[0].text) else 0
        if number and number == len(items) + 1 and (head is None or abs(line.left - head.left) <= NEAR):
            items.append(at)
            head = line
        elif number == 1:
            items, head = [at], line
        elif head is None or line.left < head.words[1].left - NEAR:
            items, head = [], None
        if len(items) > 1:
            found.update({place: Mark(f"{count}. ", 1) for count, place in enumerate(items[-2:], len(items) - 1)})
    return found
