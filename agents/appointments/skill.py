"""Workshop appointments: found, booked, moved, cancelled and listed, over as many turns as it takes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.appointment_store import AppointmentStoreUnavailable
from agents.appointments.actions import ACTIONS
from agents.appointments.booking_plan import Plan, noted, recalled
from agents.appointments.changes import change, list_booked
from agents.appointments.dealers.workshops import parse
from agents.appointments.dialogue import UNREACHABLE, Dialogue
from agents.appointments.inquiry import Heard, hear, takes_up
from agents.appointments.new import book
from agents.appointments.service_offer import accepted
from agents.appointments.tools import TOOLS
from agents.context import Case, Resources, ToolContext
from agents.skill import Action, Handled
from agents.tool import Tool


@dataclass(frozen=True, slots=True)
class Request:
    """What the message tells, and what was planned before it."""

    heard: Heard
    plan: Plan


@dataclass(frozen=True, slots=True)
class Appointments:
    """See `agents.skill.Skill`."""

    name: str = "appointments"
    guidance: str = (
        "Appointments: find free times with find_slots, giving the customer's own words for days and times as `when`; "
        "offer at most three, and call propose_appointment for the one that the customer picks. Ask for one thing at a "
        "time where dealer, work or vehicle is missing. list_appointments shows the customer's own; propose_move and "
        "propose_cancellation need an id from it. A proposal asks the customer by itself: never say that something is "
        "booked, moved or cancelled unless you are told so."
    )
    tools: tuple[Tool[Any], ...] = TOOLS

    @property
    def actions(self) -> Mapping[str, Action]:
        return ACTIONS

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        """See `agents.skill.Skill`."""
        plan = recalled(case.note, case.now)
        return (plan.open or plan.paused) and takes_up(plan, await _heard(case, resources, plan))

    async def read(self, case: Case, resources: Resources) -> Request | None:
        """See `agents.skill.Skill`."""
        plan = recalled(case.note, case.now)
        heard = await _heard(case, resources, plan)
        return Request(heard, plan) if heard.intent is not None or takes_up(plan, heard) else None

    async def act(self, request: Request, context: ToolContext) -> Handled:
        """See `agents.skill.Skill`."""
        known = await context.resources.reference.derived(parse)
        dialogue = Dialogue(context, known, request.heard, request.plan, _begun(request))
        try:
            if dialogue.plan.intent == "list":
                return await list_booked(dialogue)
            await dialogue.clear()
            if request.heard.reply == "stop" and request.plan.open:
                return dialogue.stop()
            return await (book(dialogue) if dialogue.plan.intent == "book" else change(dialogue))
        except AppointmentStoreUnavailable:
            return Handled(UNREACHABLE, "declined", note=noted(request.plan, context.case.now))


async def _heard(case: Case, resources: Resources, plan: Plan) -> Heard:
    """What the part tells, in the customer's own words."""
    known = await resources.reference.derived(parse)
    about = (case.now, plan, known, resources.vehicles, case.facts, case.act, resources.choices)
    return await asyncio.to_thread(hear, _own(case), *about)


def _own(case: Case) -> str:
    """The part without what the conversation adds to it; a yes to an offer with what was offered."""
    if work := accepted(case.message, case.history):
        return f"Book an appointment for {work}. {case.message}"
    return case.question.text


def _begun(request: Request) -> Plan:
    """The plan that the message goes on with, or a new one where it begins something else."""
    heard, plan = request.heard, request.plan
    goes_on = takes_up(plan, heard) and heard.intent in (None, "book")
    if (plan.open and heard.intent in (None, plan.intent)) or (goes_on and plan.intent == "book"):
        return plan
    wanted = heard.intent or plan.intent or "book"
    appointment = plan.appointment if wanted in ("move", "cancel") else ""
    dealer = plan.dealer if heard.same_dealer else ""
    return Plan(intent=wanted, vehicle=plan.vehicle, dealer=dealer, hold=plan.hold, appointment=appointment)


SKILL = Appointments()
