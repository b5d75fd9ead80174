"""Tools for a customer's own appointments: find times, and propose to book, move or cancel. Nothing is booked here."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace
from pydantic import AwareDatetime, Field

from agents.appointment_store import Appointment, Owner, Taken, TooManyAppointments, UnknownAppointment
from agents.appointments.booking_plan import Offer, Plan, noted
from agents.appointments.dealers.quoted_rules import Rule
from agents.appointments.dealers.quoted_rules import parse as parse_rules
from agents.appointments.dealers.times import free_times, spread, why_none
from agents.appointments.dealers.validation import checked_start, chosen_dealer, other_dealers, serviced
from agents.appointments.dealers.workshops import Workshop, Workshops
from agents.appointments.dealers.workshops import parse as parse_workshops
from agents.appointments.wording import moment
from agents.context import ToolContext
from agents.language.dates.windows import read
from agents.language.dates.wish import Window, Wish, at
from agents.tool import Arguments, Proposal, Result, Tool, ToolFailed
from agents.types import Asks, Evidence

log = structlog.get_logger()

HOLD_S = 900.0
"""How long a place is held while the customer makes up their mind; also how long the question waits."""
KEPT = "I keep the time for you for 15 minutes."
OFFERED = 3
MOST_TIMES = 12
_NO_SUCH = "There is no such appointment. The list of appointments shows those that there are."

_DEALER = Field(description="The dealer's name or town, or a place near it, as the customer says it.", max_length=200)
_WORK = Field(description="What is to be done, in a few words: 'annual service', 'tyre change'.", max_length=200)
_VEHICLE = Field(description="The vehicle's model, variant and model year as far as known.", max_length=200)
_STARTS_AT = Field(description="A start that find_slots gave, ISO 8601 with its offset.")
_ID = Field(description="An id from list_appointments.", max_length=64)


class FindSlots(Arguments):
    """Free times at one dealer."""

    dealer: str = _DEALER
    when: str = Field("", description="Days and times in the customer's words: 'next Tuesday morning'.", max_length=500)
    windows: tuple[Window, ...] = Field((), description="The same as exact windows, instead of `when`.", max_length=20)
    never: tuple[Window, ...] = Field((), description="Windows that do not suit.", max_length=40)
    safety_related: bool = Field(
        False, description="Whether the fault concerns brakes, steering, fire, fuel or the like."
    )
    work: str = Field("", description=_WORK.description, max_length=200)
    vehicle: str = Field("", description=_VEHICLE.description, max_length=200)
    count: int = Field(OFFERED, description="How many times.", ge=1, le=MOST_TIMES)


class ProposeAppointment(Arguments):
    """One place to be held and asked about."""

    dealer: str = _DEALER
    starts_at: AwareDatetime = _STARTS_AT
    work: str = _WORK
    vehicle: str = _VEHICLE


class ListAppointments(Arguments):
    """The customer's own; nothing to say."""


class ProposeMove(Arguments):
    """Another time for an appointment, or another dealer."""

    appointment_id: str = _ID
    starts_at: AwareDatetime = _STARTS_AT
    dealer: str = Field("", description="Only if it is to be at another dealer.", max_length=200)


class ProposeCancellation(Arguments):
    """An appointment that is to go."""

    appointment_id: str = _ID


async def workshops(context: ToolContext) -> Workshops:
    """The dealers of the knowledge base."""
    return await context.resources.reference.derived(parse_workshops)


