"""Calendar files: what a calendar program reads out of them, also where customers write what they like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from agents.appointment_store import Appointment
from agents.appointments.dealers.workshops import Workshop, parse
from agents.vehicles.range import Vehicles
from api.export.ics import calendar_file
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.types import Document

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOKED = Appointment(
    id="0f8fad5b-d9cb-469f-a165-70867728950e",
    dealer="north-garage",
    starts_at=datetime(2026, 4, 7, 7, 30, tzinfo=UTC),
    place=0,
    status="booked",
    work="Annual service",
    vehicle="Fox S, 2026",
)


@pytest.fixture(scope="module")
def garage() -> Workshop:
    rows = """dealer,street,town,telephone,time_zone,places_per_slot,monday_to_friday,country,slot_minutes
"North Garage, Ltd.; main",1 High Street,Aville,01 23,Europe/Paris,2,08:00-12:00,FR,45"""
    loader = loader_for(Path("garages.csv"))
    assert loader is not None
    document = Document("garages.csv", "", "hash", loader.read(rows.encode(), "Garages").content)
    return parse(split(document), Vehicles()).rows[0]


def event(file: bytes) -> Any:
    calendar = Calendar.from_ical(file)
    [found] = calendar.events
    return found


def test_a_booked_appointment(garage: Workshop) -> None:
    file = calendar_file(BOOKED, garage, NOW)
    found = event(file)
    assert (found["UID"], found["STATUS"], found["SEQUENCE"]) == (BOOKED.id, "CONFIRMED", 0)
    assert found.start == BOOKED.starts_at
    assert found.end - found.start == timedelta(minutes=45)
    assert b"DTSTART:20260407T073000Z\r\n" in file
    assert found["SUMMARY"] == "Annual service (North Garage, Ltd.; main)"
    assert found["LOCATION"] == "North Garage, Ltd.; main, 1 High Street, Aville"
    assert found["DESCRIPTION"].splitlines() == [
        "Vehicle: Fox S, 2026",
        "Drop-off: Tuesday, 07 April 2026, 09:30 (Europe/Paris)",
        "Telephone: 01 23",
    ]
    assert b"\r\nMETHOD:PUBLISH\r\n" in file
    assert file.startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_cancelled_one_takes_the_event_out_again(garage: Workshop) -> None:
    file = calendar_file(replace(BOOKED, status="cancelled"), garage, NOW)
    found = event(file)
    assert (found["UID"], found["STATUS"], found["SEQUENCE"]) == (BOOKED.id, "CANCELLED", 1)
    assert b"\r\nMETHOD:CANCEL\r\n" in file


def test_a_dealer_that_is_no_more() -> None:
    found = event(calendar_file(replace(BOOKED, work="", vehicle=""), None, NOW))
    assert found["SUMMARY"] == "Workshop appointment (workshop)"
    assert "LOCATION" not in found
    assert found.end - found.start == timedelta(minutes=30)


@pytest.mark.parametrize(
    "words",
    [
        "x\r\nATTENDEE:mailto:eve@example.com\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        "x\nBEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM",
        "x\rATTENDEE:mailto:eve@example.com",
        "x\u2028ATTENDEE:mailto:eve@example.com\u0085END:VCALENDAR\x0bEND:VEVENT\x0c",
        'a, b; c: d \\n e \\ f "g"',
        "é漢🚗" * 60,
        "\0\x01\x1b[2J",
    ],
)
def test_hostile_words_stay_words(words: str, garage: Workshop) -> None:
    file = calendar_file(replace(BOOKED, work=words, vehicle=words), garage, NOW)
    lines = file.split(b"\r\n")
    assert [line for line in lines if line.startswith((b"ATTENDEE", b"BEGIN:", b"ACTION", b"END:"))] == [
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"END:VCALENDAR",
    ]
    assert all(len(line) <= 75 for line in lines)
    assert not any(byte in file.replace(b"\r\n", b"") for byte in (b"\r", b"\n", b"\0", b"\x1b", b"\x0b"))
    found = event(file)
    assert set(found) == {
        *("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY", "DESCRIPTION", "LOCATION")
    }
