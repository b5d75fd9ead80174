"""What goes on with an appointment that is being arranged, and what is a question of its own."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.appointments.booking_plan import FORGOTTEN, Offer, Plan, noted, recalled
from agents.appointments.dealers.workshops import parse
from agents.appointments.inquiry import Heard, hear, takes_up
from agents.appointments.works import works
from agents.language.dates.wish import Window, Wish
from tests.unit.agents.appointments.bookings import DUBLIN, NOW, VEHICLES, WORKSHOPS, choices, chunks

KNOWN = parse(chunks("records/workshops.csv", WORKSHOPS), VEHICLES)
OFFERS = tuple(Offer("ashby-motors", datetime(2026, 3, day, hour, tzinfo=DUBLIN)) for day, hour in ((9, 8), (10, 12)))
SLOTS = Plan(intent="book", asked="when", dealer="ashby-motors", vehicle="Teal 40", work="service", offers=OFFERS)
DEALERS = Plan(intent="book", asked="dealer", vehicle="Teal 40", among=tuple(row.key for row in KNOWN.rows))
VEHICLE = Plan(intent="book", asked="vehicle", dealer="ashby-motors")
WORK = Plan(intent="book", asked="work", dealer="ashby-motors", vehicle="Teal 40")
WHICH = Plan(intent="cancel", asked="appointment", among=("a", "b"))
HELD = Plan(intent="book", dealer="ashby-motors", vehicle="Teal 40", work="service", chosen=OFFERS[0], hold="h")


def heard_in(text: str, plan: Plan) -> Heard:
    return hear(text, NOW, plan, KNOWN, VEHICLES, {}, choices=choices())


GOES_ON = [
    (SLOTS, "the second one"),
    (SLOTS, "2"),
    (SLOTS, "10:30"),
    (SLOTS, "Tuesday instead"),
    (SLOTS, "the later one please"),
    (SLOTS, "no, the other one"),
    (SLOTS, "anything earlier?"),
    (SLOTS, "is Saturday possible?"),
    (SLOTS, "what about Thursday afternoon?"),
    (SLOTS, "do you have anything on Friday?"),
    (SLOTS, "none of these"),
    (SLOTS, "not before 10"),
    (SLOTS, "as soon as possible"),
    (SLOTS, "at Larkhill instead"),
    (SLOTS, "another dealer please"),
    (SLOTS, "for the Rook"),
    (SLOTS, "I can't do mornings"),
    (SLOTS, "whichever"),
    (SLOTS, "never mind"),
    (DEALERS, "Ashby"),
    (DEALERS, "Larkhill, please"),
    (DEALERS, "larkhil"),
    (DEALERS, "the one in Westport"),
    (DEALERS, "near Overhill"),
    (DEALERS, "the first"),
    (DEALERS, "any"),
    (VEHICLE, "Teal 40"),
    (VEHICLE, "it's a 2026 Rook"),
    (VEHICLE, "my Finch"),
    (WORK, "a service"),
    (WORK, "oil change"),
    (WORK, "it pulls to the left"),
    (WORK, "the brakes squeak when I stop"),
    (WHICH, "the second one"),
    (WHICH, "the one on Tuesday"),
    (WHICH, "the other one"),
    (HELD, "make it Wednesday"),
    (HELD, "no, at Larkhill instead"),
    (HELD, "actually for the other car"),
    (HELD, "yes"),
    (HELD, "an hour later"),
]
OF_ITS_OWN = [
    (SLOTS, "what oil do I need?"),
    (SLOTS, "how much does a service cost?"),
    (SLOTS, "what are the opening hours on Saturday?"),
    (SLOTS, "what does cancelling cost?"),
    (SLOTS, "how do I reset the service light?"),
    (SLOTS, "is the Rook faster than the Teal?"),
    (SLOTS, "my car won't start"),
    (SLOTS, "does Larkhill have a courtesy car?"),
    (SLOTS, "what should I bring on Tuesday?"),
    (SLOTS, "thanks a lot, bye"),
    (DEALERS, "no wait. how much does a service cost first"),
    (SLOTS, "hello"),
    (SLOTS, ""),
    (DEALERS, "what is the address of Ashby Motors?"),
    (DEALERS, "which oil for the Teal?"),
    (DEALERS, "my tyres are flat"),
    (VEHICLE, "how much power does the Teal 40 have?"),
    (VEHICLE, "no idea what you mean"),
    (WORK, "how long does a service take?"),
    (WORK, "what do you do at a service?"),
    (WORK, "well, " + "it is a long story " * 10),
    (WHICH, "when is my service due?"),
    (HELD, "what oil do I need?"),
    (HELD, "how do I get there?"),
    (Plan(), "the second one"),
    (Plan(appointment="a"), "2"),
]


@pytest.mark.parametrize(("plan", "text"), GOES_ON)
def test_what_goes_on(plan: Plan, text: str) -> None:
    assert takes_up(plan, heard_in(text, plan))


@pytest.mark.parametrize(("plan", "text"), OF_ITS_OWN)
def test_what_is_a_question_of_its_own(plan: Plan, text: str) -> None:
    assert not takes_up(plan, heard_in(text, plan))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a service please", "service"),
        ("service and winter tyres", "tyre change and service"),
        ("change my tyres", "tyre change"),
        ("oil change", "oil change"),
        ("a service appointment for my brakes", "brake check"),
        ("the service light is on", "fault to look at (service light)"),
        ("code P0420 is stored", "fault code P0420"),
        ("there is a rattling from the back", "fault to look at (rattling)"),
        ("Tuesday at nine", ""),
    ],
)
def test_what_is_to_be_done(text: str, expected: str) -> None:
    assert works(text) == expected


@given(st.text(max_size=200), st.sampled_from([SLOTS, DEALERS, VEHICLE, WORK, WHICH, HELD]))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_it(text: str, plan: Plan) -> None:
    takes_up(plan, heard_in(text, plan))


def test_a_weekday_means_the_week_that_is_spoken_of() -> None:
    plan = Plan(wish=Wish((Window(NOW.date() + timedelta(days=12), NOW.date() + timedelta(days=18)),)), asked="when")
    heard = heard_in("Thursday", plan)
    assert heard.wish.windows[0].first == datetime(2026, 3, 19, tzinfo=DUBLIN).date()
    april = Plan(wish=Wish((Window(datetime(2026, 4, 1, tzinfo=DUBLIN).date()),)), asked="when")
    ninth = heard_in("the 9th", april)
    assert ninth.wish.windows[0].first == datetime(2026, 4, 9, tzinfo=DUBLIN).date()
    tomorrow = heard_in("tomorrow", april)
    assert tomorrow.wish.windows[0].first == NOW.date() + timedelta(days=1)


def test_a_plan_is_noted_as_plain_data_and_recalled_for_a_day() -> None:
    for plan in (SLOTS, DEALERS, HELD, WHICH):
        note = noted(plan, NOW)
        assert recalled(note, NOW + FORGOTTEN - timedelta(minutes=10)) == recalled(note, NOW)
        assert recalled(note, NOW).offers == plan.offers
        assert recalled(note, NOW).open
        assert recalled(note, NOW + FORGOTTEN) == Plan()


@pytest.mark.parametrize(
    "text", ["not Ashby, Larkhill please", "Larkhill instead of Ashby", "hang on, not Ashby, Larkhill"]
)
def test_a_dealer_that_is_not_wanted_is_none(text: str) -> None:
    heard = heard_in(text, HELD)
    assert [row.key for row in heard.dealers] == ["larkhill-garage"]
    assert takes_up(HELD, heard)


def test_the_monday_after_a_sunday_is_the_next_day() -> None:
    sunday = datetime(2026, 10, 25, tzinfo=DUBLIN).date()
    plan = Plan(wish=Wish((Window(sunday, sunday),)), asked="when")
    heard = heard_in("the Monday then", plan)
    assert heard.wish.windows[0].first == sunday + timedelta(days=1)


def test_a_vehicle_is_put_right_while_a_time_is_held() -> None:
    heard = heard_in("wait, that's for my wife's car, the Rook 2025", HELD)
    assert heard.vehicle.startswith("Rook")
    assert takes_up(HELD, heard)


@pytest.mark.parametrize(("text", "same"), [("same dealer", True), ("there again please", True), ("at Ashby", False)])
def test_the_dealer_that_was_spoken_of(text: str, same: bool) -> None:
    assert heard_in(text, Plan()).same_dealer is same