async def find_slots(given: FindSlots, context: ToolContext) -> Result:
    """Times that suit; where there are none why, the next ones, and other dealers that have some."""
    known, now = await workshops(context), context.case.now
    dealer = chosen_dealer(known, given.dealer)
    vehicles = serviced(known, dealer, given.vehicle, context.resources.vehicles)
    wish = Wish(given.windows, given.never) if given.windows or given.never else read(given.when, now)
    if wish.unclear:
        raise ToolFailed(wish.unclear)
    appointment_store = context.resources.appointment_store
    times = await free_times(appointment_store, dealer, wish, given.work, now, run_id=context.run_id)
    value = _described(dealer) | {"slots": [_slot(start, now) for start in spread(times, given.count)]}
    evidence = [dealer.evidence]
    rules = await context.resources.reference.derived(parse_rules)
    if given.safety_related and rules.urgent is not None:
        value["urgent"] = rules.urgent.text
        evidence.append(rules.urgent.evidence)
    offered = spread(times, given.count)
    if not times:
        later = Wish(
            (Window(first=min((window.first for window in wish.windows if window.first), default=None)),), wish.never
        )
        following = await free_times(appointment_store, dealer, later, given.work, now)
        value["why_none"] = why_none(dealer, wish, given.work, now)
        log.info("no_time_found", run_id=context.run_id, dealer=dealer.key, why=value["why_none"])
        offered = spread(following, given.count)
        value["next"] = [_slot(start, now) for start in offered]
        value["elsewhere"] = []
        for other in other_dealers(known, dealer, vehicles):
            if found := await free_times(appointment_store, other, wish, given.work, now):
                value["elsewhere"].append(_described(other) | {"slots": [_slot(start, now) for start in found[:1]]})
    offers = tuple(Offer(dealer.key, start) for start in offered)
    plan = Plan(intent="book", asked="when", dealer=dealer.key, vehicle=given.vehicle, work=given.work, wish=wish)
    return Result(value, tuple(evidence), noted(replace(plan, offers=offers), now))


async def propose_appointment(given: ProposeAppointment, context: ToolContext) -> Result:
    """Hold the place and ask whether to book it."""
    known = await workshops(context)
    dealer = chosen_dealer(known, given.dealer)
    serviced(known, dealer, given.vehicle, context.resources.vehicles)
    start = await asyncio.to_thread(checked_start, dealer, given.starts_at, given.work, context.case.now)
    held = await _held(dealer, start, given.work, given.vehicle, context)
    if held is None:
        return await _too_late(dealer, start, given.work, context)
    told = moment(start, context.case.now)
    prompt = f"Shall I book {told} at {dealer.name} in {dealer.town}: {held.work} for your {held.vehicle}? {KEPT}"
    arguments = _arguments(held, dealer, start)
    shown = _described(dealer) | _slot(start, context.case.now) | {"work": held.work, "vehicle": held.vehicle}
    proposal = Proposal("book", arguments, Asks("confirm", prompt, proposal=shown, expires_s=HOLD_S))
    value = shown | {"held_for_s": HOLD_S, "hold": held.id}
    return Result(value, (dealer.evidence,), _note(held, dealer, start, context), proposal)


async def list_appointments(given: ListAppointments, context: ToolContext) -> Result:
    """The customer's booked appointments that are still to come."""
    known, now = await workshops(context), context.case.now
    booked = await context.resources.appointment_store.booked(context.user_id, now.astimezone(UTC))
    return Result({"appointments": [_shown(appointment, known, now) for appointment in booked]})


