"""Vehicle data: figures and equipment out of the spec tables, compared, chosen by and converted."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agents.context import Case, Outcome, Resources, ToolContext
from agents.language.units import Unit, unit, written
from agents.language.words import vocabulary, words
from agents.skill import Action, Handled
from agents.tool import Tool
from agents.types import Citation, Evidence
from agents.vehicle_data import precedents, topical
from agents.vehicle_data.conversions import Conversion, conversion
from agents.vehicle_data.differences import differing
from agents.vehicle_data.fact_table import VehicleData, parse
from agents.vehicle_data.inquiry import again, asked
from agents.vehicle_data.lookups import Choice, Comparison, Contrast, Lookup, Request, on_rim
from agents.vehicle_data.tools import COMPARE, CONVERT, FILTER, LOOK_UP
from agents.vehicle_data.wording import Answer, Cell, cells, chosen, contrasted, left_out, looked_up, paired, ranked
from agents.vehicles.applicability import Cars
from agents.vehicles.range import Vehicles, years

_SUBJECTS = frozenset({"specs", "handbook"})
"""The subjects whose tables are spoken of unasked; those of others, such as prices, are for the models' tools."""
_FILLER = vocabulary(
    "it it's its is mine i mean have got drive the a an my one please from ok sorry yes that's built and what how "
    "about for in with same"
)
_SHORT = 80
"""Characters of a message that may name a vehicle and nothing else, and of an answer that it is known again by."""
_POINTING = vocabulary("it its it's they them their that this these those")
_LONGEST = 400
"""Characters of a message that asks for one thing of a table."""
_ALL_DIGITS = 12
_AWAY = "I am sorry, I cannot look that up at the moment. Please try again in a moment."


@dataclass(frozen=True, slots=True)
class VehicleDataSkill:
    """See `agents.skill.Skill`."""

    name: str = "vehicle_data"
    guidance: str = (
        "Take figures and equipment from the tools, not from passages, where both have them. "
        "look_up_specification gives one attribute of one vehicle or of all; leave the vehicle out when it is unknown, "
        "give each variant's value and ask which one is theirs. compare_vehicles ranks by a figure. filter_vehicles "
        "finds the vehicles that meet a condition. convert_units converts; never convert in your head. "
        "When a tool names other attributes or vehicles, choose among those or say that the tables do not give it."
    )
    tools: tuple[Tool[Any], ...] = (LOOK_UP, COMPARE, FILTER, CONVERT)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        data = await resources.reference.derived(parse)
        return _resumed(case, data, resources.vehicles) is not None

    async def read(self, case: Case, resources: Resources) -> Request | Conversion | None:
        data = await resources.reference.derived(parse)
        return _resumed(case, data, resources.vehicles) or await asyncio.to_thread(_read, case, data, resources)

    async def act(self, request: Request | Conversion, context: ToolContext) -> Handled:
        match request:
            case Lookup():
                return await _look_up(request, context)
            case Comparison():
                return await _compare(request, context)
            case Contrast():
                return await _contrast(request, context)
            case Choice():
                return await _choose(request, context)
            case Conversion():
                return await _convert(request, context)


SKILL = VehicleDataSkill()


def _read(case: Case, data: VehicleData, resources: Resources) -> Request | Conversion | None:
    wanted = conversion(case.question.text, case.history)
    if wanted is None and resources.unanswered(case.question):
        return None
    repeated = wanted or again(case.question.text, case.note) or _moved(case, data, resources.vehicles)
    if repeated:
        return repeated
    request = (
        differing(case.question, case.facts, data, resources.vehicles, _SUBJECTS)
        or asked(case.question, case.facts, data, resources.vehicles, _SUBJECTS)
        or _alone(case, data, resources)
        or _by_topic(case, data, resources)
    )
    found = precedents.settled(request, resources.asked(case.question.whole), case, data, resources.vehicles)
    return request if found is None and case.question.subject and _priced(request, data) else found


