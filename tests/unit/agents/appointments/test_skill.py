"""Whole conversations about appointments, with the real appointment_store: what is said, and what stands in the
appointment store then."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.appointment_store import AppointmentStoreUnavailable, Owner
from agents.appointments.skill import SKILL
from agents.context import Resources
from tests.tool_contexts import case
from tests.unit.agents.appointments.bookings import DUBLIN, NOW, Customer, desk

TUESDAY_9 = datetime(2026, 3, 10, 9, 0, tzinfo=DUBLIN)
BOOKED = [("ashby-motors", "10.03. 09:00", "service")]
ASKED = "book a service at Ashby for my Teal 40 on Tuesday at 9"


@pytest.fixture
async def resources(tmp_path: Path) -> AsyncIterator[Resources]:
    async with desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def ada(resources: Resources) -> Customer:
    return Customer(resources)


async def talk(customer: Customer, *lines: str) -> str:
    """What was said to the last line."""
    said = None
    for line in lines:
        said = await customer.say(line)
    assert said is not None, f"{lines[-1]!r} was left to others"
    return said


# --- from a wish to a booking ---------------------------------------------------------------------------------------


async def test_what_is_still_missing_is_asked_for_again_alone(ada: Customer) -> None:
    assert "Which product" in await talk(ada, "I'd like to book an appointment")
    assert "Which product" not in await talk(ada, "a Teal 40")
    assert "What is to be done" in await talk(ada, "Larkhill")
    assert "3. Thursday 5 March 2026 at 09:00" in await talk(ada, "a squeaking noise")
    assert "Shall I book Thursday 5 March 2026 at 09:00" in await talk(ada, "3")
    await talk(ada, "yes")
    assert await ada.booked() == [("larkhill-garage", "05.03. 09:00", "fault to look at (squeaking)")]


@pytest.mark.parametrize(
    "wish", ["I'd like to book an appointment at Moor Works", "can I book a service in Moorend for my Rook?"]
)
async def test_nobody_else_is_offered_unsaid_for_a_dealer_whose_row_cannot_be_read(ada: Customer, wish: str) -> None:
    said = await talk(ada, wish)
    assert said.startswith("Moor Works, 5 Heath Lane, Moorend takes no appointments through me: please call 0700 100 0")
    assert "If you would rather go elsewhere" in said
    assert "Ashby Motors, Ashby" in said
    assert "Moor Works" not in await talk(ada, "Ashby Motors then")


async def test_a_wish_that_names_all_is_proposed_at_once(ada: Customer) -> None:
    said = await talk(ada, ASKED)
    assert "Tuesday 10 March 2026 at 09:00 at Ashby Motors in Ashby: service for your Teal 40?" in said
    assert ada.proposal is not None
    assert (ada.proposal.action, ada.proposal.asks.expires_s) == ("book", 900)
    assert await ada.booked() == []


async def test_a_booking_says_all_that_is_needed(ada: Customer) -> None:
    said = await talk(ada, ASKED, "yes please")
    found = (await ada.resources.appointment_store.booked("ada", NOW))[0]
    for part in ("Tuesday 10 March 2026 at 09:00", "Ashby Motors, 1 High Street", "0700 100 001", "move or cancel"):
        assert part in said
    assert f"/api/v1/appointments/{found.id}.ics" in said
    assert await ada.booked() == BOOKED


async def test_the_effect_is_recorded_around_the_booking(ada: Customer) -> None:
    await talk(ada, ASKED, "yes")
    name = "appointment at Ashby Motors on Tuesday 10 March 2026 at 09:00 booked"
    assert ada.told.effects == [f"{name} begun", f"{name} done"]


async def test_offers_cite_the_table_of_workshops(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal next week")
    assert ada.last is not None
    citation = ada.last.citations[0]
    assert f"[{citation.number}]" in said
    chunk = citation.passage.chunk
    assert "Ashby Motors" in chunk.text[citation.start - chunk.start : citation.end - chunk.start]


@pytest.mark.parametrize(
    ("pick", "time"),
    [
        ("the first one", "Monday 9 March 2026 at 08:00"),
        ("the second one please", "Monday 9 March 2026 at 12:00"),
        ("2", "Monday 9 March 2026 at 12:00"),
        ("number 3", "Tuesday 10 March 2026 at 08:00"),
        ("the middle one", "Monday 9 March 2026 at 12:00"),
        ("12", "Monday 9 March 2026 at 12:00"),
        ("the last", "Tuesday 10 March 2026 at 08:00"),
        ("the later one", "Tuesday 10 March 2026 at 08:00"),
        ("Tuesday", "Tuesday 10 March 2026 at 08:00"),
        ("12:00 is good", "Monday 9 March 2026 at 12:00"),
        ("Monday at 8", "Monday 9 March 2026 at 08:00"),
        ("whichever", "Monday 9 March 2026 at 08:00"),
        ("Wednesday at 10 instead", "Wednesday 11 March 2026 at 10:00"),
    ],
)
async def test_picks_among_offers(ada: Customer, pick: str, time: str) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal next week", pick)
    assert f"Shall I book {time}" in said


async def test_yes_to_several_times_asks_which(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal next week", "yes")
    assert said.startswith("Which one is it?")
    assert "2. Monday 9 March 2026 at 12:00, Ashby" in said
    assert "Shall I book Monday 9 March 2026 at 12:00" in await talk(ada, "2")


async def test_narrowing_down(ada: Customer) -> None:
    lines = ("book a service at Ashby for my Teal next week", "in the afternoon", "Thursday", "14:30")
    assert "Shall I book Thursday 12 March 2026 at 14:30" in await talk(ada, *lines)


async def test_earlier_and_later(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal next week")
    assert "1. Tuesday 10 March 2026 at 08:30" in await talk(ada, "anything later?")
    assert "Monday 9 March 2026" in await talk(ada, "anything earlier?")


# --- changes of mind ------------------------------------------------------------------------------------------------


async def held(ada: Customer) -> list[str]:
    taken = await ada.resources.appointment_store.taken("ashby-motors", NOW, NOW + timedelta(days=90), ada.now)
    return [f"{one.starts_at.astimezone(DUBLIN):%d.%m. %H:%M}" for one in taken]


async def test_another_day_keeps_the_time_and_frees_the_first_hold(ada: Customer) -> None:
    said = await talk(ada, ASKED, "make it Wednesday")
    assert "Shall I book Wednesday 11 March 2026 at 09:00 at Ashby Motors in Ashby: service for your Teal 40" in said
    assert await held(ada) == ["11.03. 09:00"]


async def test_another_hour_keeps_the_day(ada: Customer) -> None:
    assert "Tuesday 10 March 2026 at 16:00" in await talk(ada, ASKED, "make that 4")
    assert "Tuesday 10 March 2026 at 15:30" in await talk(ada, "half an hour earlier")
    assert "Tuesday 17 March 2026" in await talk(ada, "a week later")
    assert ada.proposal is None  # a holiday


async def test_two_vehicles_at_once_are_booked_one_by_one(ada: Customer) -> None:
    said = await talk(ada, "I'd like to bring my Teal and my Rook in for a service at Ashby on Tuesday at 9")
    assert "the Teal or the Rook?" in said
    assert "service for your Rook" in await talk(ada, "the Rook")


async def test_another_dealer_keeps_the_rest(ada: Customer) -> None:
    said = await talk(ada, ASKED, "no, at Larkhill instead")
    assert "Tuesday 10 March 2026 at 09:00 at Larkhill Garage" in said
    assert await held(ada) == []


async def test_the_other_vehicle_is_the_other_one_spoken_of(ada: Customer) -> None:
    ada.facts = {"model": "Teal", "variant": "Teal 40", "year": "2026"}
    assert await ada.say("what oil does my Rook need?") is None
    said = await talk(ada, "book a service at Ashby on Tuesday at 9", "actually for the other car")
    assert "service for your Rook Diesel" in said
    assert await held(ada) == ["10.03. 09:00"]


async def test_the_other_vehicle_is_asked_for_when_there_was_none(ada: Customer) -> None:
    assert "Which product" in await talk(ada, ASKED, "actually for the other car")
    assert "Tuesday 10 March 2026 at 09:00 at Ashby Motors in Ashby: service for your Rook" in await talk(ada, "Rook")


async def test_no_the_other_one(ada: Customer) -> None:
    await ada.other("bob").book("larkhill-garage", datetime(2026, 3, 7, 9, tzinfo=DUBLIN))
    said = await talk(ada, "book a service at Larkhill for my Teal on Saturday", "10:00", "no, the other one")
    assert said.startswith("Which one is it?")
    said = await talk(ada, "11:00")
    assert "Saturday 7 March 2026 at 11:00" in said


async def test_no_frees_the_place_and_leaves_the_door_open(ada: Customer) -> None:
    said = await talk(ada, ASKED, "no")
    assert "nothing was booked" in said
    assert await held(ada) == []
    assert "Wednesday 11 March 2026" in await talk(ada, "Wednesday then")


async def test_never_mind(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal next week", "never mind")
    assert "Nothing was booked" in said
    assert "Ashby Motors: 0700 100 001" in said
    assert await ada.say("the second one") is None


async def test_coming_back_to_what_was_put_off(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal next week", "no leave it, need to ask my wife first")
    said = await talk(ada, "ok she says Thursday afternoon is fine")
    assert "Ashby Motors" in said
    assert "Thursday 12 March 2026 at 12:00" in said


async def test_what_lacks_is_asked_for_in_one_question(ada: Customer) -> None:
    said = await talk(ada, "I'd like to book an appointment")
    assert all(part in said for part in ("Which product", "What is to be done", "Which service partner"))
    said = await talk(ada, "the Teal 40, a service, at Larkhill please")
    assert "Larkhill Garage [1] has these times for your Teal 40 (service)" in said


async def test_a_day_is_looked_at_before_the_work_is_asked_for(ada: Customer) -> None:
    said = await talk(ada, "can I bring my Teal in to Ashby on a Saturday?")
    assert "closed on Saturdays" in said
    assert "And what is to be done" in said
    assert "What is to be done?" in await talk(ada, "the first one")
    assert "oil change for your Teal" in await talk(ada, "oil")


async def test_work_that_stays_unsaid_is_not_asked_for_twice(ada: Customer) -> None:
    assert "What is to be done?" in await talk(ada, "book my Teal in at Ashby")
    said = await talk(ada, "Tuesday at 9")
    assert "Shall I book Tuesday 10 March 2026 at 09:00 at Ashby Motors in Ashby: work to be agreed" in said


async def test_a_courtesy_car_is_noted(ada: Customer) -> None:
    said = await talk(
        ada, "book a service at Ashby for my Teal next week", "and a courtesy car please", "the first one"
    )
    assert "service, courtesy car wished for your Teal" in said


async def test_days_follow_the_one_spoken_of(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal on 17 March")
    assert "Wednesday 18 March 2026" in await talk(ada, "the day after then, at 8")
    assert "Monday 23 March 2026" in await talk(ada, "no, the Monday after that")


async def test_a_question_between_is_left_to_others_and_the_offers_stay(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal next week")
    for question in ("what oil do I need?", "how much is it?", "what are your opening hours on Saturday?"):
        assert await ada.say(question) is None
    assert "Shall I book Monday 9 March 2026 at 12:00" in await talk(ada, "the second one")


async def test_a_question_in_the_place_of_a_yes_leaves_the_offer_to_come_back_to(ada: Customer) -> None:
    await talk(ada, ASKED)
    assert await ada.say("what does cancelling cost?") is None
    assert "Shall I book Tuesday 10 March 2026 at 09:00" in await talk(ada, "yes")
    await talk(ada, "yes")
    assert await ada.booked() == BOOKED


async def test_what_was_left_open_is_forgotten_after_a_day(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal next week")
    ada.later(timedelta(hours=23))
    assert "Shall I book" in await talk(ada, "the second one")
    ada.proposal = None
    ada.later(timedelta(hours=25))
    assert await ada.say("the second one") is None


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("on Saturday", "Ashby Motors is closed on Saturdays."),
        ("on 17 March at 9", "public holiday (Saint Patrick's Day)"),
        ("tomorrow", "needs 2 days' notice. The next free times there [1]:"),
        ("next Tuesday at 7pm", "is open for appointments from 08:00 to 16:30"),
        ("on 24 December", "is closed on that day"),
        ("on 29 February", "only 28 days, so there is no 29 February"),
        ("on 3 March", "has gone by"),
        ("in two years", "takes appointments up to"),
        ("Thursday 10 March at 9", "is a Tuesday, not a Thursday"),
    ],
)
async def test_days_that_cannot_be_are_explained(ada: Customer, when: str, why: str) -> None:
    assert why in await talk(ada, f"book a service at Ashby for my Teal {when}")
    assert ada.proposal is None


async def test_a_closed_day_brings_the_next_ones_and_other_dealers(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal on Saturday")
    assert "Monday 9 March 2026 at 08:00" in said
    assert "Saturday 7 March 2026 at 09:00 at Larkhill Garage" in said
    assert "Saturday 7 March 2026 at 09:00 at Larkhill Garage" in await talk(ada, "the last one")


async def test_the_question_after_29_february_is_answered(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal on 31 April", "30 April at 9")
    assert "Shall I book Thursday 30 April 2026 at 09:00" in said


async def test_29_february_in_a_leap_year(resources: Resources) -> None:
    ada = Customer(resources, now=datetime(2028, 2, 14, 10, tzinfo=DUBLIN))
    assert "Tuesday 29 February 2028 at 09:00" in await talk(
        ada, "book a service at Ashby for my Teal on 29 February at 9"
    )


@pytest.mark.parametrize(("clock", "day"), [((23, 58), "Thursday 5 March"), ((0, 2), "Friday 6 March")])
async def test_tomorrow_near_midnight(resources: Resources, clock: tuple[int, int], day: str) -> None:
    hour, minute = clock
    now = datetime(2026, 3, 4 if hour else 5, hour, minute, tzinfo=DUBLIN)
    ada = Customer(resources, now=now)
    said = await talk(ada, "book an oil change at Larkhill for my Rook tomorrow at 10")
    assert f"Shall I book {day} 2026 at 10:00" in said


async def test_tomorrow_is_the_customers_and_times_are_the_dealers(resources: Resources) -> None:
    tokyo = Customer(
        resources, now=datetime(2026, 3, 5, 8, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    )  # still the 4th in Dublin
    said = await talk(tokyo, "book a service at Larkhill for my Teal tomorrow at 10")
    assert "Friday 6 March 2026 at 10:00 Europe/Dublin time (19:00 where you are)" in said
    await talk(tokyo, "yes")
    assert await tokyo.booked() == [("larkhill-garage", "06.03. 10:00", "service")]


@pytest.mark.parametrize(
    ("now", "day", "hour"),
    [
        (datetime(2026, 3, 26, 10, tzinfo=DUBLIN), "Monday 30 March", 8),
        (datetime(2026, 10, 22, 10, tzinfo=DUBLIN), "Tuesday 27 October", 9),
    ],
)
async def test_over_a_change_of_the_clock(resources: Resources, now: datetime, day: str, hour: int) -> None:
    """A week later at nine is nine, whatever the clock did in between. 26 October is a holiday in Ireland."""
    ada = Customer(resources, now=now)
    weekday = day.split()[0]
    said = await talk(ada, f"book a service at Ashby for my Teal on {weekday} at 9", "yes")
    assert f"{day} 2026 at 09:00" in said
    (one,) = await resources.appointment_store.booked("ada", now)
    assert one.starts_at.hour == hour


async def test_next_week_sometime(ada: Customer) -> None:
    said = await talk(ada, "can you fit in my Teal for a service at Ashby next week sometime?")
    assert "Monday 9 March 2026 at 08:00" in said


async def test_any_day_but_friday(ada: Customer) -> None:
    said = await talk(ada, "book a service at Ashby for my Teal, any day but Friday")
    assert "Friday" not in said
    assert "Monday 9 March 2026" in said


# --- dealers and vehicles -------------------------------------------------------------------------------------------


async def test_a_place_between_two_dealers_asks_which(ada: Customer) -> None:
    said = await talk(ada, "book a service for my Teal in Milltown on Tuesday at 10")
    assert "Ashby Motors" in said
    assert "Larkhill Garage" in said
    assert "Westport" not in said
    assert "Tuesday 10 March 2026 at 10:00 at Larkhill Garage" in await talk(ada, "the second one")


async def test_a_dealer_known_of_the_customer_is_taken(ada: Customer) -> None:
    ada.facts = {"model": "Teal", "variant": "Teal 40", "dealer": "Ashby"}
    assert "at Ashby Motors" in await talk(ada, "book a service on Tuesday at 9")


async def test_a_dealer_that_does_not_work_on_the_vehicle(ada: Customer) -> None:
    said = await talk(ada, "book a service for my Rook at Westport on Tuesday at 9")
    assert "does not work on the Rook" in said
    assert "Ashby Motors" in said
    assert "Tuesday 10 March 2026 at 09:00 at Ashby Motors" in await talk(ada, "Ashby then")


async def test_a_dealer_that_works_on_one_variant_only(ada: Customer) -> None:
    assert "works on the Finch Hybrid only" in await talk(
        ada, "book a service for my Finch at Westport on Tuesday at 9"
    )
    assert "service for your Finch Hybrid" in await talk(ada, "it's the hybrid")


async def test_another_dealer_without_its_name(ada: Customer) -> None:
    said = await talk(ada, ASKED, "at another dealer please")
    assert "Larkhill Garage" in said
    assert "Ashby Motors" not in said


async def test_dangers_get_the_telephone_number_of_the_place_kept_free(ada: Customer) -> None:
    ada.findings = {"danger": "brakes"}
    said = await talk(ada, "my brakes failed, I need an appointment at Ashby for my Teal")
    assert "keeps one slot per day free; telephone the dealer" in said
    assert "0700 100 001" in said
    assert ada.last is not None
    assert len(ada.last.citations) == 2


async def test_what_a_specialist_found_out_is_the_work(ada: Customer) -> None:
    ada.findings = {"fault": "worn front brake pads"}
    said = await talk(ada, "book an appointment at Ashby for my Teal on Tuesday at 9")
    assert "worn front brake pads for your Teal" in said


# --- somebody was faster --------------------------------------------------------------------------------------------


async def test_a_place_taken_before_the_hold(ada: Customer) -> None:
    await ada.other("bob").book("ashby-motors", TUESDAY_9)
    said = await talk(ada, ASKED)
    assert "no place left" in said
    assert "Tuesday 10 March 2026 at 09:30" in said or "Tuesday 10 March 2026 at 08:00" in said
    assert ada.proposal is None


async def test_a_place_taken_between_offer_and_pick(ada: Customer) -> None:
    await talk(ada, "book a service at Ashby for my Teal next week")
    await ada.other("bob").book("ashby-motors", datetime(2026, 3, 9, 12, tzinfo=DUBLIN))
    said = await talk(ada, "the second one")
    assert "somebody was faster" in said
    assert "Monday 9 March 2026 at 12:30" in said
    assert "Shall I book Monday 9 March 2026 at 12:30" in await talk(ada, "the first one")


async def test_a_place_taken_after_the_hold_ran_out(ada: Customer) -> None:
    await talk(ada, ASKED)
    ada.later(timedelta(minutes=20))
    await ada.other("bob").book("ashby-motors", TUESDAY_9)
    said = await talk(ada, "yes")
    assert "somebody was faster" in said
    assert "1. Tuesday 10 March 2026" in said
    assert await ada.booked() == []
    assert "Shall I book" in await talk(ada, "1")


async def test_saying_yes_twice_books_once(ada: Customer) -> None:
    await talk(ada, ASKED)
    proposal = ada.proposal
    assert proposal is not None
    of = case("yes", ada.now)
    for _ in range(2):
        handled = await SKILL.actions["book"].commit(proposal.arguments, True, ada.context(of))
        assert "Booked" in handled.text
    assert await ada.booked() == BOOKED


async def test_too_many_appointments(ada: Customer) -> None:
    for day in range(20):
        await ada.book("ashby-motors", datetime(2026, 5, 1, 9, tzinfo=DUBLIN) + timedelta(days=day))
    said = await talk(ada, ASKED)
    assert "as many appointments as can be made here" in said
    assert "0700 100 001" in said


# --- listing, moving, cancelling ------------------------------------------------------------------------------------


async def test_listing(ada: Customer) -> None:
    assert "no appointments" in await talk(ada, "when is my appointment?")
    await ada.book("ashby-motors", TUESDAY_9)
    await ada.other("bob").book("larkhill-garage", TUESDAY_9)
    said = await talk(ada, "when is my appointment?")
    assert "Tuesday 10 March 2026 at 09:00" in said
    assert "0700 100 001" in said
    assert "Larkhill" not in said


async def test_listing_in_the_middle_of_a_booking(ada: Customer) -> None:
    await ada.book("larkhill-garage", TUESDAY_9)
    await talk(ada, "book a service at Ashby for my Teal next week")
    assert "Larkhill" in await talk(ada, "what appointments do I have?")
    assert "Shall I book Monday 9 March 2026 at 12:00 at Ashby" in await talk(ada, "the second one")


async def test_moving(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    said = await talk(ada, "can I move my appointment to Friday the 13th at 10?")
    assert "from Tuesday 10 March 2026 at 09:00 to Friday 13 March 2026 at 10:00" in said
    assert await ada.booked() == BOOKED
    assert "Moved" in await talk(ada, "yes")
    assert await ada.booked() == [("ashby-motors", "13.03. 10:00", "service")]


async def test_moving_by_a_week(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    said = await talk(ada, "can I move it to the week after?")
    assert "1. Monday 16 March 2026 at 08:00" in said


async def test_moving_by_its_day(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    await ada.book("ashby-motors", TUESDAY_9 + timedelta(days=1), "tyre change")
    said = await talk(ada, "move my Tuesday appointment to Thursday next week")
    assert "(service)" in said
    assert "1. Thursday 12 March 2026 at 08:00" in said
    await talk(ada, "the first one", "yes")
    assert await ada.booked() == [
        ("ashby-motors", "11.03. 09:00", "tyre change"),
        ("ashby-motors", "12.03. 08:00", "service"),
    ]


async def test_moving_without_a_time_asks_for_one(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    assert "To which day and time" in await talk(ada, "I can't make my appointment on Tuesday")
    assert "Tuesday 10 March 2026 at 10:00 at Ashby" in await talk(ada, "an hour later")


async def test_moving_by_a_number_of_weeks(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9 + timedelta(weeks=2))
    said = await talk(ada, "can I move it a week later?")
    assert "to Tuesday 31 March 2026 at 09:00" in said


async def test_moving_to_another_dealer(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    said = await talk(ada, "move my appointment at Ashby to Larkhill", "yes")
    assert "Larkhill Garage" in said
    assert await ada.booked() == [("larkhill-garage", "10.03. 09:00", "service")]


async def test_a_refused_move_leaves_it(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    assert "stays where it was" in await talk(ada, "move my appointment to Thursday next week at 9", "no")
    assert await ada.booked() == BOOKED


async def test_a_third_move_is_for_the_telephone(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    for time in ("10", "11"):
        await talk(ada, f"move my appointment to Tuesday at {time}", "yes")
    said = await talk(ada, "move my appointment to Tuesday at 12")
    assert "moved 2 times already" in said
    assert "0700 100 001" in said


async def test_cancelling(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    said = await talk(ada, "please cancel my appointment")
    assert "Shall I cancel your appointment on Tuesday 10 March 2026 at 09:00" in said
    assert "fee" not in said
    assert await ada.booked() == BOOKED
    assert "Cancelled" in await talk(ada, "yes")
    assert await ada.booked() == []


async def test_cancelling_one_of_several(ada: Customer) -> None:
    await ada.book("ashby-motors", TUESDAY_9)
    await ada.book("larkhill-garage", TUESDAY_9 + timedelta(days=1), "tyre change")
    assert "Which one is to be cancelled?" in await talk(ada, "cancel my appointment")
    assert "(tyre change)" in await talk(ada, "the second one")
    assert "(service)" in await talk(ada, "no, the other one")
    await talk(ada, "yes")
    assert await ada.booked() == [("larkhill-garage", "11.03. 09:00", "tyre change")]


async def test_cancelling_right_after_booking(ada: Customer) -> None:
    await ada.book("larkhill-garage", TUESDAY_9 + timedelta(days=1), "tyre change")
    await talk(ada, ASKED, "yes")
    assert "(service)" in await talk(ada, "cancel it please")


async def test_cancelling_late_names_the_rule(ada: Customer) -> None:
    await ada.book("ashby-motors", NOW + timedelta(hours=5))
    said = await talk(ada, "cancel my appointment")
    assert "It begins in less than 24 hours. If you cancel later" in said
    assert "may charge a fee of 30 euros" in said
    assert "This is late" in said
    assert ada.last is not None
    assert ada.last.citations[0].passage.chunk.document_id == "service/appointments.md"
    assert "Cancelled" in await talk(ada, "yes")


async def test_nothing_to_cancel(ada: Customer) -> None:
    await ada.other("bob").book("ashby-motors", TUESDAY_9)
    assert "no appointment" in await talk(ada, "cancel my appointment")
    assert await ada.other("bob").booked() == BOOKED


async def test_no_appointment_store_at_all(tmp_path: Path) -> None:
    async with desk(tmp_path, workshops="town,dealer\nAshby,Ashby Motors\n") as resources:
        assert "No service partner takes appointments through me" in await talk(
            Customer(resources), "book a service for my Teal"
        )


class Away:
    """An appointment store that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        async def unreachable(*_: Any, **__: Any) -> Any:
            raise AppointmentStoreUnavailable

        return unreachable


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ([], ASKED),
        (["book a service at Ashby for my Teal next week"], "the second one"),
        ([], "when is my appointment?"),
        ([], "cancel my appointment"),
        ([ASKED], "yes"),
        ([ASKED], "make it Wednesday"),
    ],
)
async def test_a_appointment_store_that_cannot_be_reached(ada: Customer, before: list[str], line: str) -> None:
    for earlier in before:
        await ada.say(earlier)
    there = ada.resources
    ada.resources = replace(there, appointment_store=Away())
    said = await talk(ada, line)
    assert "cannot be reached at the moment" in said
    assert "Say so" not in said
    ada.resources = there
    assert await ada.booked() == []


