"""Text as search terms: stemmed English words, and identifiers in one spelling however they were written.

`P 0301`, `p-0301` and `P0301` are one term, as are `205/55 R16` and `205/55r16`, `2.2D` and `2.2 d`, `SK-4471-B` and
`sk4471b`. A term holds only letters, digits and dots.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from threading import Lock
from typing import Literal

import snowballstemmer

_TOKEN = re.compile(
    "|".join(
        (
            r"(?<![^\W_])(?P<code>[pbcu][\s-]?[0-3][0-9a-f]{3})(?![^\W_]|-[^\W_])",
            r"(?<!\d)(?P<tyre>\d{3}\s*+/\s*+\d{2}\s*+-?\s*+z?r\s*+-?\s*+\d{2})(?!\d)",
            r"(?<![\w.])(?P<engine>\d\.\d(?:[dt]|\sd))(?!\w)",
            r"(?<![^\W_])(?P<part>(?=[a-z-]{0,40}+\d)(?=[\d-]{0,40}+[a-z])[a-z0-9]+(?:-[a-z0-9]+)+)(?![^\W_])",
            r"(?<![^\W_])(?P<number>\d+(?:[.,]\d+)+)(?![^\W_])",
            r"(?P<word>[^\W_]+(?:'[^\W_]+)*)",
        )
    )
)
_RUNS = re.compile(r"[^\W\d_]+|\d+")
_WRITTEN = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]+(?:[-./_:][^\W_]+)+")
_NUMBERED = re.compile(r"[a-z]{1,4}\d{3,}[a-z0-9]{0,6}|[a-z]{1,2}\d{2,}|\d{7,}")
_LOOKED_UP = re.compile(r"[a-z]{1,4}\d{3,}[a-z]{0,2}")
_LONGEST = 40  # characters of an identifier
_ORDER_NUMBER = re.compile(r"[a-z]{1,3}(-\d+[a-z]{0,2}|-[a-z0-9]{1,4}){1,4}|\d+[a-z](-[a-z0-9]{1,3})+")

_COMMON = """
    a about am an and any are as at be been being but by can cannot cant could d did do does doesnt doing dont for from
    get gets give had has have having he hello her hers hi him his how hows i if im in into is isnt it its ive just know
    let like ll m many may me might much must my need no of on one or our ours out please re s say shall she should so
    some t tell than thank thanks that thats the their them then there these they this those to us ve want was we were
    what whats when where which who whose why will with wont would you your yours
"""
_VAGUE = """
    actually already always anything away because before big both done down else even ever every far fine go goes
    going gone got instead keep kind little long look made make makes maybe more most never nothing now off often ok
    okay once only other over own put quite rather really same see since something still take though through too under
    until up use used very way well while without yet
"""
STOP_WORDS = frozenset(_COMMON.split())
"""Words that say nothing of what a text is about."""

_UNSOUGHT = STOP_WORDS | frozenset(_VAGUE.split())
"""Words that are not searched for: an answer may turn on `off` or `more`, but they find nothing."""

_COUNTED = """
    two three four five six seven eight nine ten eleven twelve
    second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