def _priced(request: Request | None, data: VehicleData) -> bool:
    """Whether a price is asked for: what is most like "what will that set me back" is the question before it, which
    asked for something else."""
    if not isinstance(request, Lookup) or request.likely:
        return False
    return all("money" in item.measures for name in request.attributes for item in data.attributes.named(name))


def _alone(case: Case, data: VehicleData, resources: Resources) -> Request | None:
    """What the message asks by itself, where no word of it stands for what was spoken of before."""
    if not case.question.subject or not _POINTING.isdisjoint(words(case.question.text)):
        return None
    return asked(replace(case.question, subject=""), case.facts, data, resources.vehicles, _SUBJECTS)


def _by_topic(case: Case, data: VehicleData, resources: Resources) -> Request | None:
    if resources.topics is None or len(case.question.whole) > _LONGEST:
        return None
    return topical.asked(case.question, resources.topics.read, case.facts, data, resources.vehicles)


def _resumed(case: Case, data: VehicleData, vehicles: Vehicles) -> Lookup | None:
    """The last answer's question for those of its cars that the message names; None where it says anything else."""
    left = _cars(case.note)
    cars = _named(case, data, vehicles, left) & left if case.note.get("open") else frozenset()
    return _about_them(case.note, cars) if cars and cars != left else None


def _moved(case: Case, data: VehicleData, vehicles: Vehicles) -> Lookup | None:
    """The last answer's question for other cars: "and the hybrid?"."""
    cars = _named(case, data, vehicles, data.fitment.everything)
    variants = {variant for variant, _ in _cars(case.note)}
    if years(case.message) and len({variant for variant, _ in cars}) > len(variants):  # a year, and no vehicle
        cars = frozenset(car for car in cars if car[0] in variants)
    known = [item for name in case.note.get("attributes", ()) for item in data.attributes.named(name)]
    if not cars or not known or any(cars.isdisjoint(data.covered(item) | data.beside(item)) for item in known):
        return None
    return _about_them(case.note, cars)


def _about_them(note: Mapping[str, Any], cars: Cars) -> Lookup:
    return Lookup(tuple(note["attributes"]), cars, unit(note["into"] or ""), note["rim"], own=bool(note["asks"]))


def _named(case: Case, data: VehicleData, vehicles: Vehicles, within: Cars) -> Cars:
    """The cars that a message names that says nothing else, right after an answer of this skill; none otherwise."""
    note, said = case.note, case.message.strip()
    last = next((turn.text for turn in reversed(case.history) if turn.role == "assistant"), "")
    if not note or note["said"] not in last or len(said) > _SHORT:
        return frozenset()
    named = " ".join(word for word in re.findall(r"[^\W_][\w.']*", said) if word.casefold() not in _FILLER)
    if not named:
        return frozenset()
    return data.fitment.labelled(named, within, "variant") or _told_by_a_word(named.casefold(), vehicles, data)


def _told_by_a_word(word: str, vehicles: Vehicles, data: VehicleData) -> Cars:
    """The cars of the one vehicle with an alias that begins so: "large", where a "large filter" is among them."""
    rows = {row.name for row in vehicles.rows if any(alias.casefold().startswith(f"{word} ") for alias in row.aliases)}
    return frozenset(car for car in data.fitment.everything if len(rows) == 1 and car[0] in rows)


def _cars(note: Mapping[str, Any]) -> Cars:
    return frozenset((str(variant), int(year)) for variant, year in note.get("cars", ()))


async def _look_up(request: Lookup, context: ToolContext) -> Handled:
    data = await context.resources.reference.derived(parse)
    evidence: dict[int, Evidence] = {}
    found = await _values(request.attributes, request.cars, context, evidence)
    if request.rim:
        found = [match for match in found if on_rim(match.detail, request.rim)]
    if not found:
        of = [item for name in request.attributes for item in data.attributes.named(name)]
        left = bool(of) and all(request.cars <= data.beside(item) for item in of)
        return Handled(left_out(request.attributes, data.fitment.name(request.cars)) if left else _AWAY, "declined")
    found = [await _with_extra(match, request.into, context) for match in found]
    answer = looked_up(found, data.fitment, request.own)
    note = _noted(request.attributes, request.cars, answer, request.into, request.rim)
    return replace(_handled(answer, evidence, note), hedged=request.likely)


