"""What a message asks of the spec tables, if they answer it for certain. Pure; nothing is looked up in prose."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from agents import lexicon
from agents.attributes import Attribute, canonical, telling
from agents.fitment import Cars, Fitment
from agents.followup import core
from agents.units import Amount, Unit, amounts, spoken, unit
from agents.vehicle_data import Operator, VehicleData
from agents.vehicles import Vehicles, other_make, years

Order = Literal["highest", "lowest"]

_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_POINTS_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|that|this|those|these|one)\b", re.IGNORECASE)
_OTHERWISE = re.compile(r"\b(?:why|where|when|mean|means|meant|meaning|difference|should i|worth)\b", re.IGNORECASE)
_WISH = re.compile(r"^(?:i|we|my|our|because|it'?s|thanks|thank|cheers|please)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|dear \w+)(?: there)?[,.!]*\s*", re.IGNORECASE
)
_WHICH = re.compile(
    r"\b(?:which|what)\b(?! (?:is|are) the\b(?!.*\bof (?:your|the) (?:cars|models|range)))", re.IGNORECASE
)
_RANGE = re.compile(
    r"\b(?:cars|models|vehicles|variants|versions|range|line-?up|(?:which|what) (?:car|model|vehicle|variant|version|one)"
    r"|which (?:has|have|is|can|fit|fits|takes?|tows?|gets?|goes|offers?)|of (?:them|your|yours|these|all))\b",
    re.IGNORECASE,
)
_PAIR = re.compile(r"\bthan\b|\bor\b|\bvs\.?\b|\bversus\b|\bcompar\w+|\bbetween\b", re.IGNORECASE)
_INCH = re.compile(
    r"\b(1[2-9]|2[0-4])(?:\s|-)?(?:inch(?:es)?|\"|″)(?: (?:wheel|rim|tyre|tire|alloy)s?)?", re.IGNORECASE
)
_SPAN = 400  # characters of a message that can be such a question

_EXPECTED = {
    "power": {"power"},
    "torque": {"torque"},
    "pressure": {"pressure"},
    "weight": {"mass"},
    "length": {"length"},
    "volume": {"volume"},
    "size": {"volume", "length", "energy", "charge"},
    "speed": {"speed"},
    "pace": {"speed", "time"},
    "acceleration": {"time"},
    "distance": {"length"},
    "consumption": {"consumption", "electric consumption"},
    "money": {"money"},
    "energy": {"energy", "charge"},
    "duration": {"time"},
    "temperature": {"temperature"},
    "electric current": {"current"},
}
"""By the kind of value that a question expects, what its figures measure."""
_NEVER = frozenset({"steps", "interval", "moment", "telephone", "mail"})
"""Forms of answer that a spec table does not give."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The values of some attributes for some cars. `into` is the unit that is wanted besides; `rim` the wheels' size in
    inches, if the question says which; `own`: it is the customer's vehicle, so it matters which one that is."""

    attributes: tuple[str, ...]
    cars: Cars
    into: Unit | None = None
    rim: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which of the `sides`, or of all cars where there are none, has the highest or lowest figure. `asserted`: the
    question can be answered with yes or no, for the first side."""

    attribute: str
    order: Order
    sides: tuple[Cars, ...] = ()
    within: Cars = frozenset()
    asserted: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The cars whose figure stands in a relation to `amount`; with `has`, those that have the thing at all."""

    attribute: str
    operator: Operator | Literal["has"]
    amount: Amount | None = None


Request = Lookup | Comparison | Choice


@dataclass(frozen=True, slots=True)
class _Words:
    compared: tuple[tuple[str, str, Order], ...]
    conditions: tuple[tuple[str, Operator], ...]
    able: frozenset[str]
    places: frozenset[str]
    around: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        read: dict[str, Any] = tomllib.load(file)
    compared = [(word, *map(str.strip, meaning.rsplit(",", 1))) for word, meaning in read["compared"].items()]
    compared.sort(key=lambda entry: -len(entry[0]))
    conditions = sorted(read["conditions"].items(), key=lambda entry: -len(entry[0]))
    sets = {name: frozenset(words.split()) for name, words in read["words"].items()}
    return _Words(
        tuple((word, about, cast(Order, order)) for word, about, order in compared), tuple(conditions), **sets
    )


