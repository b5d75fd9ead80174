"""Bytes to text, whatever program wrote them: by byte-order mark, as UTF-8, by what the file states, else by looks."""

import codecs
import re
from contextlib import suppress

from charset_normalizer import from_bytes

from rag.file_bytes import EmptyFile, UnreadableFile
from rag.text.signatures import kind_of

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LATIN = ["cp1252", "cp1250", "cp1254"]
_LEGACY = [
    *_LATIN, "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1253", "cp1255",
    "cp1256", "cp437",
]  # fmt: skip
_STATED = {"utf-8": "utf-8", "iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030"}
_STATED |= {"gbk": "gb18030", "euc_kr": "cp949", "iso8859-2": "iso8859-2", "iso8859-15": "iso8859-15"}
_STATED |= {codecs.lookup(name).name: name for name in _LEGACY}
_CENTRAL = {"Polish", "Czech", "Slovak", "Hungarian", "Slovene", "Croatian", "Turkish"}
_SHIFT_TO_JIS = b"\x1b$"
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half of a UTF-16 pair, written as if it were a character
_SAMPLE = 64 * 1024
_BETWEEN_WORDS = re.compile(rb"[ -/]")  # none of these is ever a part of a longer character
_HIGH = re.compile(rb"[\x80-\xff]+")
_ODD_LATIN = re.compile(r"[ƒ†‡ˆ‰‹›˜¤¦¨¬¯¶¸]|(?<=[^\W\d_])[^\w\s'’´·\-–\x00-\x7f](?=[^\W\d_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROLS = 0.005


def decoded(data: bytes, stated: str = "") -> tuple[str, str]:
    """The text, with every line end as a single newline, and a note on bytes that could not be read, or "".

    `stated`: the encoding that the file itself names. Raises UnreadableFile when it is not text, EmptyFile when it is
    nothing but blanks.
    """
    if kind := kind_of(data):
        raise UnreadableFile(f"This is {kind} under the name of a text file: give it the right name, or convert it.")
    text, lost = _decoded(data, stated)
    if not text.strip().strip("\ufeff\0"):
        raise EmptyFile("The file is empty: write its text or remove it.")
    if "\0" in text or len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise UnreadableFile("The file holds NUL or control bytes, so it is not plain text: save it as UTF-8 text.")
    note = f"Some bytes are no text and stand as \ufffd ({lost} in all): save the file as UTF-8." if lost else ""
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def _decoded(data: bytes, stated: str) -> tuple[str, int]:
    """The text, and how often it holds a mark in the place of bytes that could not be read."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _replaced(data.removeprefix(mark), encoding)
    if b"\0" in data:
        return _replaced(data, _wide(data))
    for encoding in (_codec(stated), "iso2022_jp" if _SHIFT_TO_JIS in data else "", "utf-8"):
        try:
            if encoding:
                return data.decode(encoding), 0
        except UnicodeDecodeError:
            continue
    if _SURROGATE.search(data):
        with suppress(UnicodeDecodeError):
            pairs = data.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
            return _replaced(pairs, "utf-16-le")
    text, lost = _replaced(data, "utf-8")
    if len(text) - len(text.encode("ascii", "ignore")) - lost >= 2 * lost:  # mostly sound UTF-8, broken somewhere
        return text, lost
    return _replaced(data, _guessed(data))


def _replaced(data: bytes, encoding: str) -> tuple[str, int]:
    text = data.decode(encoding, "replace")
    return text, text.count("\ufffd")


def _codec(stated: str) -> str:
    """The encoding to use for the one that a file names; "" for one that is unknown or no encoding of text."""
    try:
        return _STATED.get(codecs.lookup(stated).name, "")
    except LookupError:
        return ""


def _wide(data: bytes) -> str:
    """The encoding of text that holds NUL bytes: their places tell. Where they tell nothing, none fits."""
    zeros = [data[place::4].count(0) for place in range(4)]
    whole = len(data) // 4
    if whole and len(data) % 4 == 0:
        if zeros[3] == whole and zeros[2] > whole // 2:
            return "utf-32-le"
        if zeros[0] == whole and zeros[1] > whole // 2:
            return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if len(data) % 2 or max(even, odd) < 9 * min(even, odd):
        return "latin-1"
    return "utf-16-le" if odd > even else "utf-16-be"


def _guessed(data: bytes) -> str:
    """The legacy encoding whose letters and words make most sense."""
    sample = _sample(data)
    latin = _looks_latin(sample)
    matches = from_bytes(sample, cp_isolation=_LATIN if latin else _LEGACY)
    best = matches.best()
    if best is None:
        return "cp1252"
    if best.encoding in _LATIN and best.language not in _CENTRAL:
        return "cp1252"  # the same letters in all three for most of Western Europe
    return best.encoding


def _sample(data: bytes) -> bytes:
    """The first lines that are not ASCII alone: the others tell nothing, and would outweigh them."""
    lines: list[bytes] = []
    size = at = 0
    while size < _SAMPLE and (high := _HIGH.search(data, at)):
        start = max(data.rfind(b"\n", at, high.start()) + 1, at)
        at = data.find(b"\n", high.end()) + 1 or len(data)
        line = data[start:at]
        if len(line) > _SAMPLE:
            ends = [mark.end() for mark in _BETWEEN_WORDS.finditer(line, 0, _SAMPLE)]
            line = line[: ends[-1]] if ends else line
        lines.append(line)
        size += len(line)
    return b"".join(lines)


def _looks_latin(sample: bytes) -> bool:
    """Whether its bytes beyond ASCII stand alone or in pairs, few of them, as accents and signs do in a Western
    language: too little for a detector of encodings to tell by."""
    runs = [len(run) for run in _HIGH.findall(sample)]
    if max(runs, default=0) > 2 or sum(runs) > len(sample) // 4:
        return False
    try:
        return not _ODD_LATIN.search(sample.decode("cp1252"))
    except UnicodeDecodeError:
        return False
