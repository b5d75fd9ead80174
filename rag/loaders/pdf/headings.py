"""Headings: short lines that are larger or bolder than the text, their levels by size and by their numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.loaders.pdf.lines import Grid, Line, joined
from rag.loaders.pdf.marks import ended

LARGER = 1.12
"""Times the size of the text: what is at least so large is a heading."""
_AS_LARGE = 0.95  # as the text
_LONGEST, _MOST_LINES = 120, 3
_LEADING = 1.7  # of the font's size: lines of one heading are no farther apart
_DEEPEST = 6
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,5}+)\.?\s+[^\W\d_]")
_NO_END = (",", ";", ".")
_LEADER = re.compile(r"(?:\. ?){4}|…")
_BULLETS = re.compile(r"[^\w\s(\"'“‘¿¡«]{1,2}\s")

Style = tuple[float, bool]
"""A size, rounded to half points, and whether it is bold."""


@dataclass(frozen=True, slots=True)
class Found:
    """A heading of `lines` lines: its level and its words."""

    level: int
    title: str
    lines: int


def style_of(line: Line) -> Style:
    return round(line.size * 2) / 2, line.bold


def body_style(pages: Sequence[Sequence[Line | Grid]]) -> Style:
    """The style of most of the text outside tables."""
    counts: Counter[Style] = Counter()
    for page in pages:
        for line in page:
            if isinstance(line, Line) and line.size:
                counts[style_of(line)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else (0.0, False)


def headings(lines: Sequence[Line | Grid], body: Style) -> dict[int, Found]:
    """By the position of its first line: every heading."""
    groups = [(at, style, joined(line.text for line in some), len(some)) for at, style, some in _groups(lines, body)]
    ranked = sorted({style for _, style, *_ in groups}, reverse=True)
    alike = [title for _, style, title, _ in groups if style == ranked[0]]
    titled = bool(groups) and groups[0][1] == ranked[0] and not _NUMBERED.match(alike[0])
    titled = titled and all(map(_NUMBERED.match, alike[1:]))
    levels = {style: rank + (1 if titled else 2) for rank, style in enumerate(ranked)}
    found = {}
    for at, style, title, count in groups:
        number = _NUMBERED.match(title)
        level = 2 + number[1].count(".") if number else levels[style]
        found[at] = Found(min(level, _DEEPEST), title, count)
    return found


def _groups(lines: Sequence[Line | Grid], body: Style) -> Iterator[tuple[int, Style, list[Line]]]:
    """Neighbouring lines of one style that is a heading's, with the position of the first."""
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if not isinstance(line, Line) or not _stands_out(line, body):
            at = end
            continue
        some = [line]
        while end < len(lines) and _goes_on(some[-1], lines[end]):
            some.append(lines[end])  # type: ignore[arg-type]
            end += 1
        after = lines[end] if end < len(lines) else None
        if len(some) <= _MOST_LINES and _is_heading(some, lines[at - 1] if at else None, after, body):
            yield at, style_of(line), some
        at = end


def _goes_on(last: Line, line: Line | Grid) -> bool:
    return (
        isinstance(line, Line)
        and style_of(line) == style_of(last)
        and 0 < last.base - line.base <= _LEADING * last.size
        and not _NUMBERED.match(line.text)
    )


def _stands_out(line: Line, body: Style) -> bool:
    size, bold = style_of(line)
    return size >= LARGER * body[0] > 0 or (bold and not body[1] and size >= _AS_LARGE * body[0] > 0)


def _is_heading(some: Sequence[Line], above: Line | Grid | None, below: Line | Grid | None, body: Style) -> bool:
    title = joined(line.text for line in some)
    if len(title) > _LONGEST or not any(map(str.isalpha, title)) or title.endswith(_NO_END):
        return False
    if _BULLETS.match(title) or _LEADER.search(title):
        return False
    if any(line.parted for line in some):
        return False
    if some[0].size >= LARGER * body[0]:
        return True
    near = isinstance(above, Line) and 0 < above.base - some[0].base <= _LEADING * above.size
    lead = near and isinstance(above, Line) and not _stands_out(above, body) and not ended(above.text)
    led = isinstance(below, Line) and below.text[:1].islower()
    return not title.endswith(":") and not lead and not led and not _level(some[-1], below)


def _level(line: Line, other: Line | Grid | None) -> bool:
    return isinstance(other, Line) and line.level_with(other)
