"""Guided diagnosis: danger first, trouble codes exactly, and from a symptom to its cause by one check at a time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from agents.context import Case, Resources, ToolContext
from agents.dataset import Reader
from agents.diagnosis import check_answers, guided_checks, symptoms, wording
from agents.diagnosis import codes as fault_codes
from agents.diagnosis import note as diagnosis_note
from agents.diagnosis import response as diagnosis_replies
from agents.diagnosis.danger import Kind
from agents.diagnosis.emergencies import SAFETY_ADVICE, TELEPHONE_NUMBERS
from agents.diagnosis.guided_checks import GuidedChecks
from agents.diagnosis.note import Progress
from agents.diagnosis.response import Command, Reply
from agents.diagnosis.tools import FIND_CAUSES, LOOK_UP_FAULT_CODE, NEXT_CHECK, SUBJECTS
from agents.language.phrases import Phrases
from agents.learning.choice import opens_question
from agents.passages.precedents import elsewhere
from agents.skill import Action, Handled
from agents.tool import PassOn, Tool
from agents.types import Citation, Status
from agents.vehicles.makes import other_make

BOOKS = "maintenance"
"""The specialist that makes appointments."""
_MOST_CODES = 5
_SURELY_ELSE = 0.75
"""The likeness of other customers' questions from which on a question is answered as theirs are, and no check begun."""
_AS_OTHERS = 0.7
"""The same from which on a trouble in no words of the checks is the one that others told in such words."""
_AT_WORKSHOP = Phrases(("(workshop|workshops|dealer|dealers|garage)",))


@dataclass(frozen=True, slots=True)
class InDanger:
    kind: Kind
    told: str


@dataclass(frozen=True, slots=True)
class AskedCodes:
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A symptom, in the customer's words, and what they say of its causes already."""

    text: str
    progress: Progress


Request = InDanger | AskedCodes | Told | Reply


@dataclass(frozen=True, slots=True)
class Diagnosis:
    name: str = "diagnosis"
    guidance: str = (
        "In danger (somebody hurt, burnt or poisoned, fire, gas, electric shock, brakes, an accident) call "
        "safety_advice before anything else and begin with what it says. For a trouble code call look_up_fault_code "
        "and say first whether the customer may go on; never explain a code by yourself. For a symptom call "
        "find_causes, tell the likely causes briefly, and ask the one check that next_check gives; call next_check "
        "again with every answer. Never suggest a check of brakes, fuel, gas, steering, airbags or high-voltage parts "
        "of your own. Where the cause needs a workshop, offer an appointment, and pass the question on when the "
        "customer wants one. Where nothing fits, give the numbers of telephone_numbers."
    )
    tools: tuple[Tool[Any], ...] = (SAFETY_ADVICE, LOOK_UP_FAULT_CODE, FIND_CAUSES, NEXT_CHECK, TELEPHONE_NUMBERS)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        """See `agents.skill.Skill`."""
        return await _reply(case, resources) is not None

    async def read(self, case: Case, resources: Resources) -> Request | None:
        """See `agents.skill.Skill`."""
        if case.danger:
            return InDanger(cast(Kind, case.danger), case.message)
        if reply := await _reply(case, resources):
            return reply
        known = await resources.reference.derived(fault_codes.parse)
        if named := fault_codes.codes(case.question.whole, known):
            text = fault_codes.as_of_vehicles(case.question.whole, known)
            about: bool = await asyncio.to_thread(symptoms.about_codes, text, resources.choices)
            if about:
                return AskedCodes(named[:_MOST_CODES])
        return await _told(case, resources)

    async def act(self, request: Request, context: ToolContext) -> Handled:
        """See `agents.skill.Skill`."""
        match request:
            case InDanger():
                return await _in_danger(request, context)
            case AskedCodes():
                return await _codes(request, context)
            case Told():
                return await _begin(request, context)
            case Reply():
                return await _go_on(request, context)


async def claims(text: str, reader: Reader, resources: Resources) -> bool:
    """See `agents.specialist.Specialist`: whether a text asks about a code that is none of vehicles, of which the
    classifier has seen no example."""
    known = await resources.reference.derived(fault_codes.parse)
    plain = fault_codes.as_of_vehicles(text, known)
    return plain != text and await asyncio.to_thread(symptoms.about_codes, plain, resources.choices)


async def _reply(case: Case, resources: Resources) -> Reply | None:
    if not case.note:
        return None
    checks = await resources.reference.derived(guided_checks.parse)
    known = await resources.reference.derived(fault_codes.parse)
    progress = diagnosis_note.read(case.note, checks, known)
    if progress is None:
        return None
    codes, choices = fault_codes.codes(case.message, known), resources.choices
    reply = await asyncio.to_thread(diagnosis_replies.read, case, progress, checks.fitment, codes, choices)
    if reply is None or reply.answers(progress) or reply.command is not Command.GO_ON:
        return reply
    said, vehicles = case.message, resources.vehicles
    other = await asyncio.to_thread(symptoms.told, said, checks, vehicles, choices, another=True)
    return reply if other in (None, progress.symptom) else None


