"""A text as tokens: words, numbers and marks with their places. The one pattern by which texts are taken apart."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

_TOKEN = re.compile(
    r"(?P<number>\d++(?:[.,:]\d++)*+)|(?P<word>[^\W\d_][^\W_]*+(?:['’ʼ`][^\W_]++)*+)|(?P<mark>[^\w\s]|_)"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("'’ʼ`"))
_TWO_WORDS = {"were": "weare"}
"""What would be another word without its apostrophe."""
_KEPT = 2_048
_JOINTS = frozenset({"and", "but"})
_MARKS = ".,;:!?()"
_DASHES = frozenset("-–—")


class Token(NamedTuple):
    """`text[start:end]` of the text. `word` is what it is compared by: in lower case, without apostrophes. A number
    keeps its points, commas and colons; letters right behind it, as in `10th` and `9am`, are a token of their own.
    `head` is the word before its apostrophe, `what` of `what's`, and the whole word where there is none, or it denies.
    `apart`: whether there is anything between it and the one before it; `line`: whether a line ends there."""

    word: str
    kind: Literal["word", "number", "mark"]
    start: int
    end: int
    apart: bool
    line: bool = False
    head: str = ""


@lru_cache(maxsize=_KEPT)
def tokens(text: str) -> tuple[Token, ...]:
    """All of a text but its blanks, in order."""
    found = []
    end = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        kind: Literal["word", "number", "mark"] = match.lastgroup  # type: ignore[assignment]
        word = match.group().casefold()
        head = word
        if kind == "word" and (joined := word.translate(_APOSTROPHES)) != word:
            mark = next(at for at, sign in enumerate(word) if ord(sign) in _APOSTROPHES)
            head = joined if joined.endswith("nt") else word[:mark]
            word = _TWO_WORDS.get(joined, joined)
        found.append(Token(word, kind, start, match.end(), start > end, "\n" in text[end:start], head))
        end = match.end()
    return tuple(found)


def spoken(text: str) -> list[str]:
    """The words and numbers of a text as they are compared, without its marks."""
    return [token.word for token in tokens(text) if token.kind != "mark"]


def letters(text: str) -> list[str]:
    """The words of a text alone, as they are compared."""
    return [token.word for token in tokens(text) if token.kind == "word"]


def joined(text: str) -> str:
    """The text without the apostrophes inside of its words."""
    pieces, at = [], 0
    for token in tokens(text):
        if token.kind == "word":
            pieces += [text[at : token.start], text[token.start : token.end].translate(_APOSTROPHES)]
            at = token.end
    return "".join((*pieces, text[at:]))


def joined_words(text: str, unsaid: Collection[str]) -> list[str]:
    """The runs of letters and digits of a text, and its marks but for the `unsaid`, in order."""
    found: list[str] = []
    last = -1
    for token in tokens(text):
        said = text[token.start : token.end]
        pieces = [said] if token.kind == "mark" or said.isalnum() else _parted(said)
        if token.start == last and token.kind != "mark" and found and found[-1][-1].isalnum():
            found[-1] += pieces.pop(0)
        found += [piece for piece in pieces if piece not in unsaid]
        last = token.end
    return found


def _parted(said: str) -> list[str]:
    """Letters and digits, and each mark between them."""
    return "".join(sign if sign.isalnum() else f" {sign} " for sign in said).split()


def squeezed(text: str) -> str:
    """The letters and digits of a text, in lower case, with nothing between them."""
    return "".join(character for character in text.casefold() if character.isalnum())


def single_spaced(text: str) -> str:
    """The words and numbers of a text with one blank between them."""
    return " ".join(spoken(text))


def compounds(text: str) -> list[tuple[int, int]]:
    """From where to where words and numbers reach that only letters, digits and single hyphens and points hold
    together."""
    found: list[tuple[int, int]] = []
    for token in tokens(text):
        if token.kind == "mark":
            continue
        gap = text[found[-1][1] : token.start] if found and token.start - found[-1][1] < 2 else " "
        if gap in {"", "-", "."}:
            found[-1] = (found[-1][0], token.end)
        else:
            found.append((token.start, token.end))
    return found


def cut(text: str, gaps: Iterable[tuple[int, int]]) -> list[str]:
    """What is left of a text between these stretches, without the blanks around it; empty pieces are left out."""
    pieces, at = [], 0
    for start, end in gaps:
        pieces.append(text[at:start].strip())
        at = end
    return [piece for piece in (*pieces, text[at:].strip()) if piece]


def split_clauses(text: str, joints: Collection[str] = _JOINTS, marks: str = _MARKS) -> list[str]:
    """The clauses of a text, without the marks and the `joints` between them; "a year and a half" is one. Points and
    commas inside of figures and names do not end one."""
    read = tokens(text)
    gaps = []
    for at, token in enumerate(read):
        following = read[at + 1] if at + 1 < len(read) else None
        apart = following is None or following.apart
        if following and following.line:
            gaps.append((token.end, token.end))
        if token.kind == "word" and token.word in joints:
            half = [word.word for word in read[at + 1 : at + 3]] == ["a", "half"]
            parted = not half
        elif token.word in _DASHES:
            parted = token.apart and apart
        else:
            parted = token.kind == "mark" and token.word in marks and (apart or token.word != ".")
        if parted:
            gaps.append((token.start, token.end))
    return cut(text, sorted(gaps))


def without_brackets(text: str) -> str:
    """The text without what stands in round brackets."""
    pieces, at = [], 0
    while (opening := text.find("(", at)) >= 0 and (closing := text.find(")", opening)) >= 0:
        pieces.append(text[at:opening].rstrip())
        at = closing + 1
    return "".join((*pieces, text[at:]))
