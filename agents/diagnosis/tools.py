"""Tools of guided diagnosis: a trouble code's meaning, the causes of a symptom, and the check to ask for next."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from agents.diagnosis import codes as fault_codes
from agents.diagnosis import guided_checks, symptoms
from agents.diagnosis.codes import FaultCode
from agents.diagnosis.guided_checks import Cause, GuidedChecks
from agents.diagnosis.note import Progress
from agents.diagnosis.ranking import MOST_NAMED, Answer, Finding, find
from agents.tool import Arguments, Result, Tool, ToolFailed
from agents.vehicles.applicability import Cars, Fitment, fitment_of

if TYPE_CHECKING:
    from agents.context import ToolContext

SUBJECTS = ("troubleshooting", "records", "handbook", "maintenance", "specs", "company", "")
"""The documents that codes and checks are taken from."""
NO_CHECKS = "There are no guided checks for that. Answer from the passages, or leave it to a person."
_VEHICLE = "The customer's vehicle with its model year, if known; otherwise empty."


class FaultCodeLookup(Arguments):
    code: str = Field(description="One trouble code as the customer wrote it, such as P0420 or E3.", max_length=40)
    vehicle: str = Field("", description=_VEHICLE, max_length=200)


class Causes(Arguments):
    symptom: str = Field(description="What does not work, in the customer's words.", min_length=3, max_length=600)
    vehicle: str = Field("", description=_VEHICLE, max_length=200)


class Done(Arguments):
    check: str = Field(
        description="The cause that was checked, or the question, as next_check named it.", max_length=400
    )
    outcome: Answer = Field(description="The customer's answer to the check's question.")


class NextCheck(Arguments):
    symptom: str = Field(description="The symptom as find_causes named it.", max_length=200)
    vehicle: str = Field("", description=_VEHICLE, max_length=200)
    done: list[Done] = Field(default_factory=list, description="What was checked so far.", max_length=60)
    codes: list[str] = Field(default_factory=list, description="Trouble codes that are stored.", max_length=20)


async def _look_up(given: FaultCodeLookup, context: "ToolContext") -> Result:
    known = await context.resources.reference.derived(fault_codes.parse)
    named = fault_codes.codes(f"code {given.code}", known)
    if len(named) != 1:
        raise ToolFailed(
            "That is not one trouble code: those of vehicles are a letter P, B, C or U, a figure 0 to 3 and three more "
            "figures or letters A to F, others are as the documents' tables write them. Ask the customer to read it "
            "again."
        )
    found = known.of(named[0], SUBJECTS)
    if not found:
        return Result({"code": named[0], "known": False, "rows": []})
    fitment = fitment_of(context.resources.vehicles)
    cars = fitment.candidates(given.vehicle, context.case.facts)
    value = {"code": found[0].code, "known": True, "rows": [_code_row(row, cars, fitment) for row in found]}
    return Result(value, tuple(row.evidence for row in found))


def _code_row(row: FaultCode, cars: Cars, fitment: Fitment) -> dict[str, Any]:
    used = {"may_use_on": row.may_use_on} if row.may_use_on else {}
    return used | {
        "meaning": row.meaning,
        "likely_cause": row.cause,
        "what_to_do": row.remedy,
        "may_drive_on": row.may_drive_on,
        "system": row.system,
        "applies_to": row.applies_to,
        "applies_to_the_vehicle": None if cars == fitment.everything else bool(row.cars & cars),
    }


async def _find_causes(given: Causes, context: "ToolContext") -> Result:
    checks = await context.resources.reference.derived(guided_checks.parse)
    resources = context.resources
    found = await asyncio.to_thread(symptoms.match, given.symptom, checks, resources.vehicles, resources.embedder)
    symptom = symptoms.clear(found)
    if symptom is None:
        raise ToolFailed(NO_CHECKS)
    cars = _cars(given.vehicle or given.symptom, checks, context) & symptom.cars
    if not cars:
        raise ToolFailed(f"{NO_CHECKS} {symptom.name.capitalize()}: this is about other vehicles.")
    finding = find(symptom, cars, {})
    named = [entry for entry in finding.ranked if _readable(entry.cause)][:MOST_NAMED]
    value = {
        "symptom": symptom.name,
        "do_first": symptom.first,
        "causes": [
            {
                "cause": item.cause.name,
                "probability": round(item.probability, 2),
                "applies_to": _of(item.cause, cars, checks),
            }
            for item in named
        ],
    }
    evidence = [item.cause.evidence for item in named] + ([symptom.first_evidence] if symptom.first_evidence else [])
    return Result(value, tuple(evidence), note=Progress(symptom, cars).note())


async def _next_check(given: NextCheck, context: "ToolContext") -> Result:
    checks = await context.resources.reference.derived(guided_checks.parse)
    symptom = checks.named(given.symptom)
    if symptom is None:
        raise ToolFailed(f"{given.symptom!r} is no symptom of the guided checks: call find_causes first.")
    cars = _cars(given.vehicle, checks, context) & symptom.cars or symptom.cars
    answers = {_checked(item, symptom.causes).name: item.outcome for item in given.done}
    codes = tuple(map(fault_codes.bare, given.codes))
    finding = find(symptom, cars, answers, codes)
    about = finding.cause or finding.ask
    value: dict[str, Any] = {"symptom": symptom.name, "still_possible": [entry.cause.name for entry in finding.ranked]}
    progress = Progress(symptom, cars, answers, codes, cause=about)
    if about is None:
        return Result(value | {"nothing_fits": True}, note=progress.note(), person="None of the usual causes fits.")
    value |= {"vehicle_matters": about.cars & cars != cars} | _step(finding, about)
    return Result(value, (about.evidence,), note=progress.note())


def _step(finding: Finding, about: Cause) -> dict[str, Any]:
    if finding.ask is not None:
        return {"ask": about.check, "about": about.name}
    return {
        "cause": about.name,
        "sure": finding.sure,
        "what_to_do": about.remedy,
        "done_by": about.done_by,
        "work": about.work,
        "may_drive_on": about.may_drive_on,
        "may_use_on": about.may_use_on,
    }


def _checked(done: Done, causes: Sequence[Cause]) -> Cause:
    """The cause that a check is about, by its name or its question."""
    said = done.check.casefold().strip()
    for cause in causes:
        if said in (cause.name.casefold(), cause.check.casefold()):
            return cause
    raise ToolFailed(f"{done.check!r} is none of the checks: use the words that next_check gave.")


def _cars(vehicle: str, checks: GuidedChecks, context: "ToolContext") -> Cars:
    return checks.fitment.candidates(vehicle, context.case.facts)


def _of(cause: Cause, cars: Cars, checks: GuidedChecks) -> str:
    """The vehicles that a cause is about, where those asked about do not all have it."""
    return "" if cars <= cause.cars else checks.fitment.name(cause.cars)


def _readable(cause: Cause) -> bool:
    return cause.evidence.passage.chunk.subject in SUBJECTS


LOOK_UP_FAULT_CODE = Tool(
    "look_up_fault_code",
    "What a trouble code means, its likely cause, what to do and whether the customer may go on: exactly as the "
    "maker's table says. A code that is not known is not known: never explain it by a similar one.",
    FaultCodeLookup,
    _look_up,
)
FIND_CAUSES = Tool(
    "find_causes",
    "The likely causes of a symptom, the likeliest first, and what to do before anything else.",
    Causes,
    _find_causes,
)
NEXT_CHECK = Tool(
    "next_check",
    "The one check to ask the customer for next, or the cause once the answers point to it. Ask one check at a time "
    "and call this again with all answers so far.",
    NextCheck,
    _next_check,
)
