"""Every row of the bundled schedules, against what the documents say."""

from agents.service.intervals import Interval, Recurrence
from agents.service.schedules import Entry, matching, parse
from agents.vehicles.range import Vehicles
from rag.ingestion.split import split
from rag.loaders.markdown import LOADER
from rag.types import Chunk, Document, Place
from tests.unit.agents.scheduled import VEHICLES, schedules

COOLANT = Recurrence(Interval(100_000, 60), Interval(200_000, 120))
TWO_YEARS = Recurrence(Interval(None, 24))
EACH = Recurrence(services=1)


def km(distance: int, months: int | None = None) -> Recurrence:
    return Recurrence(Interval(distance, months))


WREN = {
    "Brake fluid": TWO_YEARS,
    "Cabin filter": km(30_000, 24),
    "Coolant": COOLANT,
    "eCall backup battery": Recurrence(Interval(None, 120)),
}
HERON = {
    "Service": km(15_000, 12),
    "Major service": Recurrence(services=2),
    "Brake fluid": TWO_YEARS,
    "Cabin filter": km(30_000, 24),
    "Coolant": COOLANT,
    "Engine oil with filter": EACH,
}
HYBRID = HERON | {
    "Spark plugs": km(120_000),
    "Air filter": km(60_000),
    "Hybrid battery cooling filter": km(30_000),
}
OSPREY = {
    "Service": Recurrence(Interval(20_000, 12), severe=Interval(10_000, 6)),
    "Major service": Recurrence(services=2),
    "Fuel filter": km(40_000),
    "Air filter": Recurrence(Interval(40_000), severe=Interval(20_000)),
    "Timing belt with water pump": km(120_000, 96),
    "Transfer box oil, front axle, rear axle": Recurrence(Interval(80_000), severe=Interval(40_000)),
    "Brake fluid": TWO_YEARS,
    "Coolant": COOLANT,
    "DPF ash measurement": Recurrence(services=1, from_km=120_000),
    "Engine oil with filter": EACH,
}
PLOVER = {
    "Service": km(20_000, 12),
    "Engine oil and filter": EACH,
    "Cabin filter": km(40_000, 24),
    "Air filter": km(40_000),
    "Spark plugs": km(60_000),
    "Brake fluid": TWO_YEARS,
    "Coolant": COOLANT,
    "Sliding door rollers": EACH,
}
EXPECTED = {
    ("Wren 42", 2025): WREN | {"Inspection": km(20_000, 12), "Major service": km(60_000, 36)},
    ("Wren 58", 2025): WREN | {"Inspection": km(20_000, 12), "Major service": km(60_000, 36)},
    ("Wren 42", 2026): WREN | {"Inspection": km(30_000, 24), "Major service": km(60_000, 48)},
    ("Wren 58", 2026): WREN | {"Inspection": km(30_000, 24), "Major service": km(60_000, 48)},
    ("Heron 1.5T", 2025): HERON
    | {
        "Spark plugs": km(60_000),
        "Air filter": km(45_000),
        "Timing drive (belt)": km(150_000, 120),
        "Auxiliary belt": km(90_000),
    },
    ("Heron 1.5T", 2026): HERON
    | {
        "Service": km(20_000, 12),
        "Spark plugs": km(60_000),
        "Air filter": km(60_000),
        "Auxiliary belt": km(100_000),
        "DCT7 gearbox oil": km(80_000),
        "Cabin filter": km(40_000, 24),
    },
    ("Heron Hybrid", 2025): HYBRID,
    ("Heron Hybrid", 2026): HYBRID,
    ("Osprey 2.2D manual", 2025): OSPREY | {"Manual gearbox oil": km(120_000)},
    ("Osprey 2.2D manual", 2026): OSPREY | {"Manual gearbox oil": km(120_000)},
    ("Osprey 2.2D automatic", 2025): OSPREY | {"Automatic transmission fluid": km(80_000)},
    ("Osprey 2.2D automatic", 2026): OSPREY | {"Automatic transmission fluid": km(80_000)},
    ("Plover", 2025): PLOVER,
    ("Plover", 2026): PLOVER,
}


