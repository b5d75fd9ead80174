"""What sets vehicles apart, where a message asks for nothing else: "wren 42 or 58, what's the difference?"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.language.units import magnitude
from agents.language.words import content, sentences, vocabulary, words
from agents.types import StandaloneQuestion
from agents.vehicle_data.attributes import Attribute
from agents.vehicle_data.fact_table import Entry, VehicleData
from agents.vehicle_data.inquiry import PAIR
from agents.vehicle_data.lookups import MOST_SIDES, Contrast
from agents.vehicle_data.sides import sides
from agents.vehicles.applicability import Cars
from agents.vehicles.makes import other_make
from agents.vehicles.range import Vehicles

_MOST_ROWS, _FIGURES = 6, 4
"""Rows of the table, and how many of them are kept for figures."""
_DIFFERENCE = vocabulary(
    "difference differences different differ differs diff compare compared comparing comparison apart"
)
_CHANGE = vocabulary(
    "new newer change changes changed improved improvement improvements updated upgrade upgrades missing miss"
)
_FRAME = vocabulary(
    "car cars vehicle vehicles model models year years version versions last previous extra worth waiting wait "
    "pls thx money short brief main biggest exactly basically real big getting difference cash pay paying between"
)
"""Words of such a question that ask for nothing in particular."""
_FEW = 2
"""Values in words that one side may have."""


def differing(
    message: StandaloneQuestion,
    facts: Mapping[str, str],
    data: VehicleData,
    vehicles: Vehicles,
    subjects: frozenset[str],
) -> Contrast | None:
    """What sets apart the vehicles of which the message asks that, None where it asks for something in particular or
    names one side only. What is new in a model year is what sets it apart from the others. Only attributes from
    documents of `subjects` count."""
    text = message.text
    found = sides(text, facts, data.fitment, vehicles)
    clauses = sentences(found.rest, ".!?;,")
    asking = [clause for clause in clauses if not set(words(clause)).isdisjoint(_DIFFERENCE | _CHANGE)]
    changed = any(not _CHANGE.isdisjoint(words(clause)) for clause in asking)
    paired = len(found.cars) > 1 and PAIR.search(text) is not None
    if other_make(text) or not (asking or paired) or any(map(_asks_more, asking or clauses)):
        return None
    named = found.cars
    if len(named) == 1 and changed and len({year for _, year in named[0]}) == 1:
        variants = {variant for variant, _ in named[0]}
        before = frozenset(car for car in data.fitment.everything if car[0] in variants) - named[0]
        named = (before, named[0])
    attributes = _apart(data, named, subjects) if 1 < len(named) <= MOST_SIDES and all(named) else ()
    return Contrast(named, attributes) if attributes else None


def _asks_more(clause: str) -> bool:
    """Whether a clause asks for something in particular."""
    rest = {word for word in content(PAIR.sub(" ", clause)) if not word.isdecimal()}
    return bool(rest - _DIFFERENCE - _CHANGE - _FRAME)


def _apart(data: VehicleData, named: Sequence[Cars], subjects: frozenset[str]) -> tuple[str, ...]:
    """The figures in which the sides differ most, each once, and then what only one of them has."""
    found = {item.values: item for item in reversed([*_differences(data, named, subjects)])}
    measured = sorted((item for item in found.values() if item.by), key=lambda item: -item.by)
    others = [item for item in reversed(found.values()) if not item.by]
    figures = measured[: max(_FIGURES, _MOST_ROWS - len(others))]
    return tuple(item.attribute.name for item in (*figures, *others))[:_MOST_ROWS]


@dataclass(frozen=True, slots=True)
class _Difference:
    attribute: Attribute
    by: float
    values: tuple[str, ...]


def _differences(data: VehicleData, named: Sequence[Cars], subjects: frozenset[str]) -> Iterator[_Difference]:
    for attribute in data.attributes.all:
        if attribute.subjects.isdisjoint(subjects):
            continue
        entries = [data.values(attribute, cars) for cars in named]
        values = [frozenset(entry.value for entry in side) for side in entries]
        plain = max(map(len, values), default=0) <= _FEW or all(entry.amount for side in entries for entry in side)
        if all(values) and plain and values[0].isdisjoint(frozenset[str]().union(*values[1:])):
            yield _Difference(attribute, _by(entries), tuple(sorted(frozenset[str]().union(*values))))


def _by(entries: Sequence[Sequence[Entry]]) -> float:
    """By how much the sides differ, in parts of the largest figure; 0 where they differ in words."""
    figures = [[magnitude(entry.amount) for entry in side if entry.amount] for side in entries]
    if not all(figures):
        return 0.0
    means = [sum(side) / len(side) for side in figures]
    return (max(means) - min(means)) / (max(map(abs, means)) or 1.0)
