"""What a message asks of the tables, told by its topic rather than its words: "how thirsty is it" is the consumption.

The topic's own terms and the kind of question are looked up as a question in the tables' words would be.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.language import synonyms
from agents.language.words import content, sentences
from agents.topics.reader import About, Topic
from agents.types import StandaloneQuestion
from agents.vehicle_data.attributes import Attribute, measures_named, of_something_else, primary, words_of
from agents.vehicle_data.attributes import telling as told
from agents.vehicle_data.comparatives import compared
from agents.vehicle_data.fact_table import VehicleData
from agents.vehicle_data.inquiry import MEASURED, PAIR
from agents.vehicle_data.lookups import MOST_SIDES, Comparison, Contrast, Lookup, Request
from agents.vehicle_data.sides import apart_from, sides
from agents.vehicles.applicability import Cars
from agents.vehicles.makes import other_make
from agents.vehicles.range import Vehicles, years

SUBJECTS = frozenset({"specs", "handbook", "maintenance", "company"})
_PROBABLE = 0.35
"""The least probability of a topic. What is told names the attribute, so that a customer sees what it is."""
_SURE = 0.75
"""The probability from which it is told as what was asked."""
_BETWEEN = 0.2
"""The least probability of a topic in a comparison of vehicles that are named: it is about some figure of theirs."""
_POSSIBLE = 0.12
"""The least probability of a topic of which the message has words."""
_SPOKEN = 0.25
"""What the words of an attribute in the message are worth beside its topic's probability."""
_FIELDS = frozenset({"figures", "upkeep"})
_TABLED = (
    "figure", "price", "interval", "duration", "type", "existence", "comparison", "extreme", "permission",
    "confirmation",
)  # fmt: skip
"""The kinds of question that a table can answer."""
_WANTED, _PERHAPS = 0.5, 0.25
_PLAIN = 0.6
_NEAR = 4.0
"""How many times likelier the best may be than a neighbour that is told beside it."""
_SUFFIXES = {"price": ("price", ""), "interval": ("interval", "every")}
"""What stands behind a topic's terms for these kinds of question, in the order in which it is tried."""
_LOADED = "full load"
"""What a table tells apart where the car is said to be packed."""
_OTHERWISE = ("", "quantity", "specification")
_MOST = 4
_MOST_PIECES = 6
_BRIEF = 3
"""Words of content of a piece that only names a thing."""
_PIECES = re.compile(r"[,;:?.]\s|\band\b|\bplus\b", re.IGNORECASE)

Reader = Callable[[str, str], About]


@dataclass(frozen=True, slots=True)
class _Candidate:
    attributes: tuple[Attribute, ...]
    probability: float
    spoken: float

    @property
    def worth(self) -> float:
        return self.probability + _SPOKEN * self.spoken


def asked(
    message: StandaloneQuestion, read: Reader, facts: Mapping[str, str], data: VehicleData, vehicles: Vehicles
) -> Request | None:
    """What the message asks, None where no table is likely to answer it. `read` tells what a text is about; it is asked
    for every thing of a list as well, and blocks."""
    text = message.whole
    about = read(message.text, message.context)
    known = {year for _, year in data.fitment.everything}
    if not _tabled(about) or other_make(text) or any(int(year) not in known for year in years(text)):
        return None
    cars = data.fitment.candidates(text, facts)
    own = not vehicles.mentions(text)
    rest, others = apart_from(text, data.fitment, vehicles)
    spoken = sides(rest, facts, data.fitment, vehicles)
    named, beside = spoken.cars, PAIR.sub(" ", spoken.rest)
    pair = named if 1 < len(named) <= MOST_SIDES and PAIR.search(text) else ()
    least = _BETWEEN if pair and about.kind("comparison", "extreme") >= _WANTED else _PROBABLE
    if several := _several(replace(message, text=beside) if pair else message, about, read, data, cars, least):
        return Contrast(pair, several, likely=True) if pair else Lookup(several, cars, own=own, likely=True)
    word = compared(message.text)
    ranks = about.kind("comparison", "extreme") >= _WANTED or (word is not None and word.superlative)
    best = _best(about, f"{text} {word.about}" if word else text, data, cars, measured=ranks, least=least)
    if best is None:
        return None
    of_all = ranks and word is not None and word.superlative
    if best.worth < _SURE and own and not (of_all or facts.get("model") or best.spoken) and best.probability < _PLAIN:
        return None
    likely = best.worth < _SURE
    if ranks:
        measured = primary([item for item in best.attributes if item.measures])[:1]
        if measured and (len(named) > 1 or (word and not named)):
            within = frozenset[tuple[str, int]]().union(*named) if named else others
            order = word.end(measured[0].measures) if word else "highest"
            return Comparison(measured[0].name, order, named if len(named) > 1 else (), within, likely=likely)
    if of_something_else(data.fitment.question(text), best.attributes):
        return None
    if _whether_there_is_more(data.fitment.question(text), best.attributes):
        return None
    if pair:
        return Contrast(pair, tuple(item.name for item in best.attributes), likely=likely)
    return Lookup(tuple(item.name for item in best.attributes), cars, own=own, likely=likely)