def cars() -> dict[tuple[str, int], tuple[Entry, ...]]:
    return {car: schedules().of(*car) for car in schedules().fitment.in_order}


def test_every_row_is_read_right_for_every_car() -> None:
    found = {(name.removesuffix(" 1.2"), year): entries for (name, year), entries in cars().items()}
    assert {car: {one.item: one.when for one in entries} for car, entries in found.items()} == EXPECTED


def test_the_evidence_is_the_row_itself() -> None:
    for entries in cars().values():
        for one in entries:
            chunk = one.evidence.passage.chunk
            assert chunk.start <= one.evidence.start < one.evidence.end <= chunk.end
            row = chunk.text[one.evidence.start - chunk.start : one.evidence.end - chunk.start]
            assert "\n" not in row
            figures = one.when.every.km
            assert figures is None or f"{figures:,}" in row or str(figures) in row or "same" in row


def test_the_regular_service_comes_first_and_once() -> None:
    for entries in cars().values():
        assert [one.service for one in entries] == [True, *([False] * (len(entries) - 1))]


def test_cars_with_one_schedule_are_told_together() -> None:
    plans = schedules().plans(schedules().fitment.mentioned("Wren"))
    assert [plan.name for plan in plans] == ["Wren (2025)", "Wren (2026)"]
    [fluid] = schedules().plans(schedules().fitment.mentioned("Wren"), "brake fluid")
    assert fluid.name == "Wren"
    assert [entry.item for entry in fluid.entries] == ["Brake fluid"]


def test_items_are_found_by_name() -> None:
    entries = schedules().of("Wren 58", 2026)
    assert [one.item for one in matching("brake fluid", entries)] == ["Brake fluid"]
    assert [one.item for one in matching("service", entries)] == ["Inspection"]
    assert [one.item for one in matching("cabin filters", entries)] == ["Cabin filter"]
    assert matching("exhaust", entries) == ()
    assert matching("", entries) == ()


def test_a_warranty_is_no_schedule() -> None:
    documents = {one.evidence.passage.chunk.document_id for one in schedules().entries}
    assert documents == {
        "maintenance/schedule-heron.md",
        "maintenance/schedule-osprey.md",
        "maintenance/schedule-plover.md",
        "maintenance/schedule-wren.md",
        "specs/fluids-and-capacities.csv",
    }


def chunked(text: str) -> tuple[Chunk, ...]:
    content = LOADER.read(text.encode(), "title").content
    return split(Document("plan.md", "plan", "hash", content))


def test_the_schedule_of_another_maker() -> None:
    vehicles = Vehicles.parse("model,variant,years,powertrain,fuel,aliases\nOrlo,Orlo 200,2030,diesel,diesel,\n")
    text = """# Maintenance plan of the Orlo

| Work | How often |
|---|---|
| Regular service | every 10,000 miles or one year |
| Pollen filter | every second service |
| Gear oil, 1.2 litres | 60 000 km |
"""
    entries = parse(chunked(text), vehicles).of("Orlo 200", 2030)
    assert {one.item: one.when for one in entries} == {
        "Regular service": km(16_093, 12),
        "Pollen filter": Recurrence(services=2),
        "Gear oil": km(60_000),
    }
    assert entries[0].service


def test_documents_without_schedules_and_none_at_all() -> None:
    assert parse((), VEHICLES).entries == ()
    assert parse(chunked("# Warranty\n\n| Part | Term |\n|---|---|\n| Paint | 3 years |\n"), VEHICLES).entries == ()
    assert parse(chunked("# A\n\n" + "| " * 3000 + "\n" + "every " * 3000), Vehicles()).entries == ()


def test_a_schedule_holds_the_places_of_its_own_sections_alone() -> None:
    known = schedules()
    own = known.entries[0].evidence.passage.chunk
    other = Chunk("other", "about.md", "company", "About us", (), None, 0, 9, "something")
    assert known.holds(Place(own, own.start, 0.9))
    assert not known.holds(Place(other, 0, 0.9))