async def propose_move(given: ProposeMove, context: ToolContext) -> Result:
    """Hold another place for a booked appointment and ask whether to move it there."""
    known, now = await workshops(context), context.case.now
    booked, old = await _own(given.appointment_id, known, context)
    dealer = chosen_dealer(known, given.dealer) if given.dealer else old
    if dealer is None:
        raise ToolFailed("That service partner is not there any more. Which other one shall it be?")
    if old is not None and old.moves is not None and booked.moves >= old.moves:
        raise ToolFailed(f"It has been moved {booked.moves} times already. Call {old.name} on {old.telephone} instead.")
    serviced(known, dealer, booked.vehicle, context.resources.vehicles)
    start = await asyncio.to_thread(checked_start, dealer, given.starts_at, booked.work, now)
    if dealer is old and start == booked.starts_at:
        raise ToolFailed("That is the time that it has already. Which other one shall it be?")
    held = await _held(dealer, start, booked.work, booked.vehicle, context, replaces=booked.id)
    if held is None:
        return await _too_late(dealer, start, booked.work, context)
    rule = await _late(booked, old, context)
    before, after = moment(_local(booked, old, now), now), moment(start, now)
    where = f" at {dealer.name} in {dealer.town}" if dealer is not old else f" at {dealer.name}"
    prompt = f"{_warning(rule)}Shall I move your appointment ({booked.work}) from {before} to {after}{where}? {KEPT}"
    shown = _described(dealer) | _slot(start, now) | {"instead_of": before, "work": held.work, "vehicle": held.vehicle}
    arguments = _arguments(held, dealer, start) | {"moved": booked.id}
    proposal = Proposal("move", arguments, Asks("confirm", prompt, proposal=shown, expires_s=HOLD_S))
    value = shown | {"held_for_s": HOLD_S, "hold": held.id, "rule": _told(rule, old)}
    return Result(value, _evidence(rule), _note(held, dealer, start, context, moved=booked.id), proposal)


async def propose_cancellation(given: ProposeCancellation, context: ToolContext) -> Result:
    """Ask whether to cancel a booked appointment."""
    known, now = await workshops(context), context.case.now
    booked, dealer = await _own(given.appointment_id, known, context)
    rule = await _late(booked, dealer, context)
    shown = _shown(booked, known, now)
    prompt = (
        f"{_warning(rule)}Shall I cancel your appointment on {shown['local']} at {shown['dealer']} ({booked.work})?"
    )
    proposal = Proposal("cancel", {"appointment_id": booked.id}, Asks("confirm", prompt, proposal=shown))
    all_booked = await context.resources.appointment_store.booked(context.user_id, now.astimezone(UTC))
    among = tuple(item.id for item in all_booked)
    note = noted(Plan(intent="cancel", asked="appointment", among=among, appointment=booked.id), now)
    return Result(shown | {"rule": _told(rule, dealer)}, _evidence(rule), note, proposal)


async def _held(
    dealer: Workshop, start: datetime, work: str, vehicle: str, context: ToolContext, replaces: str | None = None
) -> Appointment | None:
    """The place, held; None where somebody was faster. Raises ToolFailed where the customer has too many."""
    try:
        return await context.resources.appointment_store.hold(
            Owner(context.user_id, context.conversation_id, context.run_id),
            dealer.key,
            start.astimezone(UTC),
            dealer.places,
            work=work,
            vehicle=vehicle,
            now=context.case.now.astimezone(UTC),
            seconds=HOLD_S,
            replaces=replaces,
        )
    except Taken:
        return None
    except UnknownAppointment:
        raise ToolFailed(_NO_SUCH) from None
    except TooManyAppointments:
        raise ToolFailed(
            f"You have as many appointments as can be made here. Please call {dealer.name} on {dealer.telephone}."
        ) from None


async def _too_late(dealer: Workshop, start: datetime, work: str, context: ToolContext) -> Result:
    """Somebody was faster: the next times."""
    log.info("place_taken", run_id=context.run_id, dealer=dealer.key)
    now = context.case.now
    times = await free_times(
        context.resources.appointment_store, dealer, Wish((Window(first=start.date()),)), work, now
    )
    following = [time for time in times if time > start] or times
    value = _described(dealer) | {"taken": True, "slots": [_slot(item, now) for item in following[:OFFERED]]}
    return Result(value, (dealer.evidence,))


async def _own(appointment_id: str, known: Workshops, context: ToolContext) -> tuple[Appointment, Workshop | None]:
    """A booked appointment of the customer's that is still to come, and its dealer. Raises ToolFailed."""
    try:
        found = await context.resources.appointment_store.find(context.user_id, appointment_id)
    except UnknownAppointment:
        raise ToolFailed(_NO_SUCH) from None
    if found.status != "booked" or found.starts_at <= context.case.now:
        raise ToolFailed(_NO_SUCH)
    return found, known.get(found.dealer)


