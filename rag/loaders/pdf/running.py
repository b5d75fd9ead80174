"""Running heads and feet: what stands at the edge of most pages, such as a title or the page's number."""

import re
from collections import Counter
from collections.abc import Sequence

from rag.loaders.pdf.headings import LARGER, Style, body_style, style_of
from rag.loaders.pdf.lines import Grid, Line

_EDGE = 2  # lines at the top, and at the bottom, that may be running ones
_LEAST_PAGES = 3
_MOST_OF = 0.4  # of the pages: left and right ones may differ
_REPEATED = 2  # pages with one text beside their number
_NUMBER = re.compile(r"(?<!\d)\d{1,5}(?!\d)")

Page = Sequence[Line | Grid]


def without_running(pages: Sequence[Page]) -> list[list[Line | Grid]]:
    """The pages without their running heads and feet. A page that would have nothing left keeps its lines."""
    edges = [_edges(page) for page in pages]
    least = max(_LEAST_PAGES, _MOST_OF * sum(map(bool, pages)))
    alike = Counter(printed for lines in edges for printed in {_printed(line) for line in lines})
    counted = _counted(edges, body_style(pages)[0], least)
    kept = []
    for number, (page, lines) in enumerate(zip(pages, edges, strict=True)):
        gone = {id(line) for line in lines if alike[_printed(line)] >= least or (number, line.text) in counted}
        kept.append([part for part in page if id(part) not in gone] or list(page))
    return kept


def _printed(line: Line) -> tuple[str, Style]:
    return line.text, style_of(line)


def _edges(page: Page) -> list[Line]:
    """The lines nearest to the top and to the bottom of a page."""
    lines = sorted((part for part in page if isinstance(part, Line) and part.size), key=lambda line: -line.base)
    return lines if len(lines) <= 2 * _EDGE else [*lines[:_EDGE], *lines[-_EDGE:]]


def _counted(edges: Sequence[Sequence[Line]], body: float, least: float) -> set[tuple[int, str]]:
    """By page, the texts that hold its number, where enough pages are counted: those that are nothing but the number,
    or the same on several pages but for numbers. Larger ones are headings."""
    small = [(page, line.text) for page, lines in enumerate(edges) for line in lines if line.size < LARGER * body]
    numbers = {(page, int(number)) for page, text in small for number in _NUMBER.findall(text)}
    ahead = Counter(number - page for page, number in numbers).most_common(1)
    if not ahead or ahead[0][1] < least:
        return set()
    shapes = Counter(shape for _, shape in {(page, _NUMBER.sub("#", text)) for page, text in small})
    return {
        (page, text)
        for page, text in small
        if str(page + ahead[0][0]) in _NUMBER.findall(text)
        and (text.isdecimal() or shapes[_NUMBER.sub("#", text)] >= _REPEATED)
    }
