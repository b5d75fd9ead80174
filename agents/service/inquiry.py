"""Reads from a message whether it asks what service is due on the customer's vehicle, and what it says about it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import OSA

from agents.context import Case
from agents.language.words import content, vocabulary, words
from agents.service.schedules import Schedules
from agents.service.vehicle_use import Slots, model_year, slots
from agents.vehicles.applicability import Cars
from agents.vehicles.range import Vehicles

_SERVICE = r"(?:services?|servicing|inspections?|maintenance|check-?ups?)"
_NEAR = r"[^.?!]{0,30}"
_DUE = re.compile(
    rf"\b(?:over)?due\b|\bnext\s+(?:\w+\s+)?{_SERVICE}\b|\btime for\b{_NEAR}\b{_SERVICE}\b"
    rf"|\b{_SERVICE}\b{_NEAR}\bcoming up\b"
    rf"|\b(?:need|want|require)s?\b{_NEAR}\b(?:{_SERVICE}|serviced|doing|done|chang(?:ing|ed)|replac(?:ing|ed)|again)\b"
    rf"|\bwhat\s+{_SERVICE}\b|\bwhen\b{_NEAR}\b(?:serviced|{_SERVICE})\b|\bready for\b{_NEAR}\b{_SERVICE}\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    rf"\b(?:is|are|isn'?t|aren'?t|am)\b{_NEAR}{_NEAR}\b(?:over)?due\b|\bwhat(?:'?s| is| exactly is)?\b{_NEAR}\bdue\b"
    rf"|\bwhen(?:'?s| is| will)\b{_NEAR}\bnext\s+(?:\w+\s+)?{_SERVICE}\b"
    rf"|\bwhen(?:'?s| is) (?:my|our|its) (?:\w+ )?{_SERVICE}\b"
    rf"|\b(?:my|our|the|its) next\s+(?:\w+\s+)?{_SERVICE}\b"
    rf"|\b(?:my|our)\b{_NEAR}\bneeds?\b{_NEAR}\b(?:something|anything|work)\b{_NEAR}\bdone\b",
    re.IGNORECASE,
)
_WHEN_ITEM = re.compile(rf"\b(?:when|wen|whn)\b{_NEAR}{_NEAR}\bdue\b", re.IGNORECASE)
_GENERAL = re.compile(
    r"\bhow (?:often|much|long|many|far)\b|\bintervals?\b|\bafter (?:how|what)\b|\bcosts?\b|\bprices?\b|\bwarranty\b"
    r"|\bguarantee\b|\binclud\w+\b|\bwhat (?:is|gets|happens)\b[^.?!]{0,20}\b(?:done|checked)\b|\blease\b|\bpayments?\b"
    r"|\bdue to\b|\brecalls?\b|\blamp\b|\bnoise\b|\bdeliver\w*\b|\btax\b|\bMOT\b|\btake\b"
    r"|\bevery\b|\bcertain\b|\bdue at\b",
    re.IGNORECASE,
)
_BOOKS = re.compile(
    r"\b(?:book|booked|booking|appointments?|reschedule|cancel|slot|move my|open|address|phone)\b", re.IGNORECASE
)
_ASKS_NEW = re.compile(
    r"^\W*(?:what|how|why|where|which|who|can|could|does|will|would|should|tell|show)\b", re.IGNORECASE
)
_GOES_ON = re.compile(
    r"^\W*(?:and|what about|how about|sorry|no|actually|wait|i mean|i meant|correction|oh)\b", re.IGNORECASE
)
_OIL = frozenset({"oil change", "the oil", "oil changed", "oil service"})
_FIGURE = re.compile(r"\d")
_REPLIES = vocabulary(
    """yet mileage odometer clock reads shows showing km kms kilometres kilometers miles mi k thousand service serviced
    services servicing inspection inspected last first latest previous next time times visit done changed change
    replaced renewed registered registration year years month months week weeks day days ago since back model car
    vehicle variant about around roughly approximately approx almost nearly exactly maybe perhaps probably dealer
    workshop garage early late mid beginning end sure clue remember recall forgot never none nothing nope far new
    brand bought driven drove has had sorry actually wait correction meant mean yesterday today once twice just
    currently total altogether half couple january february march april may june july august september october
    november december jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall winter second
    manual automatic hybrid one either whichever unknown dunno due it's that's was were don't didn't hasn't haven't
    owner before after severe use short trips towing"""
)
_LONGEST_REPLY, _LONGEST_QUESTION = 25, 6
_LONGEST = 400
_VEHICLE = ("model", "variant", "year")


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted: all that is due, or one `item`; on one of `cars`, used and serviced as `known` says. `changed`
    holds what was said of the item's own last change."""

    cars: Cars
    known: Slots
    item: str = ""
    changed: Slots = field(default_factory=Slots)

    def note(self, asked: str = "") -> dict[str, Any]:
        """As plain data; `asked` is what the customer is asked for next."""
        cars = [list(car) for car in sorted(self.cars)]
        known, changed = self.known.note(), self.changed.note()
        return {"cars": cars, "known": known, "item": self.item, "changed": changed, "asked": asked}


def wanted(case: Case, schedules: Schedules, vehicles: Vehicles) -> Request | None:
    """What a message asks to be planned; None where it asks something else, such as how often in general."""
    text = case.question.whole
    own, item = slots(text, case.now, vehicles), item_in(text, schedules)
    if not _claims(text, own, item):
        return None
    cars = _cars(case, schedules, vehicles)
    if not schedules.plans(cars, item):
        return None
    before = Slots()
    if case.note and cars & _noted(case.note, schedules):
        before = Slots.noted(case.note.get("known", {}))
    return _request(cars, own.over(slots(case.message, case.now, vehicles)), before, Slots(), item)