def asked(
    text: str, facts: Mapping[str, str], data: VehicleData, vehicles: Vehicles, subjects: frozenset[str]
) -> Request | None:
    """What a text that stands alone asks, None where the tables do not answer it for certain. Only attributes from
    documents of `subjects` count."""
    question = _question(text, vehicles)
    if not question or other_make(text) or lexicon.form(question) in _NEVER or _OTHERWISE.search(question):
        return None
    known = {year for _, year in data.fitment.everything}
    if any(int(year) not in known for year in years(text)):
        return None
    reader = _Reader(question, facts, data, vehicles, subjects)
    return reader.comparison() or reader.choice() or reader.lookup()


def _question(text: str, vehicles: Vehicles) -> str:
    """The sentence that asks, with what a follow-up took over; "" where other sentences matter as well."""
    own, added = core(text.strip())
    if len(text) > _SPAN:
        return ""
    sentences = [one for one in _SENTENCES.split(_GREETING.sub("", own.strip())) if one.strip()]
    asking = [one for one in sentences if one.rstrip().endswith("?")] or sentences[:1]
    if len(asking) != 1:
        return ""
    place = sentences.index(asking[0])
    if sentences[:place] and not (vehicles.mentions(asking[0]) and not _POINTS_BACK.search(asking[0])):
        return ""
    if any(not _WISH.match(one) or vehicles.mentions(one) or amounts(one) for one in sentences[place + 1 :]):
        return ""
    return f"{added}, {asking[0]}" if added else asking[0]


