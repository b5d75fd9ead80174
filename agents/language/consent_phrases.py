"""The phrases by which people agree to a proposal, refuse it or ask for another, each with what it does."""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from agents.language.lexicon import lexicon
from agents.language.phrases import spelt_out


class Role(Enum):
    """What a phrase does to a proposal."""

    YES = auto()
    OKAY = auto()
    """Agrees alone, and as often only opens a sentence: "ok, cancel that", "confirm the time"."""
    NO = auto()
    REFUSAL = auto()
    """A no that stays one when a reason follows."""
    POLITE = auto()
    """Changes nothing."""
    STEER = auto()
    """Puts something else in the place of what was proposed."""
    SHIFT = auto()
    """The same where nothing unknown is said beside it: "earlier", but not "earlier it leaked"."""
    BUT = auto()
    WHEN = auto()
    """A day or a time."""
    PLACE = auto()
    """What can be another: a dealer, a slot."""
    ORDINAL = auto()
    ASK = auto()
    """Asks for something: "is there anything on"."""
    REQUEST = auto()
    """A question in form, a wish in fact: "can we do"."""
    JOIN = auto()
    """Holds a sentence together."""
    VAGUE = auto()
    """The same, and leaves open what is meant: "around 9", "maybe Tuesday"."""
    UNKNOWN = auto()


Phrases = Mapping[tuple[str, ...], Role]
Phrase = tuple[Role, tuple[str, ...]]


def _phrases(table: Mapping[str, Any]) -> dict[tuple[str, ...], Role]:
    return {
        words: Role[name.upper()]
        for name, templates in table.items()
        if isinstance(templates, list)
        for template in templates
        for words in spelt_out(template)
    }


_TABLE = lexicon(__file__)
BOOKING = _phrases(_TABLE) | _phrases(_TABLE["booking"])
CANCELLATION = _phrases(_TABLE) | _phrases(_TABLE["cancellation"])
"""What is said where the proposal is to cancel something."""
KNOWN = frozenset(word for words in (*BOOKING, *CANCELLATION) for word in words)
_MOST_WORDS = max(len(words) for words in (*BOOKING, *CANCELLATION))


def segmented(words: Sequence[str], phrases: Phrases) -> list[Phrase]:
    """The words in order, cut into phrases, the longest first; a word that belongs to none is UNKNOWN."""
    parts: list[Phrase] = []
    at = 0
    while at < len(words):
        ends = range(min(at + _MOST_WORDS, len(words)), at, -1)
        end = next((end for end in ends if tuple(words[at:end]) in phrases), at + 1)
        phrase = tuple(words[at:end])
        parts.append((phrases.get(phrase, Role.UNKNOWN), phrase))
        at = end
    return parts
