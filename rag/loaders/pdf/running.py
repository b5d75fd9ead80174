"""Running heads and feet: what stands at the edge of most pages, such as a title or the page's number."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from rag.loaders.pdf.lines import Grid, Line

_EDGE = 2  # lines at the top, and at the bottom, that may be running ones
_LEAST_PAGES = 3
_MOST_OF = 0.4  # of the pages: left and right ones may differ
_NUMBER = re.compile(r"\d++")

Page = Sequence[Line | Grid]


def without_running(pages: Sequence[Page]) -> list[list[Line | Grid]]:
    """The pages without their running heads and feet. A page that would have nothing left keeps its lines."""
    edges = [_edges(page) for page in pages]
    seen: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, lines in enumerate(edges):
        for line in lines:
            seen[_NUMBER.sub("#", line.text)].append((number, line.text))
    least = max(_LEAST_PAGES, _MOST_OF * sum(map(bool, pages)))
    running = {text for places in seen.values() if len(places) >= least for text in _running(places, least)}
    kept = []
    for page, lines in zip(pages, edges, strict=True):
        gone = {id(line) for line in lines if line.text in running}
        rest = [part for part in page if id(part) not in gone]
        kept.append(rest or list(page))
    return kept


def _edges(page: Page) -> list[Line]:
    """The lines nearest to the top and to the bottom of a page."""
    lines = sorted((part for part in page if isinstance(part, Line) and part.size), key=lambda line: -line.base)
    return lines if len(lines) <= 2 * _EDGE else [*lines[:_EDGE], *lines[-_EDGE:]]


def _running(places: Sequence[tuple[int, str]], least: float) -> set[str]:
    """Of texts that differ in their numbers only, those that are the same on enough pages, or that count them."""
    alike = {text for text, count in Counter(text for _, text in places).items() if count >= least}
    ahead = Counter(int(number[:9]) - page for page, text in places for number in set(_NUMBER.findall(text)))
    if ahead and (most := ahead.most_common(1)[0])[1] >= least:
        counting = {text for page, text in places if str(page + most[0]) in _NUMBER.findall(text)}
        return alike | counting
    return alike
