"""Words of comparison and of conditions: "heavier than", "the smallest", "at least", and what they ask of a figure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from agents.language.lexicon import lexicon

Order = Literal["highest", "lowest"]
Operator = Literal["<", "<=", "=", ">=", ">"]
_PACE = ("fast", "quick", "slow", "soon")


@dataclass(frozen=True, slots=True)
class Compared:
    """A word of comparison: `about` is what it asks for by itself ("kerb weight" for `heavier`), or ""; `order` which
    end of the figures comes first."""

    word: str
    about: str
    order: Order

    @property
    def superlative(self) -> bool:
        return self.word.endswith("st") or self.word.startswith("most")

    def end(self, measures: Collection[str]) -> Order:
        """Which end of figures of this kind comes first: the fastest has most speed or power and takes least time."""
        if not self.word.startswith(_PACE):
            return self.order
        slow = self.word.startswith("slow")
        return "lowest" if slow != ("time" in measures) else "highest"


@dataclass(frozen=True, slots=True)
class _Words:
    compared: tuple[Compared, ...]
    conditions: tuple[tuple[str, Operator], ...]
    able: frozenset[str]
    places: frozenset[str]
    around: frozenset[str]
    beside: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    read = lexicon(__file__)
    compared = []
    for word in sorted(read["compared"], key=len, reverse=True):
        about, _, order = read["compared"][word].rpartition(",")
        compared.append(Compared(word, about.strip(), cast(Order, order.strip())))
    conditions = sorted(read["conditions"].items(), key=lambda entry: -len(entry[0]))
    sets = {name: frozenset(words.split()) for name, words in read["words"].items()}
    return _Words(tuple(compared), tuple(conditions), **sets)


def compared(text: str) -> Compared | None:
    """The longest word of comparison of a text, None where it has none."""
    return next((item for item in _words().compared if _pattern(item.word).search(text)), None)


def without(text: str, word: Compared) -> str:
    """What a text compares: it without the word of comparison and what usually stands around it."""
    return _dropped(_pattern(word.word).sub(" ", text, count=1), _words().beside)


def brief(text: str, word: Compared) -> bool:
    """Whether a text says nothing but the word of comparison: "and the smallest?"."""
    rest = _dropped(_pattern(word.word).sub(" ", text, count=1), _words().beside | _words().around)
    return not re.search(r"\w", rest)


def condition(text: str, stated: str) -> tuple[Operator, str]:
    """The relation to the amount `stated` that a text asks for, and the text without that: what has the amount. Without
    a word for it, what a vehicle must be able to do is the least, and what it must fit into the most."""
    rest, operator = text, cast(Operator | None, None)
    for phrase, relation in _words().conditions:
        if _pattern(phrase).search(text):
            rest, operator = _pattern(phrase).sub(" ", text), relation
            break
    else:
        word = compared(text)
        if word and (than := _pattern(f"{word.word} than")).search(text):
            rest = than.sub(f" {word.about} ", text)
            operator = ">" if word.order == "highest" else "<"
    words = set(re.findall(r"\w+", text.casefold()))
    if operator is None:
        operator = "<=" if words & _words().places else ">=" if words & _words().able else "="
    rest = rest.replace(stated, " ", 1)
    return operator, _dropped(rest, _words().around | _words().places)


def having(text: str) -> str:
    """What the vehicles must have that a text asks for."""
    return _dropped(text, _words().around)


@lru_cache(maxsize=256)
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE)


def _dropped(text: str, words: frozenset[str]) -> str:
    return re.sub(r"[^\W\d_]+", lambda found: " " if found.group().casefold() in words else found.group(), text)
