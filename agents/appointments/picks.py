"""How customers pick among what they were offered: "the second one", "no, the other one", "number 2". Pure."""

from agents.language.phrases import Phrases
from agents.language.spelling import Spelling

_FIRST = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}
_LAST = {"fifth": 4, "5th": 4, "last": -1, "latter": -1}
_COMPARED = {"earlier": 0, "earliest": 0, "soonest": 0, "later": -1, "latest": -1}
_ORDINALS = _FIRST | _LAST | _COMPARED
_THING = "(one|slot|time|option|choice|date|appointment|of (those|these|them))"
_COUNTED = Phrases(
    {name: (f"{name} {_THING}", f"the {name}") for name in _ORDINALS}
    | {name: (f"{name} {_THING}", f"{name} please", f"{name} $", f"the {name}") for name in (*_FIRST, *_LAST)}
    | {"": (f"the ({'|'.join(_ORDINALS)}) (week|half|thing|service|<word> of the (week|month))",)}
)
_MIDDLE = 3, Phrases(("(middle|centre) one",))
_SPELT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_NUMBERED = Phrases(
    ("^ (the|) (number|no|option|slot|choice|) <count> (please|thanks|)",),
    {"count": lambda token: token.word in _SPELT or (token.word.isdecimal() and len(token.word) < 3)},
)
_OTHER_ONE = Phrases(("other (one|slot|time|option)",))
_SPELLING = Spelling(["first second third fourth fifth option"] * 2)
_MARKS = str.maketrans(dict.fromkeys('!?;:,.()"\n\t', " ") | dict.fromkeys("'’ʼ`", ""))


def plain(text: str) -> str:
    """In lower case, on one line, without punctuation and apostrophes."""
    return " ".join(text.casefold().translate(_MARKS).split())


def counted(text: str, count: int) -> int | None:
    """Which of `count` things, from 0, is meant by "the second one", "number 2" or "2"."""
    said = _SPELLING.correct(plain(text))
    if count == _MIDDLE[0] and said in _MIDDLE[1]:
        return 1
    if _NUMBERED.is_all_of(said) and (numbered := _NUMBERED.opening(said)):
        word = numbered.parts["count"].word
        number = _SPELT.get(word) or int(word)
        return number - 1 if 1 <= number <= count else None
    ordinal = next((found.label for found in _COUNTED.spans(said) if found.label), "")
    if ordinal and count:
        at = _ORDINALS[ordinal]
        return at % count if -count <= at < count else None
    return None


def other_one(text: str) -> bool:
    """Whether "the other one" is meant."""
    return plain(text) in _OTHER_ONE
