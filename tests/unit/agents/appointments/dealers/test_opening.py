"""Opening hours and free places on days that are not like others: changes of the clock, 29 February, holidays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from agents.appointment_store import Appointment
from agents.appointments.dealers.hours import Day, Hours
from agents.appointments.dealers.opening import FARTHEST, free, holiday_name, opening, slots
from agents.appointments.dealers.workshops import Workshop
from agents.types import Evidence
from rag.types import Chunk, Passage

ROW = Evidence(Passage(Chunk("c", "garages.csv", "", "Garages", (), None, 0, 3, "row"), 1.0), 0, 3)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def garage(
    zone: str = "Europe/Dublin",
    country: str = "IE",
    opens: time = time(9),
    closes: time = time(12),
    *,
    region: str = "",
    closed: Sequence[Day] = (),
    places: int = 2,
    minutes: int = 30,
) -> Workshop:
    """One that is open every day of the week."""
    return Workshop(
        key="north-garage",
        town="Aville",
        name="North Garage",
        street="",
        telephone="",
        zone=zone,
        country=country,
        region=region,
        hours=((Hours(opens, closes),),) * 7,
        closed=tuple(closed),
        places=places,
        slot=timedelta(minutes=minutes),
        nearby=(),
        aliases=(),
        services=(),
        lead=timedelta(0),
        tyre_lead=timedelta(0),
        tyre_months=(),
        change_until=timedelta(0),
        change_until_with_car=timedelta(0),
        moves=None,
        evidence=ROW,
    )


def clock(starts: Sequence[datetime]) -> list[str]:
    return [f"{start:%H:%M}" for start in starts]


def taken(start: datetime, place: int = 0, dealer: str = "north-garage") -> Appointment:
    return Appointment(f"a{place}", dealer, start.astimezone(UTC), place, "booked", "", "")


# --- days -----------------------------------------------------------------------------------------------------------


def test_a_day_has_a_slot_for_each_step_until_closing() -> None:
    assert clock(slots(garage(minutes=50), date(2026, 3, 3))) == ["09:00", "09:50", "10:40"]
    assert slots(garage(closes=time(9, 20)), date(2026, 3, 3)) == []


@pytest.mark.parametrize(
    ("zone", "day", "offset"),
    [
        ("Europe/Dublin", date(2026, 3, 28), 0),
        ("Europe/Dublin", date(2026, 3, 29), 1),
        ("Europe/Dublin", date(2026, 10, 25), 0),
        ("America/New_York", date(2026, 3, 8), -4),
        ("Asia/Kolkata", date(2026, 3, 29), 5.5),
    ],
)
def test_local_hours_stay_the_same_when_the_clock_changes(zone: str, day: date, offset: float) -> None:
    [(opens, closes)] = opening(garage(zone, ""), day)
    assert (opens.time(), closes.time()) == (time(9), time(12))
    assert opens.utcoffset() == timedelta(hours=offset)


def test_a_local_time_that_the_clock_leaves_out_is_no_slot() -> None:
    night = garage("Europe/Berlin", "", time(1), time(4))
    assert clock(slots(night, date(2026, 3, 29))) == ["01:00", "01:30", "03:00", "03:30"]
    moments = [start.astimezone(UTC) for start in slots(night, date(2026, 3, 29))]
    assert [later - start for start, later in pairwise(moments)] == [timedelta(minutes=30)] * 3
    [(opens, closes)] = opening(garage("Europe/Berlin", "", time(2, 30), time(4)), date(2026, 3, 29))
    assert (clock([opens, closes]), closes - opens) == (["03:30", "04:00"], timedelta(minutes=30))


def test_a_local_time_that_the_clock_shows_twice_is_one_slot_at_its_first() -> None:
    night = garage("Europe/Berlin", "", time(1), time(4))
    found = slots(night, date(2026, 10, 25))
    assert clock(found) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert found[2].utcoffset() == timedelta(hours=2)
    assert found[4].astimezone(UTC) - found[3].astimezone(UTC) == timedelta(minutes=90)


def test_zones_with_half_hours_and_a_midnight_that_does_not_exist() -> None:
    beirut = garage("Asia/Beirut", "", time(0), time(2))
    assert clock(slots(beirut, date(2026, 3, 29))) == ["01:00", "01:30"]
    lord_howe = garage("Australia/Lord_Howe", "", time(1), time(3))
    assert clock(slots(lord_howe, date(2026, 10, 4))) == ["01:00", "01:30", "02:30"]


# --- holidays and closing days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "region", "day", "name"),
    [
        ("IE", "", date(2026, 3, 17), "Saint Patrick's Day"),
        ("IE", "", date(2026, 4, 6), "Easter Monday"),
        ("IE", "", date(2027, 3, 29), "Easter Monday"),
        ("IE", "", date(2026, 12, 26), "Saint Stephen's Day"),
        ("IE", "", date(2026, 3, 18), ""),
        ("DE", "BY", date(2026, 1, 6), "Epiphany"),
        ("DE", "", date(2026, 1, 6), ""),
        ("", "", date(2026, 12, 25), ""),
    ],
)
def test_public_holidays_of_the_country_and_region(country: str, region: str, day: date, name: str) -> None:
    workshop = garage(country=country, region=region)
    assert holiday_name(workshop, day) == name
    assert bool(opening(workshop, day)) == (not name)
    assert bool(slots(workshop, day)) == (not name)


def test_days_on_which_a_workshop_is_closed_of_its_own_accord() -> None:
    workshop = garage(closed=[Day(12, 24), Day(8, 17, 2026)])
    closed = [date(2026, 12, 24), date(2027, 12, 24), date(2026, 8, 17)]
    assert [opening(workshop, day) for day in closed] == [[], [], []]
    assert opening(workshop, date(2027, 8, 17))


def test_the_29th_of_february_is_a_day_in_leap_years_only() -> None:
    workshop = garage()
    assert len(slots(workshop, date(2028, 2, 29))) == 6
    assert slots(garage(closed=[Day(2, 29)]), date(2028, 2, 29)) == []
    now = datetime(2028, 2, 28, 8, 0, tzinfo=UTC)
    days = {start.date() for start in free(workshop, [], now, now + timedelta(days=3), now, timedelta(0))}
    assert days == {date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)}


# --- free places ----------------------------------------------------------------------------------------------------


def test_a_time_is_free_until_every_place_is_taken() -> None:
    workshop = garage(places=2)
    day = slots(workshop, date(2026, 3, 3))
    used = [taken(day[0]), taken(day[0], 1), taken(day[1]), taken(day[2]), taken(day[2], 1, "elsewhere")]
    found = free(workshop, used, NOW, NOW + timedelta(days=1), NOW, timedelta(0))
    assert clock(found) == ["09:30", "10:00", "10:30", "11:00", "11:30"]


def test_what_is_free_begins_after_now_and_the_lead_and_ends_before_until() -> None:
    workshop = garage()
    now = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    assert clock(free(workshop, [], now - timedelta(days=9), now + timedelta(hours=1), now, timedelta(0))) == [
        "09:30",
        "10:00",
    ]
    late = free(workshop, [], now, now + timedelta(days=9), now, timedelta(days=7))
    assert late[0] == now + timedelta(days=7)
    assert free(workshop, [], now, now, now, timedelta(0)) == []
    assert free(workshop, [], now, now - timedelta(days=1), now, timedelta(0)) == []


def test_what_is_asked_for_in_one_zone_is_found_in_another() -> None:
    workshop = garage("Pacific/Auckland", "NZ")
    midnight = datetime(2026, 3, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
    found = free(workshop, [], midnight, midnight + timedelta(days=1), NOW, timedelta(0))
    assert {str(start.tzinfo) for start in found} == {"Pacific/Auckland"}
    assert all(midnight <= start < midnight + timedelta(days=1) for start in found)
    assert len(found) == 6


def test_nobody_looks_farther_ahead_than_a_year() -> None:
    found = free(garage(), [], NOW, datetime.max.replace(tzinfo=UTC), NOW, timedelta(0))
    assert found[-1] < NOW + FARTHEST
    beyond = NOW + FARTHEST + timedelta(days=1)
    assert free(garage(), [], beyond, datetime.max.replace(tzinfo=UTC), NOW, timedelta(0)) == []
    assert free(garage(), [], datetime.min.replace(tzinfo=UTC), NOW + timedelta(days=1), NOW, timedelta(0))


def test_on_the_day_of_a_clock_change_each_place_is_free_once() -> None:
    night = replace(garage("Europe/Berlin", "", time(1), time(4)), places=1)
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = free(night, [], now, now + timedelta(days=1), now, timedelta(0))
    assert len({start.astimezone(UTC) for start in found}) == len(found) == 6
    used = [taken(start) for start in found[2:4]]
    assert clock(free(night, used, now, now + timedelta(days=1), now, timedelta(0))) == [
        "01:00",
        "01:30",
        "03:00",
        "03:30",
    ]
