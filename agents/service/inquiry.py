"""Reads from a message whether it asks what service is due on the customer's vehicle, and what it says about it.

What a message asks is learnt from the examples beside this module. All of this embeds, so that it blocks its thread.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz.distance import OSA

from agents.context import Case
from agents.language.reading import reading
from agents.language.words import content, sentences, vocabulary, words
from agents.learning.choice import Choices, opens_question
from agents.learning.examples import beside
from agents.service.jobs import job_of, phrases
from agents.service.prices import Prices
from agents.service.schedules import Schedules
from agents.service.vehicle_use import Clause, Slots, clauses, model_year, slots
from agents.types import Turn
from agents.vehicles.applicability import Cars
from agents.vehicles.range import Vehicles

ASKED = "service inquiry"
"""The name of the choice among `Resources.choices`, and its examples."""
EXAMPLES = beside(__file__)
_SURE = 0.5
_LONGEST_REPLY, _LONGEST_QUESTION = 25, 6
_LONGEST = 400
_MOST_TURNS = 4
_FEW, _MOST_JOBS = 2, 4
"""Telling words of a question that leaves open what it is about; and jobs that are told at once."""
_POINTING = vocabulary("that it this those them again")
_MOST_SENTENCES = 6
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


def wanted(case: Case, schedules: Schedules, vehicles: Vehicles, choices: Choices) -> Request | None:
    """What a message asks to be planned; None where it asks something else, such as how often in general."""
    text = case.question.text
    if not asks("due", text, vehicles, choices):
        return None
    cars = _cars(case, schedules, vehicles)
    item = item_in(text, schedules) or _meant(case, schedules)
    if not schedules.plans(cars, item):
        return None
    before, changed = _remembered(case, item, schedules, vehicles, choices)
    if case.note and cars & _noted(case.note, schedules):
        before = Slots.noted(case.note.get("known", {})).over(before)
    return _request(cars, slots(case.message, case.now, vehicles, choices), before, changed, item)


def _meant(case: Case, schedules: Schedules) -> str:
    """The item that "that" stands for: the one the customer spoke of last."""
    if _POINTING.isdisjoint(words(case.question.text)):
        return ""
    return next((item for turn in _told_before(case) if (item := item_in(turn.text, schedules))), "")


def _remembered(
    case: Case, item: str, schedules: Schedules, vehicles: Vehicles, choices: Choices
) -> tuple[Slots, Slots]:
    """What the customer said earlier of the vehicle's use and service, and of the item's own last change."""
    before = changed = Slots()
    for turn in reversed(_told_before(case)):
        told, of = slots(turn.text, case.now, vehicles, choices), item_in(turn.text, schedules)
        use, own = told.parted()
        before = (use if of else told).over(before)
        changed = own.over(changed) if item and of == item else changed
    return before, changed


def _told_before(case: Case) -> list[Turn]:
    """The customer's last turns before this one, the latest first."""
    return [turn for turn in reversed(case.history) if turn.role == "customer"][:_MOST_TURNS]


def asks(what: str, text: str, vehicles: Vehicles, choices: Choices) -> bool:
    """Whether a text asks `due`, what the customer's own vehicle needs, or `cost`, what a job costs."""
    plain = vehicles.generic(text[:_LONGEST])
    pieces = [plain, *sentences(plain)[:_MOST_SENTENCES]]
    found = [choices[ASKED].decide(piece) for piece in dict.fromkeys(pieces) if reading(piece).words]
    labels = {decision.label for decision in found if decision.probability >= _SURE}
    return bool(found) and what in labels and (found[0].label == what or "general" not in labels)


@dataclass(frozen=True, slots=True)
class PriceAsked:
    """The jobs whose prices are wanted, in the words of the lists of prices, on one of `cars`; the item of the schedule
    whose interval is wanted too, "" for none."""

    jobs: tuple[str, ...]
    cars: Cars
    item: str = ""