async def _compare(request: Comparison, context: ToolContext) -> Handled:
    data = await context.resources.reference.derived(parse)
    vehicle, year = _spoken(request.within, data)
    arguments = {
        "attribute": request.attribute,
        "vehicles": [vehicle] if vehicle else [],
        "year": year,
        "order": request.order,
    }
    outcome = await context.call(COMPARE, arguments)
    evidence: dict[int, Evidence] = {}
    found, rest = _cells(outcome, "rows", evidence), _cells(outcome, "without_figure", evidence)
    if outcome.result is None or not found:
        return Handled(_AWAY, "declined")
    if request.sides:
        answer = paired(request, found, rest, data.fitment)
    else:
        left = frozenset[tuple[str, int]]().union(*map(data.beside, data.attributes.named(request.attribute)))
        answer = ranked(request.order, found, rest, left & request.within, data.fitment)
    handled = _handled(answer, evidence, _noted((request.attribute,), _told_of(answer), answer))
    return replace(handled, hedged=request.likely)


async def _contrast(request: Contrast, context: ToolContext) -> Handled:
    data = await context.resources.reference.derived(parse)
    cars = frozenset[tuple[str, int]]().union(*request.sides)
    evidence: dict[int, Evidence] = {}
    found = await _values(request.attributes, cars, context, evidence)
    if not found:
        return Handled(_AWAY, "declined")
    answer = contrasted(request, found, data.fitment)
    return replace(_handled(answer, evidence, _noted(request.attributes, cars, answer)), hedged=request.likely)


async def _values(
    attributes: Sequence[str], cars: Cars, context: ToolContext, evidence: dict[int, Evidence]
) -> list[Cell]:
    """What the tables say of attributes for these cars; their evidence is put under its markers."""
    vehicle, year = _spoken(cars, await context.resources.reference.derived(parse))
    found: list[Cell] = []
    for attribute in attributes:
        outcome = await context.call(LOOK_UP, {"attribute": attribute, "vehicle": vehicle, "year": year})
        found += [replace(cell, cars=cell.cars & cars) for cell in _cells(outcome, "rows", evidence)]
    return [cell for cell in found if cell.cars]


async def _choose(request: Choice, context: ToolContext) -> Handled:
    data = await context.resources.reference.derived(parse)
    amount = request.amount
    arguments = {
        "attribute": request.attribute,
        "operator": request.operator,
        "value": amount.value if amount else None,
        "unit": amount.unit.label if amount and amount.unit else None,
    }
    outcome = await context.call(FILTER, arguments)
    evidence: dict[int, Evidence] = {}
    found, rest = _cells(outcome, "matching", evidence), _cells(outcome, "not_matching", evidence)
    if not found and not rest:
        return Handled(_AWAY, "declined")
    answer = chosen(found, rest, data.fitment)
    return _handled(answer, evidence, _noted((request.attribute,), _told_of(answer), answer))


async def _convert(request: Conversion, context: ToolContext) -> Handled:
    evidence: dict[int, Evidence] = {}
    known = await _told(context, evidence) if request.earlier else []
    said, numbers = [], set[int]()
    for amount in request.given:
        given = amount.unit
        if given is None:
            continue
        arguments = {"amount": amount.value, "unit": given.label, "to": request.into.label}
        outcome = await context.call(CONVERT, arguments)
        if outcome.result is None:
            continue
        of = [entry for entry in known if entry.number == amount.value and entry.unit == given.label]
        markers = dict.fromkeys(number for item in of for number in item.markers)
        numbers |= set(markers)
        also = await _in_us(arguments, context)
        shown = f"{outcome.result.value['text']}{also} – that is {written(amount.value, given, _ALL_DIGITS)}"
        said.append(" ".join((shown, *(f"[{number}]" for number in markers))))
    if not said:
        return Handled(_AWAY, "declined")
    text = f"{said[0]}." if len(said) == 1 else "\n".join(f"- {word}" for word in said)
    note = {**context.case.note, "open": False} if context.case.note else None
    return Handled(text, citations=_cited(sorted(numbers), evidence), note=note)


