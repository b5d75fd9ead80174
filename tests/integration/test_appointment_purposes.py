"""What is asked of appointments and what is only asked about them, read with the embedder of the product."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.appointments.booking_plan import Plan
from agents.appointments.dealers.workshops import Workshops
from agents.appointments.inquiry import Heard, hear
from agents.appointments.purposes import Intent, Purpose, read
from agents.learning.choice import Choices
from agents.vehicles.range import Vehicle, Vehicles
from api.compose.knowledge import open_embedder
from api.compose.learnt import open_choices
from api.settings import Settings

LINES: dict[Intent | None, str] = {
    "book": """
        Morning! Could I book my Plover in for its annual service sometime next week?
        I would like you to arrange an inspection
        schedule a visit to the workshop for me
        my brakes squeal, please give me an appointment
        when could you take my car?
        I want to have my oil changed on Friday
        Do you have a slot on the 20th?
        any chance of an appointment tomorrow?
        Can you squeeze me in this week?
        Let's schedule the tyre change
        Need an appointment asap
        can I get my tyres changed next month?
        I want a service on Monday
        ok book the inspection
        I would like to bring the car in for a check-up on Monday
        earliest slot at the workshop
        Could you please book my van in for a repair?
        I'd like to come in on Monday for a service
        can we come by on Friday at 9 for the tyre change
        is there a slot free on Friday morning
        what times do you have on Tuesday?
        when is the earliest I can bring my car?
        have you got anything on Saturday?
        book appointment
        I'd like to have the brakes checked
        please put me in for a service next week
        Can you schedule maintenance for my Heron for next Wednesday?
        make me an appointment with the dealer in Oxmere
        I'd love to get my Osprey serviced in Dunmoor
        I need to get my car in for a service
        Would Thursday at 10 be possible for a service?
        I need a service appointment
        set up an appointment
        booking please
        can I drop my car off on Monday morning for the oil change?
        reserve a slot for a windscreen repair
        need to book my car in
        Is it possible to get an appointment this week?
        yes please book an appointment
        I want to book the recall work
        go ahead and book me an appointment
        I'd like to book a service
        book a service at the dealer next Tuesday
        can you book me in for a tyre change?
        I need an appointment
        I want to make an appointment for my car
        please schedule an inspection on Friday
        could I get an appointment next week?
        Can I bring my car in on Monday?
        book me in for Thursday at 9
        I want my car serviced next week
        get my brakes checked, next week if possible please
        can I have my car looked at tomorrow?
        do you have anything free on Friday?
        any free slots next week in Tarnwick?
        when can I bring it in?
        how soon can you fit me in?
        what's the next available appointment at Oxmere?
        Book an oil change
        put me down for Saturday
        I would like to arrange a service for my Heron
        need a slot for a tyre change in October
        appointment next Tuesday morning please
        service on Tuesday at 9
        can I book for tomorrow?
        book my Osprey manual 2025 in for an oil service on 12 March at 10
        can you put my Plover 2026 in for a service on Tuesday the 10th?
        Can you do 29 February at 10 for a brake fluid change?
        I want to come in on Saturday 21 March for a service
        my Heron 1.5T needs a service, sometime end of next week after lunch
        and my Wren for an inspection on Friday
        ok can someone look at it, monday the 9th, 8 o'clock
        actually, yes, book it after all
        Hi, I'd like an appointment
        I have to book a service
        Please find me a slot for the recall
        Are there any appointments available this week?
        Could you fit us in on Wednesday?
        let's book it
        Can you get me an appointment at Carrick?
        book
    """,
    "cancel": """
        Cancel Friday please
        I no longer need the appointment
        please delete my booking
        can you cancel that?
        drop my appointment
        Please cancel my service appointment in Oxmere
        I want to cancel the appointment on the 12th
        cancel everything
        cancel one of my appointments please
        can I cancel my booking?
        I'd like to cancel my booking please
        My appointment: cancel it
        actually cancel that appointment
        we have to cancel our visit next week
        delete my appointment
        cancel my appointment
        I need to cancel my service on Tuesday
        please cancel the booking
        can you cancel my tyre change
        I want to cancel
        cancel it please
        call off my visit
        I don't need my appointment any more
        cancel both appointments
        cancel the one on Friday
    """,
    "move": """
        I'd rather come on another day, please change my appointment
        can my appointment be moved to Monday?
        Move it one week later
        I need another date for my service
        can we make my appointment later?
        please rebook me for Thursday
        Could we shift my service to another day?
        I won't be able to make my appointment
        my appointment needs to be moved
        change my booking from Tuesday to Thursday
        can you move my service forward a day
        I have to reschedule
        Is it possible to postpone the appointment?
        can I come on Friday instead of my booked slot? please move it to Friday
        put my appointment back a week
        could you change the appointment to 3pm
        move my appointment to Friday
        can I move it to Friday?
        I need to reschedule
        can we postpone my service
        please change my appointment to next week
        I can't make my appointment on Tuesday
        reschedule my booking please
        change the time of my appointment
        could you push it back to Thursday... move it to Thursday
        bring forward my appointment
        I'd like a different day for my appointment
        switch my booking to Monday
    """,
    "list": """
        what do I have booked?
        when and where is my appointment
        is my service booked?
        Show my appointments please
        am I booked in on Tuesday?
        at what time is my appointment
        confirm my service appointment
        what's my next appointment?
        Do I have anything booked?
        can you show my bookings
        when do I have to bring my car in?
        did you book my appointment?
        what time was my appointment again?
        remind me when my appointment is
        tell me my appointment details
        have you got a booking for me?
        which appointments have I got
        when is my appointment?
        when's my next appointment
        do I have an appointment?
        what appointments do I have?
        show me my appointments
        list my bookings
        which day is my service booked?
        what time is my appointment on Tuesday?
        when am I booked in?
        is my appointment confirmed?
        have I got any bookings?
        where is my appointment?
        I have an appointment booked, can you tell me when?
    """,
    None: """
        can I wait while my car is serviced?
        how long is the wait for an appointment?
        does the app show appointments?
        can I cancel a purchase?
        what is the number of the dealer to book?
        who do I call to make an appointment?
        why can't I book?
        should I cancel my service contract?
        will I be charged if I cancel tomorrow?
        what if I need to cancel?
        is there a waiting list for appointments?
        can I drop off the car out of hours?
        Do I get a courtesy car with my appointment?
        where can I see my appointments in the app?
        how many times can I reschedule?
        can you tell me how to book?
        when should I book the tyre change?
        I had an appointment yesterday and the noise is still there
        when is the next service due for my Wren?
        the dealer cancelled my appointment, what now?
        it stalls when I put it in gear
        can I get it in red?
        where can I get my car repaired?
        what do you do in your free time
        put the inspection in my calendar
        book a driving lesson for my daughter
        can I drop the keys in a letter box outside opening hours
        what are your opening hours
        how long before can I cancel
        Is it free to cancel?
        the appointment took too long
        where do I park when I drop my car off?
        Do you book courtesy cars?
        I booked the wrong oil
        what's a service slot?
        is a service necessary at 30 000 km?
        how do I change my booking in the app?
        who services the Osprey?
        can I change my own oil?
        can you book me a hotel
        the car was in for a service last week and now it rattles
        my service book is lost
        what does the inspection include
        I'd like to know whether I need an appointment for a tyre change
        Do I need an appointment for a wheel change?
        how can I cancel?
        can I bring my own oil?
        can I bring my dog?
        I want to return my car
        what do I do when the appointment is late?
        do you have the part available?
        are spare parts available?
        is there anything left in warranty?
        any software updates available?
        is the towbar available for the Wren?
        which colours are available?
        Do you have winter tyres available?
        What sizes are available?
        is the Heron available with a heat pump?
        When can I get the new Wren?
        when can I do the first oil change?
        when can you see the warning lamp?
        can I get the seat cover for my Wren?
        I need to fix a puncture
        how do I book?
        how can I book an appointment?
        what does cancelling cost?
        how do I cancel my appointment?
        can I cancel for free?
        until when can I move my appointment?
        is there a fee for cancelling?
        what happens if I cancel late?
        do I need to book?
        how far in advance should I book a service?
        can I book online?
        can I book an appointment in the app?
        what should I bring to my appointment?
        what do I need to bring?
        how often can I move my appointment?
        when is my service due?
        what oil do I need?
        how much is a service?
        what does a tyre change cost?
        I missed my appointment, what now?
        what are the opening hours on Saturday?
        where is the dealer in Oxmere?
        book a test drive
        book a courtesy car
        cancel my order
        cancel my subscription
        my car makes a noise
        can I move the seat back?
        how do I change the wheel?
        the service light is on
        what is included in the annual service?
        is the Oxmere dealer open tomorrow?
        I booked a service last week, what will be done?
        how long does a service take?
        book a table for two
        can I change the oil myself?
        do I have to pay if I cancel?
        why was my appointment moved?
        how do I reset the service light?
        can you explain the schedule?
        Does the dealer in Valesby service the Osprey?
        what is a recall?
        I will be late for my appointment
        the booking app does not work
        Which dealer is nearest to Carrick?
        how many slots does the key box have?
        where is the fuse slot?
        can I cancel within 24 hours without paying?
        what's the cancellation policy?
        I'd like to know when my next service is due
        can I move my seat to the front?
        I need to change a tyre
        Could you tell me what the service includes?
        I want to know the tyre pressure
        I need a new key
    """,
}

REPLIES = {
    "detail": """
        thursday would be better
        after three if that's possible
        could we make it the week after
        it's the hybrid
        ah just the usual service
        how about half ten
        not mondays
    """,
    "agree": """
        yeah that's grand
        go on so
        sounds good, do it
        perfect
        I'll take that one
    """,
    "any": """
        whichever you like
        I don't mind
    """,
    "refuse": """
        none of those suit me
        neither is any good
    """,
    "stop": """
        never mind
        leave it so, I'll ring them myself
        no sorry, I must talk to my wife first
        don't book anything
    """,
    "other": """
        what oil do I need?
        how much is a service?
        could my wife bring it?
        is there parking at the garage
        hello
        thanks
        maybe
    """,
}
"""What is said to an offer."""


@pytest.fixture(scope="module")
def choices(ingested: Path) -> Choices:
    return open_choices(open_embedder(Settings(data_dir=ingested)))


VEHICLES = Vehicles(tuple(Vehicle(name, "", ("2025",)) for name in ("Wren", "Heron", "Osprey", "Plover")))
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=ZoneInfo("Europe/Dublin"))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def test_what_is_wanted(choices: Choices) -> None:
    read_as = [(label, intent_of(line, choices), line) for label, text in LINES.items() for line in lines(text)]
    wrong = [item for item in read_as if item[0] != item[1]]
    assert len(wrong) <= 0.08 * len(read_as), wrong


def test_few_questions_about_appointments_are_taken_for_wishes(choices: Choices) -> None:
    asked = lines(LINES[None])
    assert sum(intent_of(line, choices) is not None for line in asked) <= 0.06 * len(asked)


def test_what_is_replied_to_an_offer(choices: Choices) -> None:
    said = [(label, line) for label, text in REPLIES.items() for line in lines(text)]
    read_as = [(label, read(line, choices).reply(told=False), line) for label, line in said]
    wrong = [item for item in read_as if item[0] != item[1]]
    assert len(wrong) <= 2, wrong


def test_nothing_said_or_learnt_is_no_wish(choices: Choices) -> None:
    for purpose in (read("  ", choices), read("book a service", {}), Purpose()):
        assert (purpose.intent(0), purpose.reply(told=False)) == (None, "other")


def intent_of(line: str, choices: Choices) -> Intent | None:
    return heard(line, choices).intent


def heard(line: str, choices: Choices) -> Heard:
    return hear(line, NOW, Plan(), Workshops(), VEHICLES, {}, choices=choices)
