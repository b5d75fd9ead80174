"""What search terms are made of: plain text, words and their stems, stop words, and what looks like an identifier."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import snowballstemmer

_RUNS = re.compile(r"[^\W\d_]+|\d+")
_WRITTEN = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"[a-z]{1,4}\d{3,}[a-z0-9]{0,6}|[a-z]{1,2}\d{2,}|\d{7,}")
_LONGEST = 40  # characters of a word or an identifier

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

UNSOUGHT = STOP_WORDS | frozenset(_VAGUE.split())
"""Words that are not searched for: an answer may turn on `off` or `more`, but they find nothing."""

_COUNTED = """
    two three four five six seven eight nine ten eleven twelve
    second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
"""
FIGURES = {word: str(2 + at % 11) for at, word in enumerate(_COUNTED.split())} | {"first": "1"}
"""The digits of numerals; `one` is left out: it counts far less often than it stands for something."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters and digits without a break in a plain text, from `start` to `end`, so many characters after the last."""

    text: str
    start: int
    end: int
    apart: int


def runs(text: str) -> list[Run]:
    """The runs of letters and digits of a text that `plain` has made plain."""
    pieces: list[Run] = []
    for match in _WRITTEN.finditer(text):
        pieces.append(Run(match.group(), match.start(), match.end(), match.start() - (pieces[-1].end if pieces else 0)))
    return pieces


def letters_and_digits(token: str) -> list[str]:
    """The runs of letters and those of digits in a token, in order."""
    return _RUNS.findall(token)


def is_identifier(name: str) -> bool:
    """Whether letters and digits without anything between them look like a code or a part's number."""
    if len(name) > _LONGEST:
        return False
    changes = letters_and_digits(name)
    figures = sum(character.isdigit() for character in name)
    mixed = (
        len(changes) > 2
        and figures > 1
        and len(name) > 3
        and all(len(change) < 5 for change in changes if change.isalpha())
    )
    return mixed or _NUMBERED.fullmatch(name) is not None


def kind_of(name: str) -> tuple[str, int]:
    """What identifiers of one kind have in common, their first letters and their length: `a1200` and `a1d0e` do."""
    return name[: len(name) - len(name.lstrip("abcdefghijklmnopqrstuvwxyz"))], len(name)


def plain(text: str) -> str:
    """Lower case, compatible characters as one, without accents; every dash a hyphen, every apostrophe straight."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFKD", folded).casefold()  # again: 𝐀 is a capital only once it is an A
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    return re.sub(r"[‐‑‒–—−]", "-", folded).replace("’", "'")


_stemmer = snowballstemmer.stemmer("english")
_stemming = Lock()  # the stemmer keeps the word it works on in itself


def stem(word: str) -> str:
    """An English word without its ending, after Porter's second algorithm; what is too long for a word as it is."""
    return word if len(word) > _LONGEST else _stem(word)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    with _stemming:
        stemmed: str = _stemmer.stemWord(word)
    return stemmed


UNSOUGHT_TERMS = frozenset(stem(word) for word in UNSOUGHT)
"""The terms of words that are not searched for."""