async def _late(booked: Appointment, dealer: Workshop | None, context: ToolContext) -> Rule | None:
    """What the documents say of a change that comes as late as this; None where it is early enough."""
    if dealer is None or booked.starts_at - context.case.now >= dealer.change_until:
        return None
    rules = await context.resources.reference.derived(parse_rules)
    return rules.late


def _warning(rule: Rule | None) -> str:
    return "This is late, so the service partner may charge a fee. " if rule else ""


def _told(rule: Rule | None, dealer: Workshop | None) -> str:
    if rule is None or dealer is None:
        return ""
    return f"It begins in less than {round(dealer.change_until.total_seconds() / 3600)} hours. {rule.text}"


def _evidence(rule: Rule | None) -> tuple[Evidence, ...]:
    return (rule.evidence,) if rule else ()


def _arguments(held: Appointment, dealer: Workshop, start: datetime) -> dict[str, str]:
    place = {"appointment_id": held.id, "dealer": dealer.key, "starts_at": start.isoformat()}
    return place | {"work": held.work, "vehicle": held.vehicle}


def _note(
    held: Appointment, dealer: Workshop, start: datetime, context: ToolContext, moved: str = ""
) -> Mapping[str, Any]:
    """What a change of mind goes on from."""
    plan = Plan(
        intent="move" if moved else "book",
        dealer=dealer.key,
        vehicle=held.vehicle,
        work=held.work,
        wish=Wish((at(start),)),
        chosen=Offer(dealer.key, start),
        hold=held.id,
        appointment=moved,
    )
    return noted(plan, context.case.now)


def _described(dealer: Workshop) -> dict[str, Any]:
    return {"dealer": dealer.name, "key": dealer.key, "address": dealer.address, "telephone": dealer.telephone}


def _slot(start: datetime, now: datetime) -> dict[str, str]:
    return {"starts_at": start.isoformat(), "local": moment(start, now)}


def _local(booked: Appointment, dealer: Workshop | None, now: datetime) -> datetime:
    return booked.starts_at.astimezone(ZoneInfo(dealer.zone) if dealer else now.tzinfo)


def _shown(booked: Appointment, known: Workshops, now: datetime) -> dict[str, Any]:
    dealer = known.get(booked.dealer)
    described: Mapping[str, Any] = _described(dealer) if dealer else {"dealer": booked.dealer, "key": booked.dealer}
    start = _local(booked, dealer, now)
    about = {"appointment_id": booked.id, "work": booked.work, "vehicle": booked.vehicle}
    return {**about, **described, **_slot(start, now)}


FIND_SLOTS = Tool(
    "find_slots",
    "Free appointment times at a dealer for the days and times that the customer wishes. Changes nothing.",
    FindSlots,
    find_slots,
)
PROPOSE_APPOINTMENT = Tool(
    "propose_appointment",
    "Hold a free time for 15 minutes and ask the customer whether to book it. Books nothing by itself.",
    ProposeAppointment,
    propose_appointment,
)
LIST_APPOINTMENTS = Tool(
    "list_appointments", "The customer's booked appointments that are to come.", ListAppointments, list_appointments
)
PROPOSE_MOVE = Tool(
    "propose_move",
    "Hold another time for a booked appointment and ask the customer whether to move it. Moves nothing by itself.",
    ProposeMove,
    propose_move,
)
PROPOSE_CANCELLATION = Tool(
    "propose_cancellation",
    "Ask the customer whether to cancel a booked appointment. Cancels nothing by itself.",
    ProposeCancellation,
    propose_cancellation,
)
TOOLS = (FIND_SLOTS, PROPOSE_APPOINTMENT, LIST_APPOINTMENTS, PROPOSE_MOVE, PROPOSE_CANCELLATION)
