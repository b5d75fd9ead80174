"""What customers write of service that is due, as it was labelled by hand before it was read."""

from typing import Any

import pytest

from agents.learning.choice import Choices
from agents.service.inquiry import Request, item_in, reply, wanted
from tests.tool_contexts import case
from tests.unit.agents.scheduled import VEHICLES, schedules

ASKED: list[tuple[str, dict[str, Any]]] = [
    (
        "my Heron hybrid 2025 has 43,000 km, last service was in May last year, what is due?",
        {"cars": "Heron Hybrid (2025)", "mileage_km": 43_000, "last_date": "2025-05-01"},
    ),
    ("when is my next service?", {"cars": "All models"}),
    ("is the brake fluid due?", {"item": "brake fluid"}),
    ("herron hybird 2025, is the brak fluid due?", {"cars": "Heron Hybrid (2025)", "item": "brake fluid"}),
    (
        "I've done 27k miles in my 2025 Wren 58 and the last service was at 18,000 miles. What's due?",
        {"cars": "Wren 58 (2025)", "mileage_km": 43_452, "last_km": 28_968, "unit": "miles"},
    ),
    ("Wren 42 2025, 22,500 km, never serviced. is anything due?", {"mileage_km": 22_500, "never": True}),
    (
        "When is my next service? Last one was on 12/05/2025 at 28,500 km, now it's at 41,200",
        {"last_date": "2025-05-12", "last_km": 28_500, "mileage_km": 41_200},
    ),
    (
        "our Osprey automatic from 2026 with 61.000 km on it, serviced it in autumn at 58,000 km. is anything due",
        {"cars": "Osprey 2.2D automatic (2026)", "mileage_km": 61_000, "last_km": 58_000, "last_date": "2025-09-01"},
    ),
    (
        "I have driven 9,000 km since the last service, 43,000 km in total. Is the next one due?",
        {"since_km": 9_000, "mileage_km": 43_000},
    ),
    ("The last service was 12,000 km ago, the odometer reads 55,000 now. Am I due?", {"since_km": 12_000}),
    (
        "Heron 1.5T 2026, registered in March 2025, 19,500 km, no service yet, is it due?",
        {"first_registered": "2025-03-01", "never": True, "mileage_km": 19_500},
    ),
    ("is the brake fluid due? it was last changed in June 2023", {"item": "brake fluid", "changed": "2023-06-01"}),
    ("Is my oil change overdue? done 18,000 km since the last one", {"item": "engine oil", "changed_since": 18_000}),
    ("what is due on my plover, 39 000 km, last inspection a year ago", {"cars": "Plover", "last_date": "2025-03-02"}),
    ("what service does my Wren need at this point? it has 61,000 km", {"cars": "Wren", "mileage_km": 61_000}),
    ("does my osprey need servicing? 24k km since new, never been serviced", {"never": True, "mileage_km": 24_000}),
    ("Is my car due a service", {}),
    ("am I overdue for an inspection?", {}),
    ("whats due on the hybrid? 58,900km", {"cars": "Heron Hybrid", "mileage_km": 58_900}),
    ("Is the cabin filter due on my 2026 Wren with 31,000 km?", {"item": "cabin filter", "mileage_km": 31_000}),
    ("Just hit 60,000 km in my Heron 1.5T. What maintenance is due?", {"mileage_km": 60_000}),
    ("When does my Osprey have to be serviced next? 35,000 km now, last time 17 August 2025", {"mileage_km": 35_000}),
    ("is it time for a service yet, 14,500 km since May?", {}),
    ("odometer shows 52000, is anything due?", {"mileage_km": 52_000}),
]

NOT_ASKED = [
    "how often does the Wren need service?",
    "What is the service interval of the Wren, model year 2026?",
    "When is my timing belt due?",
    "When are the spark plugs of the Plover due?",
    "heron dct7 oil chnge when due",
    "After how many km is my next service due?",
    "How much is an inspection?",
    "How much does the service that is due at 60,000 km cost?",
    "what is due at 60,000",
    "What does the major service of the Heron include?",
    "Book me a service for Tuesday please",
    "I need a service appointment next week",
    "Can I move my appointment that's due on Friday?",
    "My Wren 58 squeals at 30 km/h",
    "The oil lamp is on, is a service due?",
    "is brake fluid due every two years even with few miles",
    "Is the timing belt or chain due at a certain mileage?",
    "the car does 2,000 miles a year, does it still need a yearly service",
    "What is the range of the Wren 58?",
    "my lease payment is due, who do I call?",
    "When is my new Heron due for delivery?",
    "How long is the warranty of a Wren with 43,000 km?",
    "The delay is due to parts, they said",
    "Where can I look up when my car was last serviced?",
    "",
]


def asked(choices: Choices, text: str, **more: Any) -> Request | None:
    return wanted(case(text, **more), schedules(), VEHICLES, choices)


def told(request: Request) -> dict[str, Any]:
    known, changed = request.known.note(), request.changed.note()
    found = {name: round(value) if isinstance(value, float) else value for name, value in known.items()}
    found |= {"cars": schedules().fitment.name(request.cars), "item": request.item, "changed": changed.get("last_date")}
    return found | {"changed_since": changed.get("since_km")}


@pytest.mark.parametrize(("text", "expected"), ASKED)
def test_what_is_asked(text: str, expected: dict[str, Any], choices: Choices) -> None:
    request = asked(choices, text)
    assert request is not None
    assert {name: told(request).get(name) for name in expected} == expected


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_is_for_others(text: str, choices: Choices) -> None:
    assert asked(choices, text) is None


