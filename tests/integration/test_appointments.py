"""A customer's appointments over HTTP: the own ones only, in the dealer's time, and as a calendar file."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from agents.appointment_store import Appointment, AppointmentStore, Owner
from agents.appointments.sql_store import SqlAppointmentStore
from rag.database import open_database
from tests.serving import Served

DEALER = "oxmere-garage-lindqvist"
NOW = datetime.now(UTC)
NINE = (NOW + timedelta(days=30)).replace(hour=9, minute=0, second=0, microsecond=0)
ANNA = Owner("appointments-anna", "c1", "r1")


@pytest.fixture
async def appointment_store(server: Served) -> AsyncIterator[AppointmentStore]:
    """The server's own appointment store, from outside."""
    database = open_database(f"sqlite:///{server.data / 'pitcrew.db'}")
    opened = SqlAppointmentStore(database)
    yield opened
    await opened.close()
    database.dispose()


async def booked(appointment_store: AppointmentStore, owner: Owner, at: datetime, dealer: str = DEALER) -> Appointment:
    held = await appointment_store.hold(
        owner, dealer, at, 1, work="Service; tyres", vehicle="Wren 58", now=NOW, seconds=60
    )
    return await appointment_store.commit(owner, held.id, NOW)


def listed(server: Served, user: str) -> list[dict[str, Any]]:
    status, body, _ = server.get("/api/v1/appointments", server.token(user))
    assert status == 200
    found: list[dict[str, Any]] = json.loads(body)["appointments"]
    return found


async def test_appointments_are_listed_in_the_dealers_time(server: Served, appointment_store: AppointmentStore) -> None:
    assert listed(server, ANNA.user_id) == []
    later = await booked(appointment_store, ANNA, NINE + timedelta(days=1))
    first = await booked(appointment_store, ANNA, NINE)
    elsewhere = await booked(appointment_store, ANNA, NINE + timedelta(days=2), "a-dealer-that-is-no-more")
    await appointment_store.hold(ANNA, DEALER, NINE + timedelta(hours=1), 1, work="", vehicle="", now=NOW, seconds=60)
    found = listed(server, ANNA.user_id)
    assert [one["id"] for one in found] == [first.id, later.id, elsewhere.id]
    assert found[0] == {
        "id": first.id,
        "dealer": {
            "name": "Oxmere Garage Lindqvist",
            "street": "5 Station Street",
            "town": "Oxmere",
            "telephone": "0700 555 123",
        },
        "starts_at": NINE.isoformat().replace("+00:00", "Z"),
        "local_time": NINE.astimezone(ZoneInfo("Europe/Dublin")).isoformat(),
        "time_zone": "Europe/Dublin",
        "work": "Service; tyres",
        "vehicle": "Wren 58",
        "calendar": f"/api/v1/appointments/{first.id}.ics",
    }
    assert (found[2]["dealer"], found[2]["time_zone"]) == ({"name": "a-dealer-that-is-no-more"}, "UTC")
    assert listed(server, "appointments-ben") == []


async def test_a_calendar_file_of_an_appointment(server: Served, appointment_store: AppointmentStore) -> None:
    owner = Owner("appointments-carla", "c2", "r2")
    made = await booked(appointment_store, owner, NINE + timedelta(hours=2))
    path = f"/api/v1/appointments/{made.id}.ics"
    status, body, headers = server.get(path, server.token(owner.user_id))
    assert (status, headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert headers["content-disposition"] == 'attachment; filename="appointment.ics"'
    [event] = Calendar.from_ical(body).events
    assert (event["UID"], event.start, event["STATUS"]) == (made.id, made.starts_at, "CONFIRMED")
    assert event["LOCATION"] == "Oxmere Garage Lindqvist, 5 Station Street, Oxmere"
    await appointment_store.cancel(owner.user_id, made.id, NOW)
    _, body, _ = server.get(path, server.token(owner.user_id))
    [event] = Calendar.from_ical(body).events
    assert (event["UID"], event["STATUS"]) == (made.id, "CANCELLED")
    assert listed(server, owner.user_id) == []


async def test_an_appointment_of_somebody_else_is_like_one_that_never_was(
    server: Served, appointment_store: AppointmentStore
) -> None:
    owner = Owner("appointments-dora", "c3", "r3")
    made = await booked(appointment_store, owner, NINE + timedelta(hours=4))
    held = await appointment_store.hold(
        owner, DEALER, NINE + timedelta(hours=5), 1, work="", vehicle="", now=NOW, seconds=60
    )  # no appointment yet
    foreign = server.get(f"/api/v1/appointments/{made.id}.ics", server.token("appointments-eve"))
    unknown = server.get("/api/v1/appointments/no-such.ics", server.token("appointments-eve"))
    unbooked = server.get(f"/api/v1/appointments/{held.id}.ics", server.token(owner.user_id))
    for status, body, headers in (foreign, unknown, unbooked):
        assert (status, headers["content-type"]) == (404, "application/problem+json")
        problem = json.loads(body)
        assert problem.pop("ref")
        assert problem == {
            "type": "urn:pitcrew:not-found",
            "title": "Not found",
            "status": 404,
            "detail": "There is no such thing, or it is not yours.",
            "code": "NOT_FOUND",
            "retryable": False,
        }


@pytest.mark.parametrize("path", ["/api/v1/appointments", "/api/v1/appointments/x.ics"])
def test_nobody_sees_appointments_without_a_token(server: Served, path: str) -> None:
    assert server.get(path)[0] == 401


@pytest.mark.parametrize("name", ["%00", "..%2f..%2fetc%2fpasswd", "x" * 2000, "%ff", "'%20OR%201=1--", "é漢"])
def test_hostile_names_are_names_of_nothing(server: Served, name: str) -> None:
    path = f"/api/v1/appointments/{quote(name, safe='%')}.ics"
    assert server.get(path, server.token("appointments-eve"))[0] == 404
