"""What a message asks of the spec tables, if they answer it for certain. Pure; nothing is looked up in prose."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from agents.language import synonyms
from agents.language.phrases import Phrases
from agents.language.units import Unit, amounts, wanted
from agents.types import StandaloneQuestion
from agents.vehicle_data.attributes import Attribute, canonical, of_something_else, primary, telling
from agents.vehicle_data.comparatives import brief, compared, condition, having, without
from agents.vehicle_data.fact_table import VehicleData
from agents.vehicle_data.lookups import MOST_SIDES, Choice, Comparison, Contrast, Lookup, Request, on_rim
from agents.vehicle_data.sides import OWN_SIDE, apart_from, sides
from agents.vehicles.applicability import Cars, Fitment
from agents.vehicles.makes import other_make
from agents.vehicles.range import Vehicles, years
from rag.terms import stem

_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_POINTS_BACK = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|that|this|those|these|one)\b", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"\b(?:why|where|when|mean|means|meant|meaning|should i|worth|if|happen\w*|now|currently|at the moment)\b",
    re.IGNORECASE,
)
_DIFFERENCE = Phrases(("difference",))
"""Asks for what two sides have, and nothing where only one is named."""
_HOW_FAR = Phrases(("difference", "how (much|many)", "by how"))
"""Asks how far two figures lie apart, where it stands in a comparison."""
_WISH = re.compile(r"^(?:i|we|my|our|because|it'?s|thanks|thank|cheers|please)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|dear \w+)(?: there)?[,.!]*\s*", re.IGNORECASE
)
_WHICH = re.compile(
    r"\b(?:which|what)\b(?! (?:is|are) the\b(?!.{0,300}\bof (?:your|the) (?:cars|models|range)))", re.IGNORECASE
)
_RANGE = re.compile(
    r"\b(?:cars|models|vehicles|variants|versions|range|line-?up"
    r"|(?:which|what) (?:car|model|vehicle|variant|version|one)"
    r"|which (?:\w+ )?(?:has|have|is|are|can|fit|fits|takes?|tows?|gets?|goes|offers?|uses?|needs?|costs?|weighs?"
    r"|holds?|makes?)|of (?:them|your|yours|these|all))\b",
    re.IGNORECASE,
)
_ANY = re.compile(r"\b(?:car|vehicle|model|machine|product|appliance|device|range)s?\b(?<!my car)", re.IGNORECASE)
PAIR = re.compile(
    r"\bthan\b|\bor\b|\bvs\.?\b|\bversus\b|\bagainst\b|\bcompar\w+|\bbetween\b|\bdiff(?:er\w*)?\b", re.IGNORECASE
)
_TO_A_FIGURE = re.compile(r"\W*(?:from \d+ )?to \d+\W*", re.IGNORECASE)
"""The quickest "to 100"."""
_INCH = re.compile(
    r"\b(1[2-9]|2[0-4])(?:\s|-)?(?:inch(?:es)?|\"|″)(?: (?:wheel|rim|tyre|tire|alloy)s?)?", re.IGNORECASE
)
_YES_OR_NO = re.compile(
    r"\W*(?:can|could|may|might|must|should|do|does|did|is|are|will|would)\b(?! (?:you|i (?:know|ask|get)|we know)\b)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|ok|okay|please|also|but)\W+)*(?:what|which|how|is|are|does|do|has|have|can|could|tell|give|show"
    r"|list|compare|name)\b|\?\W{0,20}$",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"\b(?:i|we|it|is|are|was|were|will|won't|do|does|don't|doesn't|did|not|no|but|want|needs?|keeps?|stays?|goes|went"
    r"|has|have|had)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:my|our|mine|i|we)\b", re.IGNORECASE)
_FEWEST = 2  # words: one alone may be the subject of anything
_BRIEF = 40
_SPAN = 400  # characters of a message that can be such a question

MEASURED = {
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
_MOST = 4
"""Attributes that one question can mean together, such as the pressures of front and rear."""

_INTERVAL = stem("interval")
_NEVER = frozenset({"steps", "interval", "moment", "telephone", "mail"})
"""Forms of answer that a spec table does not give."""


def asked(
    message: StandaloneQuestion,
    facts: Mapping[str, str],
    data: VehicleData,
    vehicles: Vehicles,
    subjects: frozenset[str],
) -> Request | None:
    """What a message asks, None where the tables do not answer it for certain. Only attributes from documents of
    `subjects` count."""
    own, added, text = message.text, message.context, message.whole
    question = _question(message, vehicles)
    if (
        len(question.split()) < _FEWEST
        or other_make(text)
        or synonyms.form(question) in _NEVER
        or _OTHERWISE.search(question)
    ):
        return None
    if not _ASKS.search(own) and (_STATES.search(own) or not (facts.get("model") or vehicles.mentions(text))):
        return None
    known = {year for _, year in data.fitment.everything}
    if any(int(year) not in known for year in years(text)):
        return None
    reader = _Reader(question, facts, data, vehicles, subjects)
    one_sided = question in _DIFFERENCE
    found = reader.comparison() or reader.contrast() or (None if one_sided else reader.choice() or reader.lookup())
    if found or not added or not _Reader(added, facts, data, vehicles, subjects).measures():
        return found
    named = [added[mention.start : mention.end] for mention in vehicles.mentions(added)]
    return _Reader(", ".join((*named, *years(added), own)), facts, data, vehicles, subjects).lookup()


def again(text: str, note: Mapping[str, Any]) -> Comparison | None:
    """`and the smallest?` after vehicles were ranked: the same figure from its other end."""
    word = compared(text) if note.get("order") and len(text) <= _BRIEF else None
    return Comparison(note["attributes"][0], word.order) if word and not word.about and brief(text, word) else None


def _question(message: StandaloneQuestion, vehicles: Vehicles) -> str:
    """The sentence that asks, with what a follow-up took over; "" where other sentences matter as well."""
    own, added = message.text, message.context
    if len(message.whole) > _SPAN:
        return ""
    if OWN_SIDE.search(own):
        added = ""
    if added and not (telling(vehicles.generic(own)) or vehicles.mentions(own) or years(own)):
        return ""
    sentences = [word for word in _SENTENCES.split(_GREETING.sub("", own.strip())) if word.strip()]
    asking = [sentence for sentence in sentences if sentence.rstrip().endswith("?")] or sentences[:1]
    if len(asking) != 1:
        return ""
    place = sentences.index(asking[0])
    if sentences[:place] and not (vehicles.mentions(asking[0]) and not _POINTS_BACK.search(asking[0])):
        return ""
    if any(
        not _WISH.match(sentence) or vehicles.mentions(sentence) or amounts(sentence)
        for sentence in sentences[place + 1 :]
    ):
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
        cars = self._fitment.candidates(self._text, self._facts)
        built = {str(year) for _, year in cars}
        if not built.issuperset(years(self._text)):
            return None
        found = self._about(bare, cars)
        if rim and not (found and all(self._fits_rim(item, cars, rim[1]) for item in found)):
            rim, found = None, self._about(self._bare, cars)
        found = found or self._left_out(bare, cars)
        if (
            not found
            or of_something_else(bare, found)
            or (_YES_OR_NO.match(self._text) and any(item.measures for item in found))
        ):
            return None
        named = bool(self._vehicles.mentions(self._text))
        own = not named or _OWN.search(self._text) is not None
        return Lookup(tuple(item.name for item in found), cars, self._into(found), rim[1] if rim else "", own)

    def _left_out(self, text: str, cars: Cars) -> tuple[Attribute, ...]:
        """What the tables that speak of these cars say of others alone."""
        found = self._about(text, self._fitment.everything) if cars != self._fitment.everything else ()
        return found if all(cars <= self._data.beside(item) for item in found) else ()

    def measures(self) -> bool:
        """Whether it is about figures of a vehicle, so that a next question need not be about the same thing."""
        found = self._about(self._bare, self._fitment.candidates(self._text, self._facts))
        return bool(found) and all(match.measures for match in found)

    def comparison(self) -> Comparison | None:
        word = compared(self._bare)
        if word is None or any(amount.unit for amount in amounts(self._bare)):
            return None
        text, others = apart_from(self._text, self._fitment, self._vehicles)
        named = sides(text, self._facts, self._fitment, self._vehicles).cars
        best = word.superlative and not named and _ANY.search(text)
        if len(named) < 2 and not best and not (_WHICH.search(self._text) and _RANGE.search(self._bare)):
            return None
        if len(named) >= 2 and not PAIR.search(self._text):
            return None
        within = frozenset[tuple[str, int]]().union(*named) if named else others
        rest = without(self._bare, word)
        rest = "" if word.about and _TO_A_FIGURE.fullmatch(rest) else rest
        named_so = [f"{about} {rest}" for about in dict.fromkeys((word.about, *word.about.split()[-1:]))]
        named_so += [] if word.about else [self._bare]  # "uses the least power" is no consumption where none is told
        found = next(filter(None, (primary(self._about(about, within, measured=True)) for about in named_so)), ())
        if len(found) != 1 or (named and not any(self._figures(found[0], side) for side in named)):
            return None
        asserted = len(named) == 2 and re.match(r"\W*(?:is|are|does|do|has|have|can|will)\b", self._text, re.IGNORECASE)
        pair = named if len(named) >= 2 else ()
        apart = bool(pair) and self._text in _HOW_FAR
        return Comparison(found[0].name, word.end(found[0].measures), pair, within, bool(asserted), apart)

    def contrast(self) -> Contrast | None:
        spoken = sides(self._text, self._facts, self._fitment, self._vehicles)
        if not 1 < len(spoken.cars) <= MOST_SIDES or not PAIR.search(self._text):
            return None
        within = frozenset[tuple[str, int]]().union(*spoken.cars)
        found = self._about(PAIR.sub(" ", spoken.rest), within)
        apart = self._text in _HOW_FAR
        return Contrast(spoken.cars, tuple(item.name for item in found), apart) if found else None

    def choice(self) -> Choice | None:
        if not (_WHICH.search(self._text) and _RANGE.search(self._bare)):
            return None
        given = [item for item in amounts(self._bare) if item.unit is not None]
        everything = self._fitment.everything
        if len(given) > 1:
            return None
        if not given:
            found = self._about(having(self._bare), everything)
            return Choice(found[0].name, "has") if len(found) == 1 and not found[0].measures else None
        amount = given[0]
        operator, rest = condition(canonical(self._bare), self._bare[amount.start : amount.end].casefold())
        measure = amount.unit.measure if amount.unit else ""
        found = primary([item for item in self._about(rest, everything) if measure in item.measures])
        return Choice(found[0].name, operator, amount) if len(found) == 1 else None

    def _about(self, text: str, cars: Cars, measured: bool = False) -> tuple[Attribute, ...]:
        """The attributes that a text asks for and that speak of these cars: of all of them, or else of most."""
        kind = synonyms.expected(self._bare)
        measures = MEASURED.get(kind or "")

        def fits(attribute: Attribute) -> bool:
            wordy = kind == "size" and not attribute.measures  # a tyre's size is no figure
            right = measures is None or wordy or not measures.isdisjoint(attribute.measures)
            right = right and not cars.isdisjoint(self._data.covered(attribute))
            right = right and _INTERVAL not in attribute.words  # when something is due is no figure of the vehicle
            return (
                right
                and (not measured or bool(attribute.measures) or self._figures(attribute, cars))
                and not attribute.subjects.isdisjoint(self._subjects)
            )

        def whole(attribute: Attribute) -> bool:
            return fits(attribute) and cars <= self._data.covered(attribute)

        # a slip is put right only where it is certain that the text is about a vehicle
        meant = partial(self._data.attributes.meant, as_written=not self._vehicles.mentions(self._text))
        found, of_some = meant(text, whole), meant(text, fits, by_name=True)
        if found and any(item not in found and item.measures.isdisjoint(found[0].measures) for item in of_some):
            return ()  # the battery that drives some of them, or the one that starts all
        found = found or of_some or (self._by_head(text, fits) if measured else ())
        pieces = text.split(" and ")
        if not found and 1 < len(pieces) <= _MOST:
            each = [meant(piece, whole) for piece in pieces]
            found = tuple(dict.fromkeys(item for some in each for item in some)) if all(each) else ()
        spoken_of = {match: len(self._data.covered(match) & cars) for match in found}
        most = max(spoken_of.values(), default=0)
        kept = [match for match in found if most and spoken_of[match] == most]
        if len(kept) > 1 and kind:  # which oil, or how much oil
            kept = [item for item in kept if bool(item.measures) == (kind != "name")] or kept
        if not any(item.measures for item in kept):
            kept = kept[:1]  # several tables of the same equipment
        return tuple(kept) if len(kept) <= _MOST else ()

    def _by_head(self, text: str, fits: Callable[[Attribute], bool]) -> tuple[Attribute, ...]:
        """The one attribute with the word alone that a text says for the kind of thing: "tank" for `water tank`."""
        asked = telling(text)
        found = tuple(item for item in self._data.attributes.all if asked == (item.head,) and fits(item))
        return found if len(found) == 1 else ()

    def _figures(self, attribute: Attribute, cars: Cars) -> bool:
        return any(entry.amount for entry in self._data.values(attribute, cars))

    def _fits_rim(self, attribute: Attribute, cars: Cars, rim: str) -> bool:
        return any(on_rim(entry.detail, rim) for entry in self._data.values(attribute, cars))

    def _into(self, found: Sequence[Attribute]) -> Unit | None:
        """The unit in which the question wants the figure."""
        named = wanted(self._bare)
        fits = named is not None and any(named[0].measure in match.measures for match in found)
        return named[0] if named and fits else None
