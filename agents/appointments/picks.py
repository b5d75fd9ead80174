"""How customers pick among what they were offered: "the second one", "no, the other one", "an hour later". Pure."""

import re
from datetime import timedelta

from agents.appointments.intents import plain

_FIRST = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}
_LAST = {"fifth": 4, "5th": 4, "last": -1, "latter": -1}
_COMPARED = {"earlier": 0, "earliest": 0, "soonest": 0, "later": -1, "latest": -1}
_ORDINALS = _FIRST | _LAST | _COMPARED
_THING = r"(?:one|slot|time|option|choice|date|appointment|of (?:those|these|them))"
_COUNTED = re.compile(
    rf"\b({'|'.join(_COMPARED)}) {_THING}|\b({'|'.join(_FIRST | _LAST)})(?: {_THING}|$| please)"
    rf"|\bthe ({'|'.join(_ORDINALS)})\b(?! (?:week|half|thing|service|\w+ of the (?:week|month)))"
)
_THREE, _MIDDLE = 3, re.compile(r"\b(?:middle|centre) one\b")
_SPELT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_NUMBERED = re.compile(
    rf"^(?:the )?(?:(?:number|no|option|slot|choice) )?(\d{{1,2}}|{'|'.join(_SPELT)})( please| thanks)?$"
)
_SHIFT = re.compile(
    r"\b(half an|an?|one|two|three|four|\d{1,3}) (hours?|minutes?|mins?|days?|weeks?) (later|earlier)\b"
)
_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_OTHER_ONE = re.compile(r"\bother (?:one|slot|time|option)\b")
_NO = re.compile(r"^(?:no|nope|none|neither|not (?:that|those|these))\b")
_ANY = re.compile(
    r"\b(?:any|either|anywhere|wherever|whichever|doesnt matter|dont mind|dont care|you choose|all the same"
    r"|no preference)\b"
)
_GOOD = r"(?:fine|good|great|ok|okay|perfect|lovely)"
_AGREES = re.compile(
    rf"^(?:yes|yep|yeah|sure|please|{_GOOD}|thats? (?:{_GOOD}|one)|that (?:works|one)|sounds good|do it"
    r"|(?:ill |i will |please )?(?:book|take|have) (?:it|that))(?: (?:please|thanks|then|one|it|is|book))*$"
)


def counted(text: str, count: int) -> int | None:
    """Which of `count` things, from 0, is meant by "the second one", "number 2" or "2"."""
    said = plain(text)
    if count == _THREE and _MIDDLE.search(said):
        return 1
    if numbered := _NUMBERED.match(said):
        number = _SPELT.get(numbered[1]) or int(numbered[1])
        return number - 1 if 1 <= number <= count else None
    if (ordinal := _COUNTED.search(said)) and count:
        at = _ORDINALS[ordinal[1] or ordinal[2] or ordinal[3]]
        return at % count if -count <= at < count else None
    return None


def shifted(text: str) -> timedelta | None:
    """How much later by the wall's clock is wished; earlier is negative: "an hour later", "two days earlier"."""
    found = _SHIFT.search(plain(text))
    if found is None:
        return None
    word = found[1]
    number = 0.5 if word == "half an" else float(word) if word.isdecimal() else float(_SPELT.get(word, 1))
    by = number * _UNITS[found[2][0]]
    return by if found[3] == "later" else -by


def agrees(text: str) -> bool:
    """Whether it is a yes and nothing else."""
    return bool(_AGREES.match(plain(text)))


def refuses(text: str) -> bool:
    """Whether none of what was offered suits."""
    return bool(_NO.match(plain(text)))


def indifferent(text: str) -> bool:
    """Whether any will do."""
    return bool(_ANY.search(plain(text)))


def other_one(text: str) -> bool:
    """Whether "the other one" is meant."""
    return bool(_OTHER_ONE.search(plain(text)))
