"""Service planning: what is due on the customer's vehicle, from its mileage and the date of the last service."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agents.appointments.service_offer import accepted
from agents.context import Case, Outcome, Resources, ToolContext
from agents.language.mileages import KM_PER_MILE
from agents.passages.precedents import elsewhere
from agents.service import prices, wording
from agents.service.inquiry import PriceAsked, Request, priced, reply, wanted
from agents.service.prices import Prices
from agents.service.schedules import Entry, Plan, Schedules, parse
from agents.service.tools import FIRST_REGISTRATION, LOOK_UP_PRICE, MOST_KM, PLAN_SERVICE, SERVICE_SCHEDULE
from agents.service.vehicle_use import Slots
from agents.skill import Action, Handled
from agents.tool import Tool
from agents.types import Citation
from agents.vehicles.applicability import Cars
from rag.types import Place

_MOST_NAMED = 8
_DUE_ELSE, _PRICE_ELSE = 0.75, 0.7
"""The likeness of other customers' questions from which on what answers them is told, and nothing planned, or priced:
who asks for the price of a job that is on the lists hardly means another."""
_SHORT = 8
"""Words of a message that may go on with what was said of prices or of what is due."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A yes to the offer of an appointment that no skill before this one has taken up."""

    work: str
    note: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServicePlanning:
    """See `agents.skill.Skill`."""

    name: str = "service_plan"
    guidance: str = (
        "To say what service is due on the customer's own vehicle, call plan_service; never work it out yourself. Ask "
        "for the model, its year, the mileage and the last service, one at a time, where they are not known. Say what "
        "is overdue first, then what is due soon, then what comes next. Where something is due, end with: Shall I look "
        "for an appointment for: …? What a job costs is in look_up_price."
    )
    tools: tuple[Tool[Any], ...] = (PLAN_SERVICE, SERVICE_SCHEDULE, LOOK_UP_PRICE)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        if accepted(case.message, case.history):
            return True
        if len(case.reading.words) > _SHORT:
            schedules = await resources.reference.derived(parse)
            told = (schedules, resources.vehicles, resources.choices)
            return await asyncio.to_thread(reply, case, *told) is not None
        request = await self.read(case, resources)
        return isinstance(request, PriceAsked) or (isinstance(request, Request) and bool(case.note))

    async def read(self, case: Case, resources: Resources) -> Request | Accepted | PriceAsked | None:
        if work := accepted(case.message, case.history):
            return Accepted(work, case.note)
        schedules = await resources.reference.derived(parse)
        known = await resources.reference.derived(prices.parse)
        return await asyncio.to_thread(_asked, case, known, schedules, resources)

    async def act(self, request: Request | Accepted | PriceAsked, context: ToolContext) -> Handled:
        if isinstance(request, Accepted):
            return Handled(wording.when_and_where(request.work), "asked_back", note=request.note)
        if isinstance(request, PriceAsked):
            return await _priced(request, context)
        schedules = await context.resources.reference.derived(parse)
        plans = schedules.plans(request.cars, request.item)
        asked = _missing(request, plans, schedules)
        if asked or not plans:
            return await _ask_back(request, asked, plans, schedules, context)
        outcome = await context.call(PLAN_SERVICE, _arguments(request, schedules))
        if outcome.result is None:
            return _refused(request, outcome.error or "", schedules)
        value, lacks = outcome.result.value, _lacks(request, plans[0], schedules)
        if request.item:
            text = wording.single(value, _marker(outcome), lacks)
        else:
            text = wording.plan(value, _marker(outcome), _counted_from(request.known), lacks)
        note = request.note() | {"work": wording.due_work(value)}
        return Handled(text, citations=outcome.citations, note=note)


def _asked(case: Case, known: Prices, schedules: Schedules, resources: Resources) -> Request | PriceAsked | None:
    read_with = (schedules, resources.vehicles, resources.choices)
    if replied := reply(case, *read_with):
        return replied
    request = wanted(case, *read_with) or priced(case, known, *read_with)
    told = isinstance(request, Request) and request.known.told()
    if request is None or told or case.note or case.question.subject:
        return request

    def tells(place: Place) -> bool:
        return schedules.holds(place) or known.holds(place)

    least = _PRICE_ELSE if isinstance(request, PriceAsked) else _DUE_ELSE
    return None if elsewhere(resources.asked(case.question.whole), tells, least) else request


