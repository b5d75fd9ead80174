"""The cars that a message sets beside each other: "Wren 42 vs 58", "stick or auto", "the 2025 one or the 2026"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agents.language.phrases import Phrases
from agents.language.tokens import tokens
from agents.vehicles.applicability import Cars, Fitment
from agents.vehicles.descriptors import described
from agents.vehicles.range import Vehicles, year_places

_EXCEPT = Phrases(("(not|except|excluding|apart from|other than|besides|without) (|for) (|the|your|a) $",))
_LEAD = 30
"""Characters before a name that can leave it out."""
OWN_SIDE = re.compile(
    r"\b(?:is|does|has|can) (?:it|mine|my (?:car|van|truck|pick-?up|vehicle))\b.{0,300}\bthan\b|\bthan mine\b",
    re.IGNORECASE,
)
_NEAR = 12
"""Characters that may lie between a vehicle and its model year, or what describes its version."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The cars on each side, each once, and the `rest` of the message: what it says beside them."""

    cars: tuple[Cars, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Side:
    """Some cars, and where the text speaks of them."""

    cars: Cars
    start: int
    end: int


def apart_from(text: str, fitment: Fitment, vehicles: Vehicles) -> tuple[str, Cars]:
    """A text without the vehicles that it leaves out, "which is biggest, not the van", and all the others."""
    for mention in vehicles.mentions(text):
        begins = max(0, mention.start - _LEAD)
        if found := next(iter(_EXCEPT.spans(text[begins : mention.start])), None):
            behind = (text[one.start : one.end] for one in vehicles.mentions(text) if one.start >= mention.start)
            left_out = (fitment.candidates(name, {}) for name in dict.fromkeys(behind))
            return text[: begins + found.start], fitment.everything.difference(*left_out)
    return text, fitment.everything


def sides(text: str, facts: Mapping[str, str], fitment: Fitment, vehicles: Vehicles) -> Sides:
    """The sides of a comparison; `it` and `my car` are what is known of the customer's. One side where the message
    speaks of some cars only, none where it names none."""
    own = [fitment.candidates("", facts)] if facts.get("model") and OWN_SIDE.search(text) else []
    named = _named(text, fitment, vehicles)
    by_word = _described(text, named, facts.get("model", ""), fitment, vehicles)
    spoken = sorted((*named, *by_word), key=lambda side: side.start)
    found = tuple(dict.fromkeys(cars for cars in (*own, *_of_years(text, spoken, fitment)) if cars))
    apart = (cars.difference(*(other for other in found if other < cars)) for cars in found)
    rest = text
    for side in reversed(spoken):
        rest = f"{rest[: side.start]} {rest[side.end :]}"
    return Sides(tuple(dict.fromkeys(filter(None, apart))), fitment.question(rest))


def _named(text: str, fitment: Fitment, vehicles: Vehicles) -> list[_Side]:
    return [
        _Side(fitment.candidates(text[mention.start : mention.end], {}), mention.start, mention.end)
        for mention in vehicles.mentions(text)
    ]


def _described(text: str, named: list[_Side], own: str, fitment: Fitment, vehicles: Vehicles) -> list[_Side]:
    """The versions that are told by a word alone: of the model named before, or of the customer's. A word right behind
    a model's name tells which of its versions is named, and that side is made narrower in `named`."""
    found: list[_Side] = []
    for token in tokens(text):
        if token.kind == "mark" or any(side.start <= token.start < side.end for side in named):
            continue
        model = next(iter(fitment.models(_before(token.start, named))), own)
        rows = {row.name for row in described((token.word,), vehicles, model)}
        cars = frozenset(car for car in fitment.everything if car[0] in rows)
        whole = frozenset(car for car in fitment.everything if fitment.models(frozenset({car})) == (model,))
        if not cars or cars >= whole > frozenset():
            continue
        place = next((n for n, side in enumerate(named) if side.cars > cars and _adjoin(side, token.start)), None)
        if place is not None:
            named[place] = replace(named[place], cars=cars, end=token.end)
        elif all(cars.isdisjoint(side.cars) or not side.cars <= cars for side in found):
            found.append(_Side(cars, token.start, token.end))
    return found


def _before(place: int, named: Sequence[_Side]) -> Cars:
    """The cars that were named last before a place, or else first behind it."""
    before = [side.cars for side in named if side.start < place]
    return before[-1] if before else next((side.cars for side in named), frozenset())


def _adjoin(side: _Side, start: int) -> bool:
    return 0 <= start - side.end <= 1


def _of_years(text: str, spoken: list[_Side], fitment: Fitment) -> list[Cars]:
    """The sides in the model years that the text gives them: each its own, where each has one beside it; one side in
    each of several years; or else all sides in all of the years."""
    known = {year for _, year in fitment.everything}
    told = [(int(text[start:end]), start, end) for start, end in year_places(text) if int(text[start:end]) in known]
    if not told:
        return [side.cars for side in spoken]
    years = {year for year, _, _ in told}
    if not spoken:
        return [_in_years(fitment.everything, {year}) for year in sorted(years)] if len(years) > 1 else []
    beside = [_year_beside(side, told) for side in spoken]
    if len(spoken) > 1 and all(beside) and len(set(beside)) > 1:
        return [_in_years(side.cars, {year}) for side, year in zip(spoken, beside, strict=True)]
    all_cars = frozenset[tuple[str, int]]().union(*(side.cars for side in spoken))
    if len(years) > 1 and len({side.cars for side in spoken}) == 1:
        return [_in_years(all_cars, {year}) for year in dict.fromkeys(year for year, _, _ in told)]
    return [_in_years(side.cars, years) for side in spoken]


def _year_beside(side: _Side, told: Sequence[tuple[int, int, int]]) -> int:
    """The model year next to a side, 0 where there is none."""
    near = [
        (min(abs(start - side.end), abs(side.start - end)), year)
        for year, start, end in told
        if 0 <= start - side.end <= _NEAR or 0 <= side.start - end <= _NEAR
    ]
    return min(near)[1] if near else 0


def _in_years(cars: Cars, years: set[int]) -> Cars:
    return frozenset(car for car in cars if car[1] in years)
