"""Reading "how much is that in litres?": which amounts are meant, and into which unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.language.units import Amount, Unit, amounts, wanted
from agents.language.words import vocabulary, words
from agents.types import Turn

_MOST = 4
_LONGEST = 120  # characters of a message that can be such a question
_MARKERS = re.compile(r"\[\d+\]")
_FRAME = vocabulary(
    "and so ok okay sorry please thanks but also then how much many far fast heavy big long tall wide high deep what "
    "what's is are would does do was it that that's this those these they the same all be come comes make makes work "
    "out at in into to as convert give tell say put express show me can could you i mean equal equals instead roughly "
    "about approximately exactly figure figures value amount"
)
"""The words around an amount and a unit in a question that asks for nothing but the conversion."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Some amounts and the unit that they are wanted in; `earlier` where they stand in the last answer."""

    given: tuple[Amount, ...]
    into: Unit
    earlier: bool


def conversion(said: str, history: Sequence[Turn]) -> Conversion | None:
    """What a message wants converted: the amount that it names, or those of the last answer that measure what its unit
    measures. None where it asks for something else."""
    text = said.strip()
    own = [amount for amount in amounts(text) if amount.unit is not None] if len(text) <= _LONGEST else []
    if len(text) > _LONGEST or len(own) > 1:
        return None
    rest = f"{text[: own[0].start]} {text[own[0].end :]}" if own else text
    into = _wanted(rest)
    if into is None:
        return None
    given = own or _of_the_last(history, into)
    fits = given and all(item.unit and item.unit.measure == into.measure and item.unit != into for item in given)
    return Conversion(tuple(given), into, earlier=not own) if fits and len(given) <= _MOST else None


def _wanted(text: str) -> Unit | None:
    """The unit that a text asks for and nothing else."""
    found = wanted(text)
    if found is None or set(words(f"{text[: found[1]]} {text[found[2] :]}")) - _FRAME:
        return None
    return found[0]


def _of_the_last(history: Sequence[Turn], into: Unit) -> list[Amount]:
    """The amounts of the last answer that measure what the unit measures, each once."""
    last = next((turn.text for turn in reversed(history) if turn.role == "assistant"), "")
    found: dict[tuple[float, Unit], Amount] = {}
    for amount in amounts(_MARKERS.sub("", last)):
        if amount.unit and amount.unit.measure == into.measure:
            found.setdefault((amount.value, amount.unit), amount)
    return list(found.values())