def _asks(case: Case) -> bool:
    """Whether a message asks something, rather than only tells of a trouble."""
    return "?" in case.message or any(map(opens_question, case.reading.sentences))


async def _told(case: Case, resources: Resources) -> Told | None:
    """The symptom that a part tells of, where the vehicle can have it and is no other maker's."""
    text, choices = case.question.whole, resources.choices
    if other_make(case.question.text) and not resources.vehicles.mentions(text):
        return None
    checks = await resources.reference.derived(guided_checks.parse)
    another = bool(case.note)
    symptom = await asyncio.to_thread(symptoms.told, text, checks, resources.vehicles, choices, another=another)
    if symptom is None and not (another or case.question.subject or _asks(case)):
        places = await asyncio.to_thread(resources.asked, text)
        symptom = checks.at(places[0]) if places and places[0].cosine >= _AS_OTHERS else None
        text = symptom.name if symptom else text
    cars = checks.fitment.candidates(text, case.facts) & symptom.cars if symptom else frozenset()
    if symptom is None or not cars:
        return None
    alone = not another and not case.question.subject and _asks(case)
    if alone and elsewhere(await asyncio.to_thread(resources.asked, text), checks.holds, _SURELY_ELSE):
        return None
    known = await resources.reference.derived(fault_codes.parse)
    progress = Progress(symptom, cars, codes=fault_codes.codes(text, known))
    told = await asyncio.to_thread(check_answers.read, case.message, symptom, progress.causes, None, choices)
    return Told(text, replace(progress, answers=told.answers))


async def _in_danger(request: InDanger, context: ToolContext) -> Handled:
    outcome = await context.call(SAFETY_ADVICE, {"kind": request.kind, "told": request.told[:2000]})
    if outcome.result is None:
        return Handled(wording.danger_alone(request.kind), "to_person", note=None)
    return Handled(wording.in_danger(outcome.result.value, outcome.first_number), "to_person", outcome.citations)


async def _codes(request: AskedCodes, context: ToolContext) -> Handled:
    note = dict(context.case.note) or None
    outcomes = [await context.call(LOOK_UP_FAULT_CODE, {"code": code}) for code in request.codes]
    said = [
        wording.code(outcome.result.value, outcome.first_number) if outcome.result else wording.UNAVAILABLE
        for outcome in outcomes
    ]
    citations = tuple(citation for outcome in outcomes for citation in outcome.citations)
    rows = [row for outcome in outcomes if outcome.result for row in outcome.result.value["rows"]]
    if not rows:
        return Handled(wording.joined(said), "declined", note=note)
    if any("no" in (row["may_drive_on"].casefold(), row.get("may_use_on", "").casefold()) for row in rows):
        numbers = await context.call(TELEPHONE_NUMBERS, {})
        if numbers.result is not None:
            said.append(wording.numbers(numbers.result.value["telephone"], numbers.first_number))
            citations += numbers.citations
    elif note is None and any(row["what_to_do"] in _AT_WORKSHOP for row in rows):
        said.append(wording.OFFER)
        note = await _code_note(request.codes, context)
    return Handled(wording.joined(said), citations=citations, note=note)


async def _code_note(codes: tuple[str, ...], context: ToolContext) -> dict[str, Any]:
    """What an appointment for codes needs to know."""
    known = await context.resources.reference.derived(fault_codes.parse)
    checks = await context.resources.reference.derived(guided_checks.parse)
    progress = diagnosis_note.of_codes([row for code in codes for row in known.of(code, SUBJECTS)])
    asked = checks.fitment.candidates(context.case.question.whole, context.case.facts)
    cars = asked if asked != checks.fitment.everything else progress.cars
    return replace(progress, cars=cars, question=wording.OFFER).note()


async def _begin(request: Told, context: ToolContext) -> Handled:
    """The causes of a symptom, and the first check; or the cause, where the customer's words point to it."""
    progress = request.progress
    checks = await context.resources.reference.derived(guided_checks.parse)
    step = await _step(progress, checks, context)
    if step.concludes and not progress.symptom.first:
        return step.handled("", ())
    arguments = {"symptom": request.text[:600], "vehicle": _vehicle(progress, checks)}
    outcome = await context.call(FIND_CAUSES, arguments)
    if outcome.result is None:
        return Handled(wording.UNAVAILABLE, "declined", note=dict(context.case.note) or None)
    value, citations = outcome.result.value, outcome.citations
    if step.concludes:
        return step.handled(wording.do_first(value, outcome.first_number), citations[-1:])
    return step.handled(wording.begun(value, outcome.first_number), citations)