class _Reader:
    """One question, read as each kind of request in turn."""

    def __init__(
        self,
        question: str,
        facts: Mapping[str, str],
        data: VehicleData,
        vehicles: Vehicles,
        subjects: frozenset[str],
    ) -> None:
        self._text = question
        self._facts = facts
        self._data = data
        self._fitment: Fitment = data.fitment
        self._vehicles = vehicles
        self._subjects = subjects
        self._bare = self._fitment.question(question)
        """Without the names that say which car."""

    def lookup(self) -> Lookup | None:
        rim = _INCH.search(self._bare)
        bare = f"{self._bare[: rim.start()]} {self._bare[rim.end() :]}" if rim else self._bare
        cars = self._fitment.asked(self._text, self._facts)
        found = self._kept(self._meant(bare), cars)
        if rim and not (found and all(self._fits_rim(one, cars, rim[1]) for one in found)):
            rim, found = None, self._kept(self._meant(self._bare), cars)
        if not found:
            return None
        named = bool(self._vehicles.mentions(self._text))
        own = not named or re.search(r"\b(?:my|our|mine|i|we)\b", self._text, re.IGNORECASE) is not None
        return Lookup(tuple(one.name for one in found), cars, self._into(found), rim[1] if rim else "", own)

    def comparison(self) -> Comparison | None:
        word = _compared(self._bare)
        if word is None:
            return None
        phrase, about, order = word
        rest = re.sub(rf"\b{re.escape(phrase)}\b", " ", self._bare, count=1, flags=re.IGNORECASE)
        sides = self._sides()
        if len(sides) < 2 and not (_WHICH.search(self._text) and _RANGE.search(self._text)):
            return None
        if len(sides) >= 2 and not _PAIR.search(self._text):
            return None
        rest = re.sub(
            r"\b(?:than|or|vs|versus|compared?|between|which|one|ones|of|them|more)\b", " ", rest, flags=re.IGNORECASE
        )
        found = [one for one in self._meant(f"{about} {rest}") if one.measures]
        within = frozenset[tuple[str, int]]().union(*sides) if sides else self._fitment.everything
        found = list(self._kept(found, within))
        if len(found) != 1 or not all(self._figures(found[0], side) for side in sides):
            return None
        asserted = len(sides) == 2 and re.match(r"\W*(?:is|are|does|do|has|have|can|will)\b", self._text, re.IGNORECASE)
        pair = sides if len(sides) >= 2 else ()
        return Comparison(found[0].name, order, pair, within, bool(asserted))

    def choice(self) -> Choice | None:
        if not (_WHICH.search(self._text) and _RANGE.search(self._text)):
            return None
        given = [one for one in amounts(self._bare) if one.unit is not None]
        if len(given) > 1:
            return None
        if not given:
            found = self._meant(_without(self._bare, _words().around))
            return Choice(found[0].name, "has") if len(found) == 1 and not found[0].measures else None
        amount = given[0]
        whole = canonical(self._bare)
        operator, rest = _condition(whole, amount_text := self._bare[amount.start : amount.end].casefold())
        rest = rest.replace(amount_text, " ", 1)
        able = set(re.findall(r"\w+", self._bare.casefold()))
        if operator is None:
            operator = "<=" if able & _words().places else ">=" if able & _words().able else "="
        rest = _without(rest, _words().around | _words().places)
        measure = amount.unit.measure if amount.unit else ""
        found = [one for one in self._meant(rest) if measure in one.measures]
        return Choice(found[0].name, operator, amount) if len(found) == 1 else None

    def _meant(self, text: str) -> tuple[Attribute, ...]:
        kind = lexicon.expected(self._bare)
        measures = _EXPECTED.get(kind or "")

        def fits(one: Attribute) -> bool:
            right = measures is None or not measures.isdisjoint(one.measures)
            return right and not one.subjects.isdisjoint(self._subjects)

        return self._data.attributes.meant(text, fits)

    def _kept(self, found: Sequence[Attribute], cars: Cars) -> tuple[Attribute, ...]:
        """The attributes that speak of these cars; of those that measure the same only the ones that speak of most.
        None where they are too many to be one question's, or leave cars out."""
        spoken_of = {one: self._data.covered(one) & cars for one in found}
        most = max(map(len, spoken_of.values()), default=0)
        kept = [one for one in found if spoken_of[one] and len(spoken_of[one]) == most]
        return tuple(kept) if 0 < len(kept) <= _MOST else ()

    def _figures(self, attribute: Attribute, cars: Cars) -> bool:
        return any(entry.amount for entry in self._data.values(attribute, cars))

    def _fits_rim(self, attribute: Attribute, cars: Cars, rim: str) -> bool:
        return any(on_rim(entry.detail, rim) for entry in self._data.values(attribute, cars))

    def _into(self, found: Sequence[Attribute]) -> Unit | None:
        """The unit in which the question wants the figure."""
        named = re.search(rf"\b(?:in|how many)\s+({spoken()})\b", self._bare, re.IGNORECASE)
        wanted = unit(named[1]) if named else None
        fits = wanted is not None and any(wanted.measure in one.measures for one in found)
        return wanted if fits else None

    def _sides(self) -> tuple[Cars, ...]:
        """The cars on each side of a comparison, each once."""
        sides: list[Cars] = []
        for mention in self._vehicles.mentions(self._text):
            cars = self._fitment.asked(self._text[mention.start : mention.end], {})
            narrowed = frozenset(car for car in cars if not years(self._text) or str(car[1]) in years(self._text))
            if narrowed and narrowed not in sides:
                sides.append(narrowed)
        return tuple(sides)


_MOST = 4
"""Attributes that one question can mean together, such as the pressures of front and rear."""


def on_rim(detail: str, rim: str) -> bool:
    """Whether a row's detail is a tyre for wheels of this size: `205/45 R17` for 17 inches."""
    return re.search(rf"R\s?{rim}\b", detail, re.IGNORECASE) is not None


def _compared(text: str) -> tuple[str, str, Order] | None:
    return next((one for one in _words().compared if re.search(rf"\b{re.escape(one[0])}\b", text, re.IGNORECASE)), None)


def _condition(text: str, amount: str) -> tuple[Operator | None, str]:
    """The relation that a text states to an amount, and the text without its words."""
    for phrase, operator in _words().conditions:
        if re.search(rf"\b{phrase}\b", text):
            return operator, re.sub(rf"\b{phrase}\b", " ", text)
    return None, text


def _without(text: str, words: frozenset[str]) -> str:
    return re.sub(r"[^\W\d_]+", lambda found: " " if found.group().casefold() in words else found.group(), text)
