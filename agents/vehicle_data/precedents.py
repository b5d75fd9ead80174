"""What customers have asked in such words before decides where the words of the tables and of the message part ways:
"max weight on top" has the words of the gross weight, and people who ask it mean the roof.
"""

from collections.abc import Sequence
from dataclasses import replace

from agents.context import Case
from agents.language.tokens import tokens
from agents.language.words import words
from agents.passages.precedents import nearest
from agents.vehicle_data.comparatives import compared
from agents.vehicle_data.fact_table import VehicleData
from agents.vehicle_data.lookups import Comparison, Lookup, Request
from agents.vehicles.range import Vehicles
from rag.types import Place

_ALIKE = 0.7
"""The cosine from which on two questions are taken to ask for the same."""
_SURELY = 0.8
_CLOSE = 0.08
"""Places whose questions are hardly less like the message count as well: several documents say the same."""
_NAME = 2
_EVEN = 0.03
"""Places as near as this state what is told beside the first: one of the two was meant."""
_SENTENCE = 200
"""Characters from where a place begins that are looked at."""
_FEW = 2
"""Attributes of one row; a row of many does not tell which of them was asked for."""


def settled(
    request: Request | None, places: Sequence[Place], case: Case, data: VehicleData, vehicles: Vehicles
) -> Request | None:
    """The request as read from the message's words or topic, unless the likest questions of customers, whose `places`
    these are, ask for something else: then for that, or None where no table states it."""
    if isinstance(request, Comparison) and request.likely:
        return _ranked(request, places, case, data)
    if not places or places[0].cosine < _ALIKE or not (request is None or isinstance(request, Lookup)):
        return request
    if request is not None and _spoken(request, case):
        return request
    near = nearest(places, _CLOSE)
    stated = [_stated(place, data) for place in near]
    if request is not None:
        agreed = tuple(
            name
            for name in request.attributes
            if any(name in names for names in stated) or any(_says(place, name, data) for place in near)
        )
        if agreed:
            return replace(request, likely=request.likely and places[0].cosine < _SURELY)
    if len(stated[0]) > _FEW:
        return request
    if not stated[0]:
        return None if request is None or len(request.attributes) == 1 or request.likely else request
    text = case.question.whole
    cars = data.fitment.candidates(text, case.facts)
    alike = (names for place, names in zip(near, stated, strict=True) if place.cosine >= places[0].cosine - _EVEN)
    likely = dict.fromkeys(name for names in alike if len(names) <= _FEW for name in sorted(names))
    known = tuple(name for name in likely if _states(data, name, cars))[:_FEW]
    if not known:
        return request
    return Lookup(known, cars, own=not vehicles.mentions(text), likely=places[0].cosine < _SURELY)


def _ranked(request: Comparison, places: Sequence[Place], case: Case, data: VehicleData) -> Comparison:
    """The comparison of the figure that other customers have asked for in such words, where it is but likely that
    another was meant."""
    word = compared(case.question.text)
    if word is None or not places or places[0].cosine < _SURELY:
        return request
    stated = (_stated(place, data) for place in nearest(places, _EVEN))
    named = {name for names in stated if len(names) <= _FEW for name in names}
    if len(named) != 1:
        return request
    meant = next(
        (item for item in data.attributes.named(*named) if item.measures and _states(data, item.name, request.within)),
        None,
    )
    return replace(request, attribute=meant.name, order=word.end(meant.measures)) if meant else request


def _says(place: Place, name: str, data: VehicleData) -> bool:
    """Whether prose says what the tables do: the attribute by its name, or the figure that they give for it, of any
    car: others have asked the same about theirs."""
    if place.start is None:
        return False
    said = place.chunk.text[place.start - place.chunk.start :][:_SENTENCE]
    if set(words(name)).issubset(words(said)):
        return True
    entries = (entry for item in data.attributes.named(name) for entry in data.values(item))
    figures = {token.word for entry in entries for token in tokens(entry.value) if token.kind == "number"}
    return any(token.word in figures for token in tokens(said) if len(token.word) > 1)


def _spoken(request: Lookup, case: Case) -> bool:
    """Whether the message names an attribute by its whole name, of two words or more: "roof load"."""
    spoken = set(words(case.question.text))
    names = (name.casefold().split() for name in request.attributes)
    return any(len(name) >= _NAME and spoken.issuperset(name) for name in names)


def _stated(place: Place, data: VehicleData) -> frozenset[str]:
    return data.stated(place.chunk.id, place.start, place.statement) if place.start is not None else frozenset()


def _states(data: VehicleData, name: str, cars: frozenset[tuple[str, int]]) -> bool:
    return any(not cars.isdisjoint(data.covered(item)) for item in data.attributes.named(name))
