"""How customers pick among what they were offered: "the second one", "no, the other one", "an hour later". Pure."""

import re
from collections.abc import Callable
from datetime import timedelta

from agents.language.dates.wish import Wish
from agents.language.spelling import Spelling

_FIRST = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}
_LAST = {"fifth": 4, "5th": 4, "last": -1, "latter": -1}
_COMPARED = {"earlier": 0, "earliest": 0, "soonest": 0, "later": -1, "latest": -1}
_ORDINALS = _FIRST | _LAST | _COMPARED
_THING = r"(?:one|slot|time|option|choice|date|appointment|of (?:those|these|them))"
_COUNTED = re.compile(
    rf"\b({'|'.join(_COMPARED)}) {_THING}|\b({'|'.join(_FIRST | _LAST)})(?: {_THING}|$| please)"
    rf"|\bthe ({'|'.join(_ORDINALS)})\b(?! (?:week|half|thing|service|\w+ of the (?:week|month)))"
)
_MIDDLE = 3, re.compile(r"\b(?:middle|centre) one\b")
_SPELT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_NUMBERED = re.compile(
    rf"^(?:the )?(?:(?:number|no|option|slot|choice) )?(\d{{1,2}}|{'|'.join(_SPELT)})( please| thanks)?$"
)
_SHIFT = re.compile(
    r"\b(?:(back|forward) (?:by )?)?(half an|an?|one|two|three|four|\d{1,3}) (hours?|minutes?|mins?|days?|weeks?)"
    r"(?: (later|earlier|back|forward))?\b"
)
_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_OTHER_ONE = re.compile(r"\bother (?:one|slot|time|option)\b")
_BARE = re.compile(r"(?<![\w:.,/-])(\d{1,2})(?![\w:/-]|[.,]\d)")
_EARLIEST, _LATEST = 6, 18
"""Hours between which a number alone is one."""
_SPELLING = Spelling(["first second third fourth fifth option"] * 2)
_MARKS = str.maketrans(dict.fromkeys('!?;:,.()"\n\t', " ") | dict.fromkeys("'’ʼ`", ""))


def plain(text: str) -> str:
    """In lower case, on one line, without punctuation and apostrophes."""
    return " ".join(text.casefold().translate(_MARKS).split())


def counted(text: str, count: int) -> int | None:
    """Which of `count` things, from 0, is meant by "the second one", "number 2" or "2"."""
    said = _SPELLING.correct(plain(text))
    if count == _MIDDLE[0] and _MIDDLE[1].search(said):
        return 1
    if numbered := _NUMBERED.match(said):
        number = _SPELT.get(numbered[1]) or int(numbered[1])
        return number - 1 if 1 <= number <= count else None
    if (ordinal := _COUNTED.search(said)) and count:
        at = _ORDINALS[ordinal[1] or ordinal[2] or ordinal[3]]
        return at % count if -count <= at < count else None
    return None


def with_hour(text: str, count: int, read: Callable[[str], Wish]) -> str:
    """The text with "at" before a number that can only be the hour: it counts none of `count` things, and means no day
    to `read`."""
    found = list(_BARE.finditer(text))
    if len(found) != 1 or not max(count, _EARLIEST) < int(found[0][1]) <= _LATEST:
        return text
    start, end = found[0].span()
    dated = read(text).windows != read(f"{text[:start]} {text[end:]}").windows
    return text if dated else f"{text[:start]}at {text[start:]}"


def shifted(text: str) -> timedelta | None:
    """How much later by the wall's clock is wished; earlier is negative: "an hour later", "two days earlier"."""
    found = next((match for match in _SHIFT.finditer(plain(text)) if match[1] or match[4]), None)
    if found is None:
        return None
    word = found[2]
    number = 0.5 if word == "half an" else float(word) if word.isdecimal() else float(_SPELT.get(word, 1))
    by = number * _UNITS[found[3][0]]
    return by if {found[1], found[4]} & {"later", "back"} else -by


def other_one(text: str) -> bool:
    """Whether "the other one" is meant."""
    return bool(_OTHER_ONE.search(plain(text)))
