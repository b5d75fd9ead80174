"""The words of a page with their places, as PDFium finds them, in the order in which the page draws them.

Places are in points, with x to the right and y upwards on the page as it is shown, so a turned page is read upright.
"""

import ctypes
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pypdfium2 import raw

HYPHENS = "\x02\ufffe"
"""What PDFium tells for a hyphen at a line's end that belongs to no word."""
_WORD = re.compile(rf"[^\s{HYPHENS}]*+[{HYPHENS}]|(?:[^\s{HYPHENS}]|\xa0)++")
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|-bd", re.IGNORECASE)
_BOLD_WEIGHT = 700
_SLANT = 0.1  # text whose line rises by more than this part of its advance is turned
_TURNS = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))  # by quarter turns of the page, clockwise
_NAME_BYTES = 128


def _by_address(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of PDFium that is called for every word: with addresses as plain numbers it takes half the time."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_AT, _INDEX = ctypes.c_void_p, ctypes.c_int
_ORIGIN = _by_address(raw.FPDFText_GetCharOrigin, _INDEX, _AT, _INDEX, _AT, _AT)
_BOX = _by_address(raw.FPDFText_GetCharBox, _INDEX, _AT, _INDEX, _AT, _AT, _AT, _AT)
_OBJECT = _by_address(raw.FPDFText_GetTextObject, _AT, _AT, _INDEX)


class Word(NamedTuple):
    """One word. `base` is its baseline; `size` that of its font as it is shown, 0 where the word is turned or has none,
    so that its place tells nothing; `breaks`: PDFium begins a new line with it."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool
    breaks: bool


Turn = tuple[int, int, int, int]


def turn_of(page: Any) -> Turn:
    """How a point (x, y) of the page's own comes to stand: at (a x + b y, c x + d y)."""
    return _TURNS[raw.FPDFPage_GetRotation(page) % 4]


def placed_words(page: Any, textpage: Any, turn: Turn) -> list[Word]:
    """The words that lie on the page."""
    text = _text(textpage)
    a, b, c, d = turn
    west, south, east, north = page.get_bbox()
    fonts: dict[int | None, tuple[float, bool]] = {}
    here = ctypes.cast(textpage.raw, ctypes.c_void_p).value
    x, y, left, right, bottom, top = (ctypes.c_double() for _ in range(6))
    x_, y_, *edges = map(ctypes.addressof, (x, y, left, right, bottom, top))
    upright = turn == _TURNS[0]
    words = []
    end = 0
    for match in _WORD.finditer(text):
        before = end
        start, end = match.span()
        _ORIGIN(here, start, x_, y_)
        near, base = x.value, y.value
        if not (west <= near <= east and south <= base <= north):
            continue
        key = _OBJECT(here, start)
        style = fonts.get(key)
        if style is None:
            style = fonts[key] = _font(key, turn)
        if not _BOX(here, end - 1, *edges):
            left.value = right.value = near
        far = right.value
        if not upright:
            near, base = a * near + b * base, c * near + d * base
            far = max(a * left.value + b * bottom.value, a * far + b * top.value)
        if far < near:
            far = near
        words.append(Word(match.group(), near, far, base, *style, start > before and "\n" in text[before:start]))
    return words


def _text(textpage: Any) -> str:
    """The page's text, one character for each that PDFium counts."""
    count = max(raw.FPDFText_CountChars(textpage), 0)
    units = (ctypes.c_ushort * (2 * count + 1))()
    length = raw.FPDFText_GetText(textpage, 0, count, units)
    text = bytes(units)[: 2 * max(length - 1, 0)].decode("utf-16-le", "replace")
    if len(text) != count:
        codes = (raw.FPDFText_GetUnicode(textpage, index) for index in range(count))
        text = "".join(chr(code) if code and not 0xD800 <= code < 0xE000 else "\ufffd" for code in codes)
    return text


def _font(address: int | None, turn: Turn) -> tuple[float, bool]:
    """The size and boldness of a text object, as the page shows it."""
    size, matrix = ctypes.c_float(), raw.FS_MATRIX()
    shown = ctypes.cast(address or 0, raw.FPDF_PAGEOBJECT)
    if not address or not raw.FPDFTextObj_GetFontSize(shown, size) or not raw.FPDFPageObj_GetMatrix(shown, matrix):
        return 0.0, False
    a, b, c, d = turn
    ahead, rise = a * matrix.a + b * matrix.b, c * matrix.a + d * matrix.b
    tall = abs(size.value) * abs(c * matrix.c + d * matrix.d)
    if ahead <= 0 or abs(rise) > _SLANT * ahead or not 0 < tall < 1e4:
        return 0.0, False
    font = raw.FPDFTextObj_GetFont(shown)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    raw.FPDFFont_GetBaseFontName(font, name, _NAME_BYTES)
    return tall, bool(_BOLD.search(name.value)) or raw.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
