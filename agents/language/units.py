"""Amounts with their units: found in texts, compared, converted and written out.

The conversions are pint's; what is here is how people and data sheets write units, and which of them measure the same.
Horsepower is the metric one (DIN 66036, 75 kp·m/s), as on European data sheets; `bhp` is the mechanical one. A gallon
without a word before it is the imperial one.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from agents.language.lexicon import lexicon
from agents.language.numbers import before, is_part, numbers
from agents.language.phrases import Phrases

if TYPE_CHECKING:
    from pint import UnitRegistry

_GAPS = frozenset({"", "-", " ", "\u00a0", "\u202f", "\n", "\t"})
"""What may stand between a number and its unit."""
_LETTERS = frozenset("cf")
"""Units only where something is converted: elsewhere "4 c" is more often an item of a list than a temperature."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`measure` is what it measures: amounts of the same measure can be converted into each other. `definition` is
    pint's expression, `label` how it is written behind a number."""

    measure: str
    definition: str
    label: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of a text, at `start` to `end`; `unit` is None for a bare number."""

    value: float
    unit: Unit | None
    start: int = 0
    end: int = 0


class NotConvertible(ValueError):
    """Two units that do not measure the same, or an amount that has no counterpart; the text names both."""


@lru_cache(maxsize=1)
def _names() -> dict[str, Unit]:
    names: dict[str, Unit] = {}
    for measure, listed in lexicon(__file__).items():
        for definition, told in listed.items():
            made = Unit(measure, definition, told["label"])
            names |= {word.replace("_", " "): made for word in told["names"].split()} | {made.label.casefold(): made}
    return names


@lru_cache(maxsize=1)
def exact() -> dict[str, tuple[str, Decimal]]:
    """By the names of one word what figures of that unit are compared as where nothing is converted, and how many of
    one fixed unit it is: 1 t is 1000 of `mass`."""
    listed = [told for units in lexicon(__file__).values() for told in units.values() if "exact" in told]
    found: dict[str, tuple[str, Decimal]] = {}
    for told in listed:
        measure, _, count = told["exact"].rpartition(" ")
        found |= {word: (measure, Decimal(count)) for word in told["names"].split() if "_" not in word}
    return {word: known for word, known in found.items() if word not in _LETTERS}


def unit(name: str) -> Unit | None:
    """The unit that a word or sign stands for, None for any other text."""
    return _names().get(" ".join(name.replace("_", " ").casefold().split()))


@lru_cache(maxsize=1)
def _phrases() -> Phrases:
    return Phrases({name: (name,) for name in _names()})


@lru_cache(maxsize=1)
def _wanted() -> Phrases:
    return Phrases({name: (f"(in|into|to|as|how many|what) {name}",) for name in _names()})


def wanted(text: str) -> tuple[Unit, int, int] | None:
    """The unit in which a text wants something, "how much is that in gallons", and from where to where it says so."""
    for found in _wanted().spans(text):
        if not is_part(text[found.end : found.end + 1]):
            return _names()[found.label], found.start, found.end
    return None


def amounts(text: str) -> tuple[Amount, ...]:
    """The figures of a text in their order. Parts of codes, tyre sizes and oil grades are none. Cost linear in the
    text."""
    found = []
    for number in numbers(text):
        start, lead = number.start, before(text, number.start) or " "
        if lead in "-−" and not is_part(before(text, start - 1) or " "):
            start, lead = start - 1, before(text, start - 1) or " "
        compound = lead in "-−" and before(text, number.start - 1).isalpha()
        plain = number.plain()
        if is_part(lead) or lead in ".,/" or compound or plain.count(".") > 1 or ":" in plain:
            continue
        value = -float(plain) if start < number.start else float(plain)
        behind = _phrases().at(text, number.after)
        if behind and text[number.end : behind.start] in _GAPS and not _goes_on(text, behind.end):
            found.append(Amount(value, _names()[behind.label], start, behind.end))
        elif not _goes_on(text, number.end):
            found.append(Amount(value, None, start, number.end))
    return tuple(found)


def _goes_on(text: str, place: int) -> bool:
    """Whether a number or its unit ends in the middle of a size, a code or a viscosity such as `185/65 R15` or
    `5W-30`."""
    sign, following = text[place : place + 1], text[place + 1 : place + 2]
    return (
        sign.isalnum()
        or (sign in {"/", "-"} and is_part(following or " "))
        or (sign in {".", ","} and following.isdecimal())
    )


def convert(value: float, given: Unit, wanted: Unit) -> float:
    """How much `value` of one unit is in another. Raises NotConvertible where they do not measure the same."""
    if given.measure != wanted.measure:
        raise NotConvertible(f"{given.label} measures {given.measure}, {wanted.label} measures {wanted.measure}.")
    if given.definition == wanted.definition:
        return value
    if given.measure == "temperature":  # the only measure whose units do not share their zero
        return float(_registry().Quantity(value, given.definition).to(wanted.definition).magnitude)
    known, other = _one(given), _one(wanted)
    if (known / other).dimensionless:
        return float((value * known / other).to("dimensionless").magnitude)
    if value == 0:  # distance for an amount, and the amount for a distance, are each other's inverse
        raise NotConvertible(f"0 {given.label} has no counterpart in {wanted.label}.")
    return float((1 / (value * known) / other).to("dimensionless").magnitude)


def magnitude(amount: Amount) -> float:
    """The amount in base units of its measure, by which amounts of one measure are compared."""
    if amount.unit is None:
        return amount.value
    return convert(amount.value, amount.unit, _base(amount.unit.measure))


def written(value: float, into: Unit | None, digits: int = 3) -> str:
    """An amount as it is said: `digits` significant ones, at least to the whole number, thousands with commas."""
    whole = math.floor(math.log10(abs(value))) + 1 if value else 1
    places = max(0, digits - whole)
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if into is None:
        return text
    return f"{text}{'' if into.label in {'%', '°'} else ' '}{into.label}"


def significant(text: str) -> int:
    """How many digits a conversion of a printed figure keeps: as many as are printed, three to five."""
    digits = "".join(filter(str.isdecimal, text)).lstrip("0")
    return min(5, max(3, len(digits)))


@lru_cache(maxsize=64)
def _base(measure: str) -> Unit:
    return next(name for name in _names().values() if name.measure == measure)


_building = Lock()
"""The registry is made once, by whichever thread needs it first."""


@lru_cache(maxsize=1)
def _registry() -> "UnitRegistry[Any]":
    registry: UnitRegistry[Any] = import_module("pint").UnitRegistry()  # half a second, and only conversions need it
    registry.define("euro = [currency]")
    return registry


@lru_cache(maxsize=256)
def _one(unit: Unit) -> Any:
    """One of a unit, as pint's quantity."""
    with _building:
        return 1.0 * _registry().parse_expression(unit.definition)