def test_the_vehicle_comes_from_what_is_known(choices: Choices) -> None:
    request = asked(
        choices, "is my service due? 43,000 km", facts={"model": "Heron", "variant": "Heron Hybrid", "year": "2025"}
    )
    assert request is not None
    assert schedules().fitment.name(request.cars) == "Heron Hybrid (2025)"
    other = asked(
        choices,
        "is a service due on a 2026 Wren?",
        facts={"model": "Heron", "variant": "Heron Hybrid", "year": "2025"},
    )
    assert other is not None
    assert schedules().fitment.name(other.cars) == "Wren (2026)"


def test_a_year_in_a_date_is_not_the_vehicles(choices: Choices) -> None:
    request = asked(choices, "my Heron Hybrid has 43,000 km, last service in May 2025, what is due?")
    assert request is not None
    assert schedules().fitment.name(request.cars) == "Heron Hybrid"


def test_the_year_may_stand_in_another_part_of_the_message(choices: Choices) -> None:
    said = "My Wren 58 is from 2025 and has 43,000 km. What is the tyre pressure, and is a service due?"
    request = asked(choices, "is a service due? (Wren 58)", said=said)
    assert request is not None
    assert schedules().fitment.name(request.cars) == "Wren 58 (2025)"
    assert request.known.mileage_km == 43_000


def note(choices: Choices, question: str, waiting_for: str) -> dict[str, Any]:
    request = asked(choices, question)
    assert request is not None
    return request.note(waiting_for)


REPLIES: list[tuple[str, str, dict[str, Any]]] = [
    ("mileage", "43000", {"mileage_km": 43_000}),
    ("mileage", "about 27k miles", {"mileage_km": 43_452, "unit": "miles"}),
    ("mileage", "it's at 43,000 now", {"mileage_km": 43_000}),
    ("mileage", "43k, and the last service was in May", {"mileage_km": 43_000, "last_date": "2025-05-01"}),
    ("mileage", "no idea", {"unknown": ["mileage"]}),
    ("service", "last March", {"last_date": "2025-03-01"}),
    ("service", "12/05/2025", {"last_date": "2025-05-12"}),
    ("service", "May 2025 at 28,500 km", {"last_date": "2025-05-01", "last_km": 28_500}),
    ("service", "at 28000", {"last_km": 28_000}),
    ("service", "12,000 km ago", {"since_km": 12_000}),
    ("service", "2024", {"last_date": "2024-01-01"}),
    ("service", "not yet", {"never": True}),
    ("service", "it hasn't had one", {"never": True}),
    ("service", "I can't remember", {"unknown": ["service"]}),
    ("service", "sorry, it's 58,900 km", {"mileage_km": 58_900}),
    ("registered", "5 January 2025", {"first_registered": "2025-01-05"}),
    ("vehicle", "the hybrid", {"cars": "Heron Hybrid"}),
    ("vehicle", "1.5T", {"cars": "Heron 1.5T"}),
    ("vehicle", "the 1.5T from 2026", {"cars": "Heron 1.5T (2026)"}),
    ("vehicle", "2026", {"cars": "Heron (2026)"}),
    ("vehicle", "don't know", {"unknown": ["vehicle"]}),
    ("", "sorry, 53,000 km", {"mileage_km": 53_000}),
    ("", "and the brake fluid?", {"item": "brake fluid"}),
    ("", "no, I meant the 1.5T", {"cars": "Heron 1.5T"}),
]


@pytest.mark.parametrize(("waiting_for", "text", "expected"), REPLIES)
def test_what_answers_a_question(waiting_for: str, text: str, expected: dict[str, Any], choices: Choices) -> None:
    request = reply(
        case(text, note=note(choices, "what is due on my Heron?", waiting_for)), schedules(), VEHICLES, choices
    )
    assert request is not None
    found = told(request)
    found["unknown"] = list(request.known.unknown)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize("waiting_for", ["mileage", "service", "vehicle", ""])
@pytest.mark.parametrize(
    "text",
    [
        "What is the boot volume of the Wren?",
        "My Wren 58 squeals at 30 km",
        "The engine smokes and smells of fuel",
        "book it for Tuesday please",
        "Never mind",
        "thanks",
        "yes please",
        "43000 and by the way how do I pair my phone with the car and reset the clock?",
        "",
        "x" * 10_000,
    ],
)
def test_what_answers_no_question(waiting_for: str, text: str, choices: Choices) -> None:
    assert (
        reply(case(text, note=note(choices, "what is due on my Heron?", waiting_for)), schedules(), VEHICLES, choices)
        is None
    )


def test_without_a_note_nothing_is_an_answer(choices: Choices) -> None:
    assert reply(case("43000"), schedules(), VEHICLES, choices) is None


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("when is the brake fluid due", "brake fluid"),
        ("the spark plugs", "spark plugs"),
        ("my oil change", "engine oil"),
        ("the coolant", "coolant"),
        ("timing belt", "timing belt"),
        ("the filter", ""),
        ("my brakes", ""),
        ("the next service", ""),
        ("", ""),
    ],
)
def test_the_item_that_a_text_names(text: str, item: str) -> None:
    assert item_in(text, schedules()) == item


@pytest.mark.parametrize(
    "text", ["is it due " * 800, "12 May 2025 43,000 km due " * 300, "9" * 8000, "a? " * 2600, "(" * 8000, "\x00 due?"]
)
def test_odd_texts_are_read_in_bounds(text: str, choices: Choices) -> None:
    for of in (case(text), case(text, note=note(choices, "what is due on my Heron?", "mileage"))):
        wanted(of, schedules(), VEHICLES, choices)
        assert reply(of, schedules(), VEHICLES, choices) is None