async def test_a_no_needs_no_appointment_store(ada: Customer) -> None:
    await ada.say(ASKED)
    ada.resources = replace(ada.resources, appointment_store=Away())
    assert "nothing was booked" in await talk(ada, "no")


# --- hostile input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "book a service " + "x" * 8000,
        "book a service at Ashby for my Teal on " + "Tuesday or " * 700,
        "\x00\x07\u202e book \x00 a \x1b[31m service \u0000",
        "book a service at Ashby for my Teal'); DROP TABLE appointments;--",
        "book " * 1600,
        "𝕭𝖔𝖔𝖐 a service at ⁿ",
    ],
)
async def test_hostile_text_is_survived(ada: Customer, text: str) -> None:
    for line in (text, "Teal 40", "Ashby", text, "1", text):
        await ada.say(line)
    assert await ada.booked() == []


async def test_a_long_answer_to_what_is_to_be_done_is_cut(ada: Customer) -> None:
    await talk(ada, "book an appointment for my Teal at Ashby on Tuesday at 9")
    said = await talk(ada, "it " + "pulls to the left \x07 " * 3)
    assert "\x07" not in said
    assert "pulls to the left" in said


@pytest.mark.parametrize(
    "note",
    [
        {"at": 5},
        {"at": "2026-03-04T09:00:00+00:00", "offers": [{"dealer": 1}]},
        {"offers": "x"},
        {"at": "2026-03-04T09:00:00", "asked": "dealer"},
        {"at": "2026-03-04T09:00:00+00:00", "asked": "dealer", "among": ["gone"], "dealer": "gone", "hold": "gone"},
    ],
)
async def test_odd_notes_are_survived(ada: Customer, note: dict[str, object]) -> None:
    for line in ("1", "yes", "Tuesday", ASKED):
        ada.note = note
        ada.proposal = None
        await ada.say(line)


async def test_a_foreign_hold_in_a_note_is_left_alone(ada: Customer) -> None:
    owner = Owner("bob", "c", "r")
    held_by_bob = await ada.resources.appointment_store.hold(
        owner, "ashby-motors", TUESDAY_9, 1, work="service", vehicle="Rook", now=NOW, seconds=900
    )
    ada.note = {"at": NOW.isoformat(), "intent": "book", "asked": "when", "hold": held_by_bob.id}
    await ada.say("Wednesday at 9")
    assert (await ada.resources.appointment_store.find("bob", held_by_bob.id)).status == "held"
