"""An appointment as a calendar file (RFC 5545)."""

import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.appointment_store import Appointment
from agents.appointments.dealers.workshops import Workshop

MEDIA_TYPE = "text/calendar; charset=utf-8"
USUAL_SLOT = timedelta(minutes=30)


def calendar_file(appointment: Appointment, workshop: Workshop | None, now: datetime) -> bytes:
    """A calendar with the appointment as its only event. One that has been cancelled takes the event out of the
    calendar that it was put in. `workshop` is None where the maker has it no more."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - a tenth of a second for what few ask for

    cancelled = appointment.status == "cancelled"
    where = workshop.name if workshop else "workshop"
    event = Event()
    event.add("uid", appointment.id)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.starts_at + (workshop.slot if workshop else USUAL_SLOT))
    event.add("sequence", int(cancelled))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", _line(f"{appointment.work or 'Workshop appointment'} ({where})"))
    event.add("description", _description(appointment, workshop))
    if workshop:
        event.add("location", _line(workshop.address))
    calendar = Calendar()
    calendar.add("prodid", "-//Pitcrew//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _description(appointment: Appointment, workshop: Workshop | None) -> str:
    lines = [f"Vehicle: {appointment.vehicle}"] if appointment.vehicle else []
    if workshop:
        local = appointment.starts_at.astimezone(ZoneInfo(workshop.zone))
        lines.append(f"Drop-off: {local:%A, %d %B %Y, %H:%M} ({workshop.zone})")
    if workshop and workshop.telephone:
        lines.append(f"Telephone: {workshop.telephone}")
    return "\n".join(map(_line, lines))


def _line(text: str) -> str:
    """The text on one line, without characters that a calendar file may not hold."""
    return "".join(" " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character for character in text)