async def _priced(request: PriceAsked, context: ToolContext) -> Handled:
    """What jobs cost, with the interval of the item where that is wanted too."""
    schedules = await context.resources.reference.derived(parse)
    said: list[str] = []
    citations: list[Citation] = []
    note = dict(context.case.note) or Request(request.cars, Slots()).note() | {"work": ", ".join(request.jobs)}
    if request.item:
        often = await context.call(SERVICE_SCHEDULE, _named(request.cars, schedules) | {"item": request.item})
        said += [wording.schedule(often.result.value, _marker(often))] if often.result else []
        citations += often.citations
    vehicle = "" if request.cars == schedules.fitment.everything else schedules.fitment.name(request.cars)
    for job in request.jobs:
        outcome = await context.call(LOOK_UP_PRICE, {"job": job, "vehicle": vehicle})
        if outcome.result is None:
            return Handled(outcome.error or "", "declined", note=note)
        said.append(wording.prices(outcome.result.value, _marker(outcome)))
        citations += outcome.citations
    return Handled(" ".join(said), citations=tuple(citations), note=note)


def _missing(request: Request, plans: Sequence[Plan], schedules: Schedules) -> str:
    """What has to be asked next: `vehicle`, `mileage`, `service`, or "" for nothing."""
    known = request.known
    if len(plans) != 1:
        return "vehicle"
    if known.mileage_km is None and "mileage" not in known.unknown and _by_distance(plans[0], schedules):
        return "mileage"
    if known.mileage_km is not None and known.mileage_km > MOST_KM:
        return ""
    last = request.changed if request.item else known
    needed = not request.item or any(_depends(entry, known) for entry in plans[0].entries)
    return "service" if needed and not last.of_service and "service" not in last.unknown else ""


def _by_distance(plan: Plan, schedules: Schedules) -> bool:
    return schedules.by_distance and any(entry.when.every.km or entry.when.services for entry in plan.entries)


def _depends(entry: Entry, known: Slots) -> bool:
    """Whether it takes the last time that an item was done to say when it is due next."""
    first = entry.when.first or entry.when.every
    if entry.when.services or (first.months and not known.first_registered):
        return True
    return known.mileage_km is None or known.mileage_km >= (first.km or 0)


async def _ask_back(
    request: Request, asked: str, plans: Sequence[Plan], schedules: Schedules, context: ToolContext
) -> Handled:
    """What the schedule says as far as the vehicle is known, and the question for the next thing."""
    said = await context.call(SERVICE_SCHEDULE, _named(request.cars, schedules) | {"item": request.item or "service"})
    if said.result is None:
        return Handled(said.error or "", status="declined")
    lines = [wording.schedule(said.result.value, _marker(said))]
    if asked == "vehicle" and "vehicle" in request.known.unknown and schedules.by_distance:
        lines.append("Model and year stand in the registration document.")
    lines.append(_question(request, asked, plans, schedules))
    rest = tuple(entry for entry in request.known.unknown if entry != "vehicle")
    note = replace(request, known=replace(request.known, unknown=rest)).note(asked)
    return Handled(" ".join(lines), "asked_back", said.citations, note)


def _question(request: Request, asked: str, plans: Sequence[Plan], schedules: Schedules) -> str:
    fitment = schedules.fitment
    if asked == "mileage":
        return "To say when yours is due: what mileage does it show now?"
    if asked == "service":
        what = "When was it last done" if request.item else "When was the last service"
        return f"{what}{_or_mileage(schedules)}? If there was none yet, please say so."
    cars = frozenset(car for plan in plans for car in plan.cars)
    models = fitment.models(cars)
    if len(models) > 1:
        return f"Which one is yours: {_listed(models)}? Please give the model year too, if you know it."
    variants = list(dict.fromkeys(variant for variant, _ in fitment.in_order if variant in {name for name, _ in cars}))
    differ = any({variant for variant, _ in plan.cars} != set(variants) for plan in plans)
    if len(variants) > 1 and differ:
        return f"Which one is yours: {_listed(variants)}?"
    return f"Which model year is it: {_listed([str(year) for year in sorted({year for _, year in cars})])}?"