def _whether_there_is_more(text: str, found: Sequence[Attribute]) -> bool:
    """Whether a text asks for nothing but yes or no, of a thing of which the figures found say nothing: whether there
    is a pressure gauge is not what it can show."""
    if len(sentences(text)) > 1 or not synonyms.asks_whether(text) or not all(item.measures for item in found):
        return False
    known = frozenset[str]().union(*(item.words | item.context for item in found))
    return any(word not in known and known.isdisjoint(synonyms.alike(word)) for word in told(text))


def _several(
    message: StandaloneQuestion, whole: About, read: Reader, data: VehicleData, cars: Cars, least: float
) -> tuple[str, ...]:
    """The attributes of a message that asks for two things or more, by its pieces; none where it does not. What a piece
    of few words wants to know, the whole message says: "brake fluid, pollen filter and tracking, what is each"."""
    pieces = [piece for piece in _PIECES.split(message.text) if content(data.fitment.question(piece))]
    if not 1 < len(pieces) <= _MOST_PIECES:
        return ()
    found: dict[str, None] = {}
    answered = 0
    for piece in pieces:
        about = read(piece, message.whole)
        if len(content(piece)) <= _BRIEF and max((about.kinds or {}).values(), default=0.0) < _PLAIN:
            about = replace(about, kinds=whole.kinds)
        best = _best(about, piece, data, cars, least=least) if _tabled(about) else None
        if best is not None:
            fresh = [item.name for item in best.attributes if item.name not in found]
            answered += bool(fresh)
            found |= dict.fromkeys(fresh)
    return tuple(found) if answered > 1 else ()


def _tabled(about: About) -> bool:
    """Whether a table can answer a question of this kind. Key words show no kind, but a topic."""
    kind, topic = about.kind(*_TABLED), about.topics[0][1]
    return kind >= _WANTED or (topic >= _PLAIN and kind >= _PERHAPS)


def _best(
    about: About, text: str, data: VehicleData, cars: Cars, *, measured: bool = False, least: float = _PROBABLE
) -> _Candidate | None:
    """The likeliest attributes, with figures where it must be `measured`, None where none is worth the `least`; a
    neighbour that is nearly as likely is told beside them."""
    found = _candidates(about, text, data, cars)
    fitting = (item for item in found if not measured or any(attribute.measures for attribute in item.attributes))
    ranked = sorted(fitting, key=lambda candidate: -candidate.worth)
    if not ranked or ranked[0].worth < least:
        return None
    best, *others = ranked
    beside = others[:1] if others and others[0].worth * _NEAR >= best.worth and len(best.attributes) == 1 else []
    own = tuple(dict.fromkeys((*best.attributes, *(item for other in beside for item in other.attributes))))
    return replace(best, attributes=own[:_MOST])


def _candidates(about: About, text: str, data: VehicleData, cars: Cars) -> Iterator[_Candidate]:
    """What the likeliest topics stand for in the tables. Topics of the same attributes count together, also those of
    troubles and of use where one of figures stands for the same."""
    stems = frozenset(words_of(text))
    found: dict[tuple[Attribute, ...], float] = {}
    tabled: set[tuple[Attribute, ...]] = set()
    for topic, probability in about.topics:
        if probability >= _POSSIBLE:
            attributes = _attributes(topic, about, text, data, cars)
            found[attributes] = found.get(attributes, 0.0) + probability
            tabled |= {attributes} if topic.field in _FIELDS else set()
    for attributes, probability in found.items():
        if attributes and attributes in tabled:
            own = frozenset[str]().union(*(item.words for item in attributes))
            yield _Candidate(attributes, probability, len(own & stems) / len(own))


def _attributes(topic: Topic, about: About, text: str, data: VehicleData, cars: Cars) -> tuple[Attribute, ...]:
    """The attributes that the topic's terms name, of the kind that is asked for; several where they belong together."""
    kind = next((kind for kind in _SUFFIXES if about.kind(kind) >= _WANTED), "")
    measures = MEASURED.get(synonyms.expected(text) or "")

    def fits(attribute: Attribute) -> bool:
        right = measures is None or not attribute.measures or not measures.isdisjoint(attribute.measures)
        return right and not attribute.subjects.isdisjoint(SUBJECTS) and not cars.isdisjoint(data.covered(attribute))

    loaded = (_LOADED,) if set(words_of(_LOADED)) <= set(words_of(text)) else ()
    for suffix in (*loaded, *_SUFFIXES.get(kind, _OTHERWISE)):
        for term in topic.terms:
            stems, named = frozenset(words_of(f"{term} {suffix}")), measures_named(term)
            meant = data.attributes.meant(f"{term} {suffix}", fits, as_written=True)
            found = tuple(item for item in meant if item.words & stems or item.measures & named)
            if found and not (kind == "price" and not suffix and any(item.measures for item in found)):
                return found[:_MOST]
    return ()
