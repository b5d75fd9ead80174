"""The straight lines that a page draws along its edges' directions: what tables are ruled with."""

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pypdfium2 import raw

from rag.loaders.pdf.words import Turn

_THIN = 3.0  # points: a box no thicker is a line
_SHORTEST = 6.0
_DOT = 6.0
_TOGETHER = 3.0  # points between lines that are drawn as one
_MAX_PATHS, _MAX_SEGMENTS = 20_000, 400
_MAX_RULES = 300
_BOX_SEGMENTS = range(4, 7)


class Rule(NamedTuple):
    """A line at `at` (the y of a horizontal one, the x of a vertical one) from `start` to `end`."""

    at: float
    start: float
    end: float

    def meets(self, other: "Rule") -> bool:
        """Whether a line across to this one touches it."""
        return (
            self.start - _TOGETHER <= other.at <= self.end + _TOGETHER
            and other.start - _TOGETHER <= self.at <= other.end + _TOGETHER
        )


class Rules(NamedTuple):
    """What a page draws: its horizontal and vertical lines, and small dots, each as the middles of its right edge."""

    flat: list[Rule]
    steep: list[Rule]
    dots: list[tuple[float, float]]


Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def rules(page: Any, turn: Turn) -> Rules:
    """What a page draws; nothing of a page that draws so much that it is a picture."""
    count = raw.FPDFPage_CountObjects(page)
    shapes = (raw.FPDFPage_GetObject(page, index) for index in range(count))
    paths = [shape for shape in shapes if raw.FPDFPageObj_GetType(shape) == raw.FPDF_PAGEOBJ_PATH]
    flat: list[Rule] = []
    steep: list[Rule] = []
    dots: list[tuple[float, float]] = []
    for path in paths if len(paths) <= _MAX_PATHS else ():
        for x0, y0, x1, y1 in _boxes(path):
            x0, y0, x1, y1 = _turned(x0, y0, x1, y1, turn)
            wide, high = x1 - x0, y1 - y0
            if max(wide, high) <= _DOT and abs(wide - high) < 1:
                dots.append((x1, (y0 + y1) / 2))
            elif high <= _THIN:
                flat += [Rule((y0 + y1) / 2, x0, x1)] * (wide > _SHORTEST)
            elif wide <= _THIN:
                steep += [Rule((x0 + x1) / 2, y0, y1)] * (high > _SHORTEST)
            elif wide > _SHORTEST and high > _SHORTEST:
                flat += [Rule(y0, x0, x1), Rule(y1, x0, x1)]
                steep += [Rule(x0, y0, y1), Rule(x1, y0, y1)]
    flat, steep = _merged(flat), _merged(steep)
    if max(len(flat), len(steep), len(dots)) > _MAX_RULES:
        return Rules([], [], [])
    return Rules(flat, steep, dots)


def _turned(x0: float, y0: float, x1: float, y1: float, turn: Turn) -> Box:
    a, b, c, d = turn
    first, second = (a * x0 + b * y0, c * x0 + d * y0), (a * x1 + b * y1, c * x1 + d * y1)
    (x0, x1), (y0, y1) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    return x0, y0, x1, y1


def _boxes(path: Any) -> Iterator[Box]:
    """What a path that is painted covers, or its single lines where it has many; nothing of curves and slopes."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    left, bottom, right, top = ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
    painted = raw.FPDFPath_GetDrawMode(path, fill, stroke) and (fill.value or stroke.value)
    if not painted or not raw.FPDFPageObj_GetBounds(path, left, bottom, right, top):
        return
    count = raw.FPDFPath_CountSegments(path)
    thin = min(right.value - left.value, top.value - bottom.value) <= _THIN
    small = max(right.value - left.value, top.value - bottom.value) <= _DOT
    if thin or small or (count in _BOX_SEGMENTS and _straight(path, count)):
        yield left.value, bottom.value, right.value, top.value
    elif count <= _MAX_SEGMENTS:
        for (x0, y0, _), (x1, y1, kind) in pairwise(_points(path, count)):
            if kind == raw.FPDF_SEGMENT_LINETO and (abs(x1 - x0) < 1 or abs(y1 - y0) < 1):
                yield x0, y0, x1, y1


def _straight(path: Any, count: int) -> bool:
    """Whether all of a path's lines run along the page's edges."""
    return all(
        kind == raw.FPDF_SEGMENT_MOVETO or (kind == raw.FPDF_SEGMENT_LINETO and (abs(x1 - x0) < 1 or abs(y1 - y0) < 1))
        for (x0, y0, _), (x1, y1, kind) in pairwise(_points(path, count))
    )


def _points(path: Any, count: int) -> Iterator[tuple[float, float, int]]:
    """The ends of a path's segments on the page, each with the segment's kind."""
    x, y, matrix = ctypes.c_float(), ctypes.c_float(), raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, matrix)
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        yield (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
            raw.FPDFPathSegment_GetType(segment),
        )


def _merged(rules: list[Rule]) -> list[Rule]:
    """The lines with those that continue or double them put together."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules):
        if groups and rule.at - groups[-1][0].at <= _TOGETHER:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    whole: list[Rule] = []
    for group in groups:
        at = group[0].at
        start, end = group[0].start, group[0].end
        for rule in sorted(group, key=lambda rule: rule.start):
            if rule.start - end > _TOGETHER:
                whole.append(Rule(at, start, end))
                start, end = rule.start, rule.end
            start, end = min(start, rule.start), max(end, rule.end)
        whole.append(Rule(at, start, end))
    return whole
