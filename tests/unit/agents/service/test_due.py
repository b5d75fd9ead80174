from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service.due import ORDER, Due, Use, due
from agents.service.schedules import Entry, matching
from tests.unit.agents.scheduled import schedules

TODAY = date(2026, 3, 2)
HYBRID = schedules().of("Heron Hybrid", 2025)
OSPREY = schedules().of("Osprey 2.2D manual", 2025)


def plan(use: Use, entries: tuple[Entry, ...] = HYBRID, today: date = TODAY) -> dict[str, Due]:
    return {one.entry.item: one for one in due(entries, use, today)}


def service(use: Use, today: date = TODAY) -> Due:
    return plan(use, today=today)["Service"]


def test_the_service_is_due_by_what_comes_first() -> None:
    by_km = service(Use(43_000, date(2025, 9, 1), 28_500))
    assert (by_km.at_km, by_km.on, by_km.km_left, by_km.state) == (43_500, date(2026, 9, 1), 500, "due soon")
    by_date = service(Use(30_000, date(2025, 3, 10), 28_500))
    assert (by_date.on, by_date.days_left, by_date.state) == (date(2026, 3, 10), 8, "due soon")
    assert service(Use(43_501, date(2025, 9, 1), 28_500)).state == "overdue"
    assert service(Use(30_000, date(2025, 3, 1), 28_500)).state == "overdue"
    assert service(Use(30_000, date(2025, 9, 1), 28_500)).state == "later"
    assert service(Use(30_000)).state == "look up"


def test_to_the_day_and_kilometre_it_is_due_it_is_not_overdue() -> None:
    assert service(Use(43_500, None, 28_500)).state == "due soon"
    assert service(Use(28_500, date(2025, 3, 2), 28_500)).state == "due soon"


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(2025, 1, 31), date(2026, 1, 31)),
        (date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_a_year_later(last: date, expected: date) -> None:
    assert service(Use(1, last, 0)).on == expected


def test_leap_days_come_back_in_leap_years() -> None:
    fluid = matching("brake fluid", HYBRID)
    use = Use(50_000, date(2026, 3, 1), 49_000, first_registered=date(2024, 2, 29))
    assert plan(use, fluid)["Brake fluid"].on == date(2028, 2, 29)
    half = plan(Use(5_000, date(2025, 8, 31), 0, severe=True), OSPREY)["Service"]
    assert half.on == date(2026, 2, 28)


def test_items_at_fixed_distances_count_from_the_first_day() -> None:
    at_service = plan(Use(61_000, TODAY, 60_500))
    assert at_service["Air filter"].at_km == 120_000
    missed = plan(Use(61_000, TODAY, 59_000))
    assert (missed["Air filter"].at_km, missed["Air filter"].state) == (60_000, "overdue")
    unknown = plan(Use(61_000, date(2026, 1, 1)))
    assert (unknown["Air filter"].at_km, unknown["Air filter"].state) == (60_000, "look up")


def test_the_first_time_differs_from_the_later_ones() -> None:
    first = plan(Use(10_000, TODAY, 9_000, first_registered=date(2025, 6, 1)))["Coolant"]
    assert (first.at_km, first.on) == (200_000, date(2035, 6, 1))
    second = plan(Use(250_000, TODAY, 249_000, first_registered=date(2025, 6, 1)))["Coolant"]
    assert second.at_km == 300_000
    own = plan(Use(250_000, date(2026, 1, 1), 249_000, item=True), matching("coolant", HYBRID))["Coolant"]
    assert (own.at_km, own.on) == (349_000, date(2031, 1, 1))


def test_a_car_that_was_never_serviced() -> None:
    new = plan(Use(16_000, never=True, first_registered=date(2025, 6, 1)))
    assert (new["Service"].at_km, new["Service"].on, new["Service"].state) == (15_000, date(2026, 6, 1), "overdue")
    assert new["Brake fluid"].on == date(2027, 6, 1)


def test_what_is_done_at_services_goes_with_them() -> None:
    late = plan(Use(43_501, date(2025, 9, 1), 28_500))
    assert (late["Engine oil with filter"].state, late["Engine oil with filter"].with_service) == ("overdue", True)
    assert late["Major service"].state == "look up"
    old = plan(Use(110_000, TODAY, 100_000), OSPREY)["DPF ash measurement"]
    assert (old.state, old.at_km) == ("later", 120_000)
    assert plan(Use(130_000, TODAY, 125_000), OSPREY)["DPF ash measurement"].with_service


def test_severe_use_halves_what_the_schedule_says_it_does() -> None:
    usual, severe = (plan(Use(10_000, TODAY, 9_000, severe=hard), OSPREY) for hard in (False, True))
    assert (usual["Service"].at_km, severe["Service"].at_km) == (29_000, 19_000)
    assert severe["Air filter"].at_km == 20_000
    assert severe["Fuel filter"].at_km == usual["Fuel filter"].at_km


def test_nothing_known_leaves_all_to_the_record() -> None:
    assert {one.state for one in due(HYBRID, Use(), TODAY)} == {"look up"}
    assert due((), Use(43_000), TODAY) == ()


DAYS = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(9990, 1, 1)))


@given(
    st.builds(
        Use,
        st.one_of(st.none(), st.integers(0, 2_000_000)),
        DAYS,
        st.one_of(st.none(), st.integers(0, 2_000_000)),
        st.booleans(),
        DAYS,
        st.booleans(),
        st.booleans(),
    ),
    st.dates(date(1900, 1, 1), date(9998, 1, 1)),
)
def test_whatever_the_use_every_item_has_one_state_in_order(use: Use, today: date) -> None:
    found = due(OSPREY, use, today)
    assert sorted(one.entry.item for one in found) == sorted(entry.item for entry in OSPREY)
    assert [ORDER.index(one.state) for one in found] == sorted(ORDER.index(one.state) for one in found)
    for one in found:
        assert one.days_left is None or (one.on is not None and today + timedelta(one.days_left) == one.on)