"""
_FIGURES = {word: str(2 + at % 11) for at, word in enumerate(_COUNTED.split())} | {"first": "1"}
"""`one` is left out: it counts far less often than it stands for something."""

Kind = Literal["code", "tyre", "engine", "part", "number", "word"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A term that a question asks for. `otherwise`: the terms to look for where no document has it. `guess`: a reading
    of the question that counts only if some document has it."""

    term: str
    otherwise: tuple[str, ...] = ()
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Letters and digits without a break in a plain text, from `start` to `end`, so many characters after the last."""

    text: str
    start: int
    end: int
    apart: int


def terms(text: str) -> list[str]:
    """The terms under which a text is found; what was put together from parts is found by its parts as well."""
    found: list[str] = []
    for kind, token in _tokens(text):
        found.append(_term(kind, token))
        found.extend(_parts(kind, token))
    found.extend(sorted(_compounds(text) - set(found)))
    return found


def runs(text: str) -> list[Run]:
    """The runs of letters and digits of a text that `plain` has made plain."""
    found: list[Run] = []
    for match in _WRITTEN.finditer(text):
        found.append(Run(match.group(), match.start(), match.end(), match.start() - (found[-1].end if found else 0)))
    return found


def without_sizes(text: str) -> str:
    """A plain text with blanks in place of its tyre sizes, whose parts would otherwise be read by themselves."""
    return _TOKEN.sub(lambda match: " " * len(match[0]) if match.lastgroup == "tyre" else match[0], text)


def wanted(question: str) -> tuple[Wanted, ...]:
    """What a question asks for, each once. Stop words are left out, unless nothing else is there."""
    tokens = list(_tokens(question))
    telling = [(kind, token) for kind, token in tokens if kind != "word" or token.replace("'", "") not in _UNSOUGHT]
    found = [Wanted(_term(kind, token), _parts(kind, token) or _runs(token)) for kind, token in telling or tokens]
    pairs = [
        Wanted(first + second, guess=True)
        for (_, first), (_, second) in pairwise(telling)
        if (first + second).isalnum() and first.isdigit() != second.isdigit()
    ]
    return tuple(dict.fromkeys(found + pairs))


def identifiers(text: str) -> frozenset[str]:
    """The trouble codes, tyre sizes and part numbers that a text names: what people look up rather than describe."""
    return frozenset(_term(kind, token) for kind, token in _tokens(text) if _is_identifier(kind, token))


def respelt(text: str) -> str:
    """The text with its trouble codes and part numbers in capital letters and without anything between their parts."""
    folded = plain(text)
    if len(folded) != len(text):  # positions in one are not those in the other
        return text
    written, at = [], 0
    for match in _TOKEN.finditer(folded):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        if kind in {"code", "part"} and _is_identifier(kind, match.group()):
            written += [text[at : match.start()], _term(kind, match.group()).upper()]
            at = match.end()
    return "".join((*written, text[at:]))


def is_identifier(name: str) -> bool:
    """Whether letters and digits without anything between them look like a code or a part's number."""
    if len(name) > _LONGEST:
        return False
    changes = _RUNS.findall(name)
    figures = sum(character.isdigit() for character in name)
    mixed = len(changes) > 2 and figures > 1 and len(name) > 3 and all(len(one) < 5 for one in changes if one.isalpha())
    return mixed or _NUMBERED.fullmatch(name) is not None


def kind_of(name: str) -> tuple[str, int]:
    """What identifiers of one kind have in common, their first letters and their length: `p0301` and `p0d5e` do."""
    return name[: len(name) - len(name.lstrip("abcdefghijklmnopqrstuvwxyz"))], len(name)


def _compounds(text: str) -> set[str]:
    """The identifiers that a text writes with something between their parts, without that."""
    squeezed = {re.sub(r"[\W_]", "", match.group()) for match in _COMPOUND.finditer(plain(text))}
    return {name for name in squeezed if is_identifier(name)}


def _is_identifier(kind: Kind, token: str) -> bool:
    if kind == "part":
        return _ORDER_NUMBER.fullmatch(token) is not None
    return kind in {"code", "tyre"} or (kind == "word" and _LOOKED_UP.fullmatch(token) is not None)


def _tokens(text: str) -> Iterator[tuple[Kind, str]]:
    for match in _TOKEN.finditer(plain(text)):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        yield kind, match.group()


def plain(text: str) -> str:
    """Lower case, compatible characters as one, without accents; every dash a hyphen, every apostrophe straight."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFKD", folded).casefold()  # again: 𝐀 is a capital only once it is an A
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    return re.sub(r"[‐‑‒–—−]", "-", folded).replace("’", "'")


def _term(kind: Kind, token: str) -> str:
    match kind:
        case "word":
            word = token.removesuffix("'s").replace("'", "")
            return _FIGURES.get(word) or stem(word)
        case "number":
            return re.sub(r",(?=\d{3}\b)", "", token).replace(",", ".")
        case "tyre":
            return re.sub(r"[\s-]", "", token).replace("/", ".")
        case _:
            return re.sub(r"[\s-]", "", token)


def _parts(kind: Kind, token: str) -> tuple[str, ...]:
    match kind:
        case "tyre":
            width, ratio, rim = re.findall(r"\d+", token)
            return width, ratio, f"r{rim}"
        case "engine":
            return (token[:3],)
        case "part":
            return tuple(stem(part) for part in token.split("-"))
        case _:
            return ()


def _runs(token: str) -> tuple[str, ...]:
    """The letters and the digits of `wren42`, which documents may write apart."""
    runs = _RUNS.findall(token)
    return tuple(stem(run) for run in runs) if len(runs) > 1 and token.isalnum() else ()


_stemmer = snowballstemmer.stemmer("english")
_stemming = Lock()  # the stemmer keeps the word it works on in itself


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """An English word without its ending, after Porter's second algorithm."""
    with _stemming:
        stemmed: str = _stemmer.stemWord(word)
    return stemmed


UNSOUGHT_TERMS = frozenset(stem(word) for word in _UNSOUGHT)
"""The terms of words that are not searched for."""
