"""What is done to an appointment once the customer has agreed to it, or has not."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from agents.appointment_store import AppointmentStoreUnavailable, Owner, Taken, UnknownAppointment
from agents.appointments.booking_plan import Offer, Plan, noted
from agents.appointments.dealers.times import free_times, spread
from agents.appointments.dealers.workshops import Workshop, parse
from agents.appointments.wording import listed, moment
from agents.context import ToolContext
from agents.language.dates.wish import Window, Wish, at
from agents.skill import Action, Handled

log = structlog.get_logger()

CALENDAR = "/api/v1/appointments/{id}.ics"
UNREACHABLE = (
    "The appointment system cannot be reached at the moment, so I cannot tell whether that was done. Please ask me "
    '"when is my appointment?" in a few minutes, or call us.'
)


async def _commit(arguments: Mapping[str, Any], value: Any, context: ToolContext) -> Handled:
    """Book the place that was held; for a move the earlier appointment ends with it."""
    dealer, start, now = await _place(arguments, context)
    owner = Owner(context.user_id, context.conversation_id, context.run_id)
    moved = "moved" in arguments
    told, where = moment(start, now), dealer.name if dealer else arguments["dealer"]
    done = f"appointment moved to {told} at {where}" if moved else f"appointment at {where} on {told} booked"
    try:
        async with context.effect(done, repeatable=True):
            booked = await context.resources.appointment_store.commit(
                owner, arguments["appointment_id"], now.astimezone(UTC)
            )
    except Taken:
        log.info("place_taken", run_id=context.run_id, appointment_id=arguments["appointment_id"])
        return await _gone(dealer, start, arguments, context)
    except UnknownAppointment:
        log.info("appointment_unknown", run_id=context.run_id, appointment_id=arguments["appointment_id"])
        return Handled("That appointment is not there any more, so nothing was changed.", "declined")
    except AppointmentStoreUnavailable:
        log.warning("appointment_store_unavailable", run_id=context.run_id)
        return Handled(UNREACHABLE, "to_person")
    lines = [f"{'Moved' if moved else 'Booked'}: **{told}**, {booked.work}, {booked.vehicle}."]
    if dealer:
        lines.append(f"{dealer.address}, telephone {dealer.telephone}.")
    lines.append(f"For your calendar: {CALENDAR.format(id=booked.id)}")
    lines.append(_changing(dealer))
    plan = Plan(appointment=booked.id, dealer=booked.dealer, vehicle=booked.vehicle)
    return Handled("\n\n".join(lines), note=noted(plan, now))


def _changing(dealer: Workshop | None) -> str:
    if dealer is None or not dealer.change_until:
        return "To move or cancel it, just tell me here."
    hours = round(dealer.change_until.total_seconds() / 3600)
    return f"To move or cancel it, just tell me here; it is free of charge up to {hours} hours before it begins."


async def _gone(
    dealer: Workshop | None, start: datetime, arguments: Mapping[str, Any], context: ToolContext
) -> Handled:
    """Somebody has the place: what is free next."""
    now = context.case.now
    text = "I am sorry: somebody was faster, and that time is gone. Nothing was changed."
    if dealer is None:
        return Handled(text, "declined")
    after, again = Wish((Window(first=start.date()),)), _again(arguments)
    try:
        times = spread(await free_times(context.resources.appointment_store, dealer, after, again.work, now), 3)
    except AppointmentStoreUnavailable:
        times = []
    if not times:
        return Handled(f"{text} Please call {dealer.name} on {dealer.telephone}.", "to_person")
    plan = replace(again, offers=tuple(Offer(dealer.key, time) for time in times))
    text = (
        f"{text} {dealer.name} still has:\n\n{listed([moment(time, now) for time in times])}\n\nWhich one shall I take?"
    )
    return Handled(text, "asked_back", note=noted(plan, now))


async def _release(arguments: Mapping[str, Any], context: ToolContext) -> Handled:
    """Free the place again."""
    owner = Owner(context.user_id, context.conversation_id, context.run_id)
    with suppress(AppointmentStoreUnavailable):  # the place frees itself when its time is up
        await context.resources.appointment_store.release(owner, arguments["appointment_id"])
    _, start, _ = await _place(arguments, context)
    plan = replace(_again(arguments), wish=Wish((at(start),)))
    if plan.intent == "move":
        return Handled("All right, your appointment stays where it was.", note=noted(plan, context.case.now))
    text = "All right, nothing was booked. Tell me if you would like another day, time or place."
    return Handled(text, note=noted(plan, context.case.now))


def _again(arguments: Mapping[str, Any]) -> Plan:
    """What is left to be found another time for."""
    return Plan(
        intent="move" if "moved" in arguments else "book",
        asked="when",
        dealer=str(arguments["dealer"]),
        work=str(arguments.get("work", "")),
        vehicle=str(arguments.get("vehicle", "")),
        appointment=str(arguments.get("moved", "")),
    )


async def _cancel(arguments: Mapping[str, Any], value: Any, context: ToolContext) -> Handled:
    now = context.case.now
    try:
        async with context.effect("appointment cancelled", repeatable=True):
            gone = await context.resources.appointment_store.cancel(
                context.user_id, arguments["appointment_id"], now.astimezone(UTC)
            )
    except UnknownAppointment:
        log.info("appointment_unknown", run_id=context.run_id, appointment_id=arguments["appointment_id"])
        return Handled("That appointment is not there any more, so there was nothing to cancel.", "declined")
    except AppointmentStoreUnavailable:
        log.warning("appointment_store_unavailable", run_id=context.run_id)
        return Handled(UNREACHABLE, "to_person")
    known = await context.resources.reference.derived(parse)
    dealer = known.get(gone.dealer)
    start = gone.starts_at.astimezone(ZoneInfo(dealer.zone)) if dealer else gone.starts_at
    where = f" at {dealer.name}" if dealer else ""
    return Handled(
        f"Cancelled: {moment(start, now)}{where}, {gone.work}. Tell me if you would like another appointment."
    )


async def _keep(arguments: Mapping[str, Any], context: ToolContext) -> Handled:
    return Handled("All right, your appointment stays as it is.")


async def _place(arguments: Mapping[str, Any], context: ToolContext) -> tuple[Workshop | None, datetime, datetime]:
    """The dealer, the start in its time zone, and now."""
    known = await context.resources.reference.derived(parse)
    dealer = known.get(arguments["dealer"])
    start = datetime.fromisoformat(arguments["starts_at"])
    return dealer, start.astimezone(ZoneInfo(dealer.zone)) if dealer else start, context.case.now


ACTIONS: Mapping[str, Action] = {
    "book": Action(_commit, _release),
    "move": Action(_commit, _release),
    "cancel": Action(_cancel, _keep),
}