def _or_mileage(schedules: Schedules) -> str:
    return ", or at what mileage" if schedules.by_distance else ""


def _refused(request: Request, error: str, schedules: Schedules) -> Handled:
    """What cannot be is asked for again."""
    known, changed = request.known, request.changed
    if (known.mileage_km or 0.0) > MOST_KM:
        again, question = "mileage", "What mileage does it show now?"
        known = replace(known, mileage_km=None)
    elif FIRST_REGISTRATION in error:
        again, question = "registered", "When was it first registered?"
        known = replace(known, first_registered=None)
    else:
        again, question = "service", f"When was it last done{_or_mileage(schedules)}?"
        changed, known = Slots(), known if request.item else known.parted()[0]
    note = replace(request, known=known, changed=changed).note(again)
    return Handled(f"{error} {question}", "asked_back", note=note)


def _arguments(request: Request, schedules: Schedules) -> dict[str, Any]:
    known, changed, now = request.known, request.changed, request.known.mileage_km
    unit = known.unit or changed.unit or "km"

    def shown(km: float | None) -> float | None:
        return None if km is None else round(km / (KM_PER_MILE if unit == "miles" else 1.0), 1)

    given = {
        "item": request.item,
        "mileage": shown(now),
        "last_service_mileage": shown(known.serviced_km(now)),
        "unit": unit,
        "last_service_date": known.last_date.isoformat() if known.last_date else None,
        "never_serviced": known.never,
        "first_registered": known.first_registered.isoformat() if known.first_registered else None,
        "item_changed_date": changed.last_date.isoformat() if changed.last_date else None,
        "item_changed_mileage": shown(changed.serviced_km(now)),
        "item_never_changed": changed.never,
        "severe_use": known.severe,
    }
    return _named(request.cars, schedules) | {
        name: value for name, value in given.items() if value not in (None, "", False)
    }


def _named(cars: Cars, schedules: Schedules) -> dict[str, Any]:
    """The cars as the tools are told of them: model, variant and year, each where there is only one."""
    models, variants, years = schedules.fitment.models(cars), {name for name, _ in cars}, {year for _, year in cars}
    named: dict[str, Any] = {"model": models[0]} if len(models) == 1 else {}
    if len(variants) == 1 and next(iter(variants)) not in models:
        named["variant"] = next(iter(variants))
    if len(years) == 1 and any(years):
        named["model_year"] = next(iter(years))
    return named


def _counted_from(known: Slots) -> str:
    if known.never:
        return "not serviced yet"
    served = known.serviced_km(known.mileage_km)
    on = (
        f"{'on' if known.last_exact else 'in'} {wording.day(known.last_date, known.last_exact)}"
        if known.last_date
        else ""
    )
    at = f"at {round(served):,} km" if served is not None else ""
    return f"last serviced {' '.join(part for part in (on, at) if part)}" if on or at else ""


def _lacks(request: Request, plan: Plan, schedules: Schedules) -> list[str]:
    """What was not to be had, as far as it matters."""
    known, last = request.known, request.changed if request.item else request.known
    lacks = ["the mileage"] if known.mileage_km is None and _by_distance(plan, schedules) else []
    if "service" in last.unknown:
        date = "date or mileage" if schedules.by_distance else "date"
        lacks.append(f"the {date} of the last {'change' if request.item else 'service'}")
    return lacks


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_MOST_NAMED])
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def _marker(outcome: Outcome) -> Callable[[int], str]:
    evidence = outcome.result.evidence if outcome.result else ()
    return lambda n: f"[{outcome.first_number + n}]" if n < len(evidence) else ""


SKILL = ServicePlanning()