def reply(case: Case, schedules: Schedules, vehicles: Vehicles) -> Request | None:
    """The message as the answer to what was asked, or as a correction of what was said before; None for neither."""
    text, note = case.message, case.note
    length, goes_on = len(words(text)), _GOES_ON.match(text) is not None
    if not note or not 0 < length <= _LONGEST_REPLY or (text.rstrip().endswith("?") and length > _LONGEST_QUESTION):
        return None
    if _BOOKS.search(text) or (_ASKS_NEW.match(text) and not goes_on):
        return None
    if not _only_replies(vehicles.generic(text), schedules):
        return None
    asked, item = str(note.get("asked", "")), str(note.get("item", ""))
    before, changed = Slots.noted(note.get("known", {})), Slots.noted(note.get("changed", {}))
    cars = _noted(note, schedules) or schedules.fitment.everything
    told, chosen = slots(text, case.now, vehicles, asked, before.unit), _chosen(text, cars, schedules, case)
    other = item_in(text, schedules) if goes_on and not asked else ""
    if other:
        return _request(chosen or cars, told, before, Slots(), other)
    if (asked or goes_on) and (told.told() or chosen):
        return _request(chosen or cars, told, before, changed, item)
    return None


def _only_replies(text: str, schedules: Schedules) -> bool:
    """Whether hardly a word of a message speaks of something else than use, service and dates."""
    items = {word for entry in schedules.entries for word in words(entry.item)}
    spoken = words(text)
    foreign = [
        word for word in content(text) if word not in _REPLIES and word not in items and not _FIGURE.search(word)
    ]
    return len(foreign) <= len(spoken) // 8


def _request(cars: Cars, told: Slots, before: Slots, changed: Slots, item: str) -> Request:
    """What was told now over what was known; of an item, when it was last done is its own."""
    if not item:
        return Request(cars, told.over(before))
    use, own = told.parted()
    return Request(cars, use.over(before), item, own.over(changed))


def item_in(text: str, schedules: Schedules) -> str:
    """The item of the schedules that a text asks about, as far as it names it; "" where it names none but the service
    itself."""
    spoken = _spelt(words(text[:_LONGEST]), schedules)
    for length in (3, 2, 1):
        for at in range(len(spoken) - length + 1):
            phrase = " ".join(spoken[at : at + length])
            phrase = "engine oil" if phrase in _OIL else phrase
            stems = frozenset(word.removesuffix("s") for word in phrase.split())
            found = [name for name, own in schedules.items.items() if stems <= own]
            if found and (length > 1 or _distinct(phrase, found)):
                return phrase
    return ""


def _spelt(spoken: Sequence[str], schedules: Schedules) -> list[str]:
    """The words, those with one slip as the schedules spell them."""
    known = {stem for stems in schedules.items.values() for stem in stems if len(stem) > 4}
    return [word if len(word) < 4 else _alike(word, known) for word in spoken]


def _alike(word: str, known: Collection[str]) -> str:
    if word in known or word.removesuffix("s") in known:
        return word
    near = [other for other in known if other[0] == word[0] and OSA.distance(word, other, score_cutoff=1) == 1]
    return min(near, default=word)


def _distinct(word: str, found: Sequence[str]) -> bool:
    """Whether a single word is the name of a thing: "coolant" is, "filter" and "brake" are not."""
    names = [words(name) for name in found]
    whole = all(name[-1] == word or len(name) == 2 for name in names)
    return len(word) > 4 and any(name[0] == word for name in names) and whole


def _claims(text: str, own: Slots, item: str) -> bool:
    text = text[:_LONGEST]
    if not _DUE.search(text) or _GENERAL.search(text):
        return False
    if own.mileage_km is not None or own.of_service:
        return True
    if _BOOKS.search(text):
        return False
    return bool(_PERSONAL.search(text)) and not (item and _WHEN_ITEM.search(text))


def _cars(case: Case, schedules: Schedules, vehicles: Vehicles) -> Cars:
    """The cars that a message may mean: those it names, or the customer's, of the year that it names as theirs."""
    fitment = schedules.fitment
    facts = {name: case.facts[name] for name in _VEHICLE if case.facts.get(name)}
    facts = vehicles.facts(case.message, facts)
    alone = len(fitment.models(fitment.mentioned(case.message))) == 1
    text = case.question.whole
    year = model_year(text, case.now) or (model_year(case.message, case.now) if alone else "") or facts.get("year", "")
    named = fitment.mentioned(text) or fitment.mentioned(case.message)
    own = fitment.candidates("", {key: value for key, value in facts.items() if key != "year"})
    if not named and not facts:
        own = _noted(case.note, schedules) or own
    cars = (named & own or named) if named else own
    return frozenset(car for car in cars if str(car[1]) == year) or cars


def _noted(note: Mapping[str, Any], schedules: Schedules) -> Cars:
    return frozenset((str(name), int(year)) for name, year in note.get("cars", ())) & schedules.fitment.everything


def _chosen(text: str, cars: Cars, schedules: Schedules, case: Case) -> Cars:
    """Those of `cars` that a reply such as "the hybrid", "1.5T" or "2026" names; none where it names none."""
    fitment = schedules.fitment
    named, year = fitment.mentioned(text), model_year(text, case.now)
    chosen = (named & cars or named) if named else cars
    marks = [mark for word in words(text) if (mark := fitment.labelled(word, chosen, "variant")) and mark != chosen]
    for mark in marks:
        chosen = chosen & mark or chosen
    if year:
        chosen = frozenset(car for car in chosen if str(car[1]) == year)
    return chosen if named or marks or year else frozenset()