async def _go_on(reply: Reply, context: ToolContext) -> Handled:
    progress = reply.progress
    checks = await context.resources.reference.derived(guided_checks.parse)
    match reply.command:
        case Command.CLOSE:
            return Handled(wording.CLOSED)
        case Command.SOLVED:
            return Handled(wording.GLAD)
        case Command.LATER:
            return Handled(wording.LATER, "asked_back", note=progress.note())
        case Command.NO_APPOINTMENT:
            return Handled(wording.NO_APPOINTMENT)
        case Command.APPOINTMENT:
            return _passed_on(reply, checks)
        case Command.RESTART:
            step = await _step(replace(progress, answers={}, cause=None), checks, context)
            return step.handled(wording.START_OVER, ())
        case Command.GO_ON:
            return (await _step(progress, checks, context)).handled("", ())


@dataclass(frozen=True, slots=True)
class _Step:
    """What comes next: the text, how it leaves the part, and what is remembered."""

    text: str
    status: Status
    citations: tuple[Citation, ...]
    progress: Progress | None

    @property
    def concludes(self) -> bool:
        """Whether it is no question for a check or the vehicle."""
        return self.progress is None or self.progress.stage in ("advised", "offered")

    def handled(self, before: str, citations: tuple[Citation, ...]) -> Handled:
        note = self.progress.note() if self.progress else None
        return Handled(wording.joined([before, self.text]), self.status, (*citations, *self.citations), note)


async def _step(progress: Progress, checks: GuidedChecks, context: ToolContext) -> _Step:
    """The next check, the vehicle where it turns on that, or what the answers lead to."""
    arguments = {
        "symptom": progress.symptom.name,
        "vehicle": _vehicle(progress, checks),
        "done": [{"check": name, "outcome": answer} for name, answer in progress.answers.items()],
        "codes": list(progress.codes),
    }
    outcome = await context.call(NEXT_CHECK, arguments)
    if outcome.result is None:
        return _Step(wording.UNAVAILABLE, "declined", (), progress)
    value, marker, citations = outcome.result.value, outcome.first_number, outcome.citations
    if value.get("nothing_fits"):
        return await _nobody(progress, checks, context)
    name = value.get("cause") or value["about"]
    cause = next(item for item in progress.symptom.causes if item.name == name)
    if value["vehicle_matters"] and "ask" in value and not progress.vehicle_asked:
        asking = replace(progress, stage="vehicle", cause=cause, question=wording.WHICH_VEHICLE, vehicle_asked=True)
        return _Step(wording.WHICH_VEHICLE, "asked_back", (), asking)
    if "ask" in value:
        asking = replace(progress, stage="check", cause=cause, question=value["ask"])
        return _Step(value["ask"], "asked_back", (), asking)
    text = wording.concluded(value, marker)
    if value["done_by"] == "customer":
        advised = replace(progress, stage="advised", cause=cause, question=wording.DID_IT_HELP)
        return _Step(f"{text}\n\n{wording.DID_IT_HELP}", "answered", citations, advised)
    if value["done_by"] == "workshop":
        offered = replace(progress, stage="offered", cause=cause, question=wording.OFFER)
        return _Step(f"{text}\n\n{wording.OFFER}", "asked_back", citations, offered)
    numbers = await context.call(TELEPHONE_NUMBERS, {})
    if numbers.result is not None:
        text = f"{text}\n\n{wording.numbers(numbers.result.value['telephone'], numbers.first_number)}"
        citations += numbers.citations
    return _Step(text, "to_person", citations, None)


async def _nobody(progress: Progress, checks: GuidedChecks, context: ToolContext) -> _Step:
    numbers = await context.call(TELEPHONE_NUMBERS, {})
    telephone = numbers.result.value["telephone"] if numbers.result else {}
    text = wording.nobody_fits(progress, checks.fitment, telephone, numbers.first_number)
    return _Step(text, "to_person", numbers.citations, None)


def _passed_on(reply: Reply, checks: GuidedChecks) -> Handled:
    """On to who makes appointments, with what was found."""
    progress, cause = reply.progress, reply.progress.cause
    work = cause.work if cause else progress.symptom.name
    vehicle = _vehicle(progress, checks)
    findings = {
        "symptom": progress.symptom.name,
        "cause": cause.name if cause else "",
        "checked": [{"check": name, "outcome": answer} for name, answer in progress.answers.items()],
        "codes": list(progress.codes),
        "vehicle": vehicle,
        "work": work,
    }
    text = f"book an appointment for {work}{f' of my {vehicle}' if vehicle else ''}"
    if reply.words:
        text = f"{text}. {reply.words}"
    return Handled(wording.passed_on(work), "passed_on", pass_on=PassOn(BOOKS, text, findings))


def _vehicle(progress: Progress, checks: GuidedChecks) -> str:
    return "" if progress.cars == progress.symptom.cars else checks.fitment.name(progress.cars)


SKILL = Diagnosis()