async def _told(context: ToolContext, evidence: dict[int, Evidence]) -> list[Cell]:
    """What this skill's last answer spoke of, looked up again so that it can be cited again."""
    cars = _cars(context.case.note)
    return await _values(context.case.note.get("attributes", ()), cars, context, evidence) if cars else []


async def _in_us(arguments: Mapping[str, Any], context: ToolContext) -> str:
    """The same in the American unit of that name, where there is another one."""
    american = {"imperial gallons": "us gallon", "mpg": "us mpg"}.get(arguments["to"])
    if american is None:
        return ""
    outcome = await context.call(CONVERT, {**arguments, "to": american})
    return f" ({outcome.result.value['text']})" if outcome.result else ""


async def _with_extra(cell: Cell, into: Unit | None, context: ToolContext) -> Cell:
    """The cell with its figure in the unit that the customer asked for, where that is another one."""
    known = unit(cell.unit) if cell.unit else None
    if into is None or known is None or cell.number is None or known == into or known.measure != into.measure:
        return cell
    outcome = await context.call(CONVERT, {"amount": cell.number, "unit": known.label, "to": into.label})
    return replace(cell, extra=outcome.result.value["text"]) if outcome.result else cell


def _spoken(cars: Cars, data: VehicleData) -> tuple[str | None, int | None]:
    """Cars as a tool is asked for them: variants by name, None for all, and the year where it is one."""
    variants = list(dict.fromkeys(variant for variant, _ in data.fitment.in_order if (variant in dict(cars))))
    built = {year for variant, year in data.fitment.everything if variant in variants}
    asked_for = {year for _, year in cars}
    everything = {variant for variant, _ in data.fitment.everything} == set(variants)
    year = asked_for.pop() if len(asked_for) == 1 and asked_for != built else None
    return None if everything else ", ".join(variants), year or None


def _cells(outcome: Outcome, key: str, evidence: dict[int, Evidence]) -> list[Cell]:
    """The rows under a key of a tool's result; their evidence is put under its markers, each stretch under one."""
    if outcome.result is None:
        return []
    known = {_place(passage): number for number, passage in evidence.items()}
    numbers = []
    for number, passage in enumerate(outcome.result.evidence, start=outcome.first_number):
        numbers.append(known.get(_place(passage), number))
        evidence.setdefault(numbers[-1], passage)
    return cells(outcome.result.value[key], numbers)


def _place(evidence: Evidence) -> tuple[str, int, int]:
    return evidence.passage.chunk.id, evidence.start, evidence.end


def _told_of(answer: Answer) -> Cars:
    return frozenset(car for cell in answer.used for car in cell.cars)


def _noted(
    attributes: Sequence[str], cars: Cars, answer: Answer, into: Unit | None = None, rim: str = ""
) -> dict[str, Any]:
    """What the next message may refer to. `open`: the answer differs by car, so it may name one of them."""
    return {
        "open": answer.differs,
        "asks": answer.asks,
        "said": answer.text[-_SHORT:],
        "order": answer.order,
        "attributes": list(attributes),
        "cars": [list(car) for car in sorted(cars)],
        "into": into.label if into else None,
        "rim": rim,
    }


def _handled(answer: Answer, evidence: Mapping[int, Evidence], note: Mapping[str, Any]) -> Handled:
    used = sorted({number for cell in answer.used for number in cell.markers})
    return Handled(answer.text, "asked_back" if answer.asks else "answered", _cited(used, evidence), note)


def _cited(numbers: Sequence[int], evidence: Mapping[int, Evidence]) -> tuple[Citation, ...]:
    found = [(number, evidence[number]) for number in numbers]
    return tuple(Citation(number, match.passage, match.start, match.end) for number, match in found)
