"""Tools for those in need: what the documents order in a danger, and whom to call."""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from agents.diagnosis import contacts
from agents.diagnosis.contacts import Contact
from agents.diagnosis.danger import Kind
from agents.diagnosis.safety import EMERGENCY_SERVICES, advice, call, ordered, worded
from agents.tool import Arguments, Result, Tool
from agents.types import Evidence
from agents.vehicles.applicability import fitment_of
from agents.vehicles.driven import driven

if TYPE_CHECKING:
    from agents.context import ToolContext

SUBJECTS = ("troubleshooting", "handbook", "maintenance", "company")
"""The documents that advice and numbers are taken from."""
_PASSAGES = 8


class InDanger(Arguments):
    kind: Kind = Field(description="What is dangerous.")
    told: str = Field("", description="What the customer told of it.", max_length=2_000)


class NoArguments(Arguments):
    pass


async def _safety_advice(given: InDanger, context: "ToolContext") -> Result:
    resources = context.resources
    fitment = fitment_of(resources.vehicles)
    cars = fitment.candidates(given.told, context.case.facts)
    driving = await resources.reference.derived(driven)
    advised = advice(given.kind, driving=driving)
    query = f"{advised.sought}. {given.told[:300]}"
    passages = await resources.search(query, subjects=SUBJECTS, k=_PASSAGES)
    found = ordered(given.told, advised, passages, fitment, cars)
    evidence = [Evidence(passages[match.span.passage], match.span.start, match.span.end) for match in found]
    numbers = await _numbers(
        context,
        emergency=advised.emergency or not driving,
        line=True,
        poison=given.kind == "poison",
        roadside=driving,
        care=not driving,
    )
    value = {
        "say_first": advised.first,
        "documents_say": [worded(statement) for statement in found],
        "call": call(advised, numbers, driving=driving),
        "telephone": {name: contact.number for name, contact in numbers.items()},
    }
    return Result(value, (*evidence, *(contact.evidence for contact in numbers.values())))


async def _telephone_numbers(given: NoArguments, context: "ToolContext") -> Result:
    numbers = await _numbers(context, roadside=await context.resources.reference.derived(driven), care=True)
    value: dict[str, Any] = {"telephone": {name: contact.number for name, contact in numbers.items()}}
    return Result(value, tuple(contact.evidence for contact in numbers.values()))


async def _numbers(
    context: "ToolContext",
    *,
    roadside: bool,
    care: bool,
    emergency: bool = False,
    poison: bool = False,
    line: bool = False,
) -> dict[str, Contact]:
    """Whom to call first, as far as the documents say."""
    known = await context.resources.reference.derived(contacts.parse)
    chosen = {EMERGENCY_SERVICES: known.emergency} if emergency else {}
    chosen |= {"poison centre": known.poison} if poison else {}
    chosen |= {"emergency line": known.line} if line else {}
    chosen |= {"roadside assistance": known.roadside} if roadside else {}
    chosen |= {"customer care": known.care} if care else {}
    found = {name: contacts.first(numbers, SUBJECTS) for name, numbers in chosen.items()}
    return {name: contact for name, contact in found.items() if contact is not None}


SAFETY_ADVICE = Tool(
    "safety_advice",
    "What to do and whom to call where a customer is in danger: somebody is hurt, burnt, poisoned, caught or had a "
    "shock; fire or smoke, gas, fumes, high voltage, fuel, pressure, an accident; brakes or steering fail. Call it "
    "before anything else, and begin your answer with `say_first` and `call`. Never suggest a check of one's own.",
    InDanger,
    _safety_advice,
)
TELEPHONE_NUMBERS = Tool(
    "telephone_numbers",
    "The telephone numbers of customer care, and of roadside assistance where there is one.",
    NoArguments,
    _telephone_numbers,
)
