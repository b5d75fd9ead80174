"""A customer's own appointments, as JSON and for a calendar."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Response

from agents.appointment_store import Appointment, AppointmentStoreUnavailable, UnknownAppointment
from agents.appointments.dealers.workshops import Workshop, Workshops, parse
from api.compose.app_state import AppState
from api.export.ics import MEDIA_TYPE, calendar_file
from api.protocol.openapi import answers, parts, streamed
from api.routes.dependencies import CurrentCaller, State
from orchestrator.errors import NotFound, StorageUnavailable

router = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])

CALENDAR = streamed("text/calendar", "A calendar with one event.")


class AppointmentDealer(msgspec.Struct):
    """Where it is; of a workshop that is no more, the name alone."""

    name: str
    street: str | None = None
    town: str | None = None
    telephone: str | None = None


class BookedAppointment(msgspec.Struct):
    """An appointment to come. `starts_at` is in UTC, `local_time` in the workshop's `time_zone`, `calendar` is the
    address of its calendar file."""

    id: str
    dealer: AppointmentDealer
    starts_at: str
    local_time: str
    time_zone: str
    work: str
    vehicle: str
    calendar: str


@router.get("", responses=answers(parts("Appointments", appointments=list[BookedAppointment])))
async def appointments(state: State, caller: CurrentCaller) -> dict[str, Any]:
    """Your booked appointments that are yet to come, the next one first."""
    return {"appointments": await bodies(state, caller.user_id)}


async def bodies(state: AppState, user_id: str) -> list[dict[str, Any]]:
    """The booked appointments of a user that are yet to come, the next one first. Raises StorageUnavailable."""
    try:
        booked = await state.records.appointment_store.booked(user_id, datetime.now(UTC))
    except AppointmentStoreUnavailable as error:
        raise StorageUnavailable from error
    workshops = await _workshops(state) if booked else Workshops()
    return [_body(appointment, workshops.get(appointment.dealer)) for appointment in booked]


@router.get("/{appointment_id}.ics", response_class=Response, responses=CALENDAR)
async def calendar(appointment_id: str, state: State, caller: CurrentCaller) -> Response:
    """One of your appointments as a calendar file; for one that is cancelled, a file that takes it out again."""
    try:
        appointment = await state.records.appointment_store.find(caller.user_id, appointment_id)
    except UnknownAppointment as error:
        raise NotFound from error
    except AppointmentStoreUnavailable as error:
        raise StorageUnavailable from error
    if appointment.expires_at is not None:
        raise NotFound
    body = calendar_file(appointment, (await _workshops(state)).get(appointment.dealer), datetime.now(UTC))
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"', "Cache-Control": "private, no-store"}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


async def _workshops(state: AppState) -> Workshops:
    return await state.records.reference.derived(parse)


def _body(appointment: Appointment, workshop: Workshop | None) -> dict[str, Any]:
    """The times are ISO 8601: `starts_at` in UTC, `local_time` in the workshop's `time_zone`."""
    zone = workshop.zone if workshop else "UTC"
    dealer = (
        {name: getattr(workshop, name) for name in ("name", "street", "town", "telephone")}
        if workshop
        else {"name": appointment.dealer}
    )
    return {
        "id": appointment.id,
        "dealer": dealer,
        "starts_at": appointment.starts_at.isoformat().replace("+00:00", "Z"),
        "local_time": appointment.starts_at.astimezone(ZoneInfo(zone)).isoformat(),
        "time_zone": zone,
        "work": appointment.work,
        "vehicle": appointment.vehicle,
        "calendar": f"/api/v1/appointments/{appointment.id}.ics",
    }