def priced(case: Case, prices: Prices, schedules: Schedules, vehicles: Vehicles, choices: Choices) -> PriceAsked | None:
    """What a message asks the price of: jobs that it names, else those that were due or spoken of last; None where it
    asks something else, or no list has the price."""
    text = case.question.text
    halves = [half for half in text.split(" and ") if words(half)]
    does = [choices[ASKED].decide(vehicles.generic(half)).label for half in halves[:_MOST_SENTENCES]]
    if not prices.rows or not ("cost" in does[1:] or asks("cost", text, vehicles, choices)):
        return None
    spoken = [
        text,
        str(case.note.get("item") or case.note.get("work") or ""),
        *(turn.text for turn in _told_before(case)),
    ]
    spoken = spoken if len(_beside(text, schedules)) <= _FEW else spoken[:1]
    jobs = next((jobs for said in spoken if (jobs := prices.about(said))), ())
    cars = _cars(case, schedules, vehicles)
    known = tuple(job for job in jobs if prices.of(job, cars))[:_MOST_JOBS]
    item = item_in(text, schedules) if "general" in does else ""
    return PriceAsked(known, cars, item if schedules.plans(cars, item) else "") if known else None


def reply(case: Case, schedules: Schedules, vehicles: Vehicles, choices: Choices) -> Request | None:
    """The message as the answer to what was asked, or as a correction of what was said before; None for neither."""
    text, note = case.message, case.note
    if not note or not 0 < len(reading(text).words) <= _LONGEST_REPLY:
        return None
    asked, item = str(note.get("asked", "")), str(note.get("item", ""))
    before, changed = Slots.noted(note.get("known", {})), Slots.noted(note.get("changed", {}))
    cars = _noted(note, schedules) or schedules.fitment.everything
    question = text.rstrip().endswith("?") or (opens_question(text) and not text.casefold().startswith("may"))
    short = not asked and len(reading(text).words) <= _LONGEST_QUESTION
    if short and (other := item_in(text, schedules)) and asks("due", text, vehicles, choices):
        return _request(cars, Slots(), before, Slots(), other)
    if question:
        return None
    chosen = _chosen(text, cars, schedules, case)
    read = clauses(text, case.now, vehicles, choices, asked, before.unit)
    told = slots(text, case.now, vehicles, choices, asked, before.unit)
    if any(map(_foreign, read)) or not (told.told() or (chosen and len(_beside(text, schedules)) <= 1)):
        return None
    return _request(chosen or cars, told, before, changed, item)


def _foreign(clause: Clause) -> bool:
    """Whether a clause speaks of something else than use, service and the vehicle."""
    return clause.about in ("other", "rate", "") and len(words(clause.text)) > _LONGEST_QUESTION


def _beside(text: str, schedules: Schedules) -> list[str]:
    """The telling words of a text beside the names and years of vehicles."""
    said = content(schedules.fitment.question(text))
    return [word for word in said if word != "car" and not any(letter.isdigit() for letter in word)]


def _request(cars: Cars, told: Slots, before: Slots, changed: Slots, item: str) -> Request:
    """What was told now over what was known; of an item, when it was last done is its own."""
    if not item:
        return Request(cars, told.over(before))
    use, own = told.parted()
    return Request(cars, use.over(before), item, own.over(changed))


def item_in(text: str, schedules: Schedules) -> str:
    """The item of the schedules that a text asks about, as far as it names it; "" where it names none but the service
    itself."""
    for phrase in phrases(_spelt(words(text[:_LONGEST]), schedules)):
        item = job_of(phrase) or phrase
        stems = frozenset(word.removesuffix("s") for word in item.split())
        found = [name for name, own in schedules.items.items() if stems <= own]
        if found and (len(stems) > 1 or item != phrase or _distinct(item, found)):
            return item
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
    marks = [
        mark for word in reading(text).words if (mark := fitment.labelled(word, chosen, "variant")) and mark != chosen
    ]
    for mark in marks:
        chosen = chosen & mark or chosen
    if year:
        chosen = frozenset(car for car in chosen if str(car[1]) == year)
    return chosen if named or marks or year else frozenset()
