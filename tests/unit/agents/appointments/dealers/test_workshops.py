"""Workshops out of the knowledge base's table: that other pages say the same, what rows mean, and who is named."""

import csv
import re
from datetime import time, timedelta
from functools import cache
from pathlib import Path

import pytest
import structlog

from agents.appointments.dealers.hours import Day, Hours
from agents.appointments.dealers.workshops import Workshop, Workshops, parse
from agents.vehicles.range import Vehicle, Vehicles
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.types import Chunk, Document

KNOWLEDGE = Path(__file__).parents[5] / "knowledge_base"
VEHICLES = Vehicles.parse((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8"))


def chunked(name: str, data: bytes) -> tuple[Chunk, ...]:
    loader = loader_for(Path(name))
    assert loader is not None
    content = loader.read(data, name).content
    return split(Document(name, name.partition("/")[0], "hash", content))


@cache
def chunks(name: str) -> tuple[Chunk, ...]:
    return chunked(name, (KNOWLEDGE / name).read_bytes())


@cache
def skelby() -> Workshops:
    return parse(chunks("records/workshops.csv"), VEHICLES)


def table(rows: str, vehicles: Vehicles = VEHICLES) -> Workshops:
    """The workshops of a table of another maker."""
    return parse(chunked("company/garages.csv", rows.encode()), vehicles)


HEADER = "dealer,town,time_zone,places_per_slot,monday_to_friday,saturday,country"


def one(row: str, more: str = "", cells: str = "") -> Workshop | None:
    """What is made of one row, and what is logged otherwise is why not."""
    found = table(f"{HEADER}{more}\n{row}{cells}").rows
    return found[0] if found else None


GARAGE = "North Garage,Aville,Europe/Paris,2,08:00-12:00,closed,FR"


FORMS = {
    "csv": f"{HEADER}\n{GARAGE}\n".replace("time_zone", "time zone").replace("places_per_slot", "places per slot"),
    "md": "# Garages\n\n| Dealer | Town | Time zone | Places per slot | Monday to Friday | Saturday | Country |\n"
    f"|---|---|---|---|---|---|---|\n| {GARAGE.replace(',', ' | ')} |\n",
    "html": "<h1>Garages</h1><table><tr><th>Dealer<th>Town<th>Time zone<th>Places per slot<th>Monday to Friday"
    f"<th>Saturday<th>Country</tr><tr><td>{GARAGE.replace(',', '<td>')}</tr></table>",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_in_whatever_format_it_is(form: str) -> None:
    found = parse(chunked(f"company/garages.{form}", FORMS[form].encode()), VEHICLES)
    assert [(row.name, row.town, row.places) for row in found.rows] == [("North Garage", "Aville", 2)]


# --- as other pages say it ------------------------------------------------------------------------------------------


def html_rows() -> list[list[str]]:
    text = "\n".join(chunk.text for chunk in chunks("company/dealers.html"))
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines() if line[:1] == "|"]


def periods(hours: tuple[Hours, ...]) -> str:
    return ", ".join(f"{h.opens:%H:%M}–{h.closes:%H:%M}" for h in hours) or "closed"


def test_the_table_agrees_with_the_page_of_dealers() -> None:
    addresses = {row[0]: row[1:] for row in html_rows() if len(row) == 6 and row[0] != "Town"}
    assert addresses.keys() == {workshop.town for workshop in skelby().rows}
    for workshop in skelby().rows:
        dealer, street, telephone, weekdays, saturday = addresses[workshop.town]
        assert (workshop.name, workshop.street, workshop.telephone) == (dealer, street, telephone)
        assert {periods(day) for day in workshop.hours[:5]} == {weekdays}
        assert periods(workshop.hours[5]) == saturday.removesuffix(", workshop only")
        assert workshop.hours[6] == ()


def test_the_table_agrees_with_what_each_dealer_can_do() -> None:
    [header] = [row for row in html_rows() if row[0] == "Dealer"]
    said = {row[0]: dict(zip(header, row, strict=True)) for row in html_rows() if len(row) == len(header)}
    for workshop in skelby().rows:
        for vehicle in VEHICLES.rows:
            cell = said[workshop.town][f"{vehicle.model} service"]
            expected = cell == "yes" or cell == f"{vehicle.name} only"
            assert workshop.serves(vehicle) == expected, (workshop.town, vehicle.name, cell)
    listed = csv.DictReader((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8").splitlines())
    variants = {row["variant"] for row in listed if row["fuel"] == "diesel"}
    diesel = [vehicle for vehicle in VEHICLES.rows if vehicle.variant in variants]
    assert "Valesby" not in {workshop.town for workshop in skelby().serving(diesel)}


def test_the_table_agrees_with_the_rules_of_appointments() -> None:
    rules = (KNOWLEDGE / "maintenance/appointments.md").read_text(encoding="utf-8")
    specialities = (KNOWLEDGE / "company/dealers.html").read_text(encoding="utf-8")
    assert "Slots are 30 minutes apart" in rules
    assert "about one week of lead time, tyre changes in October and April about three weeks" in rules
    assert re.search(r"up to \*\*24 hours\*\* before .* courtesy car .* limit is \*\*48 hours\*\*", rules)
    assert "You can move an appointment twice" in rules
    assert "Oxmere</strong> is a family business of four mechanics; please book two weeks ahead" in specialities
    for workshop in skelby().rows:
        assert workshop.slot == timedelta(minutes=30)
        assert workshop.lead == timedelta(weeks=2 if workshop.town == "Oxmere" else 1)
        assert (workshop.tyre_lead, workshop.tyre_months) == (timedelta(weeks=3), (10, 4))
        assert (workshop.change_until, workshop.change_until_with_car) == (timedelta(hours=24), timedelta(hours=48))
        assert workshop.moves == 2


# --- what a row says ------------------------------------------------------------------------------------------------


def test_a_workshop_is_cited_by_its_row() -> None:
    [workshop] = skelby().named("Oxmere")
    chunk, evidence = workshop.evidence.passage.chunk, workshop.evidence
    said = chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
    assert said.startswith("Town: Oxmere | Dealer: Oxmere Garage Lindqvist | ")
    assert "\n" not in said


def test_a_workshop_is_found_by_its_key() -> None:
    assert [skelby().get(row.key) for row in skelby().rows] == list(skelby().rows)
    assert skelby().get("no such") is None


def test_a_table_of_another_maker_with_breaks_and_closing_days() -> None:
    more = ",services,closed_on,slot_minutes,sunday"
    vehicles = Vehicles([Vehicle("Fox", "Fox S"), Vehicle("Fox", "Fox L"), Vehicle("Elk", "Elk")])
    cells = ",Fox L; Elk,1 May; 29 February; 2026-08-17,45,10:00 to noon"
    assert table(f"{HEADER}{more}\n{GARAGE}{cells}", vehicles).rows == ()
    cells = cells.replace("10:00 to noon", "10:00-11:30").replace("08", "08")
    breaks = GARAGE.replace("08:00-12:00", "08:00-12:00 and 13:30-17:00")
    [workshop] = table(f"{HEADER}{more}\n{breaks}{cells}", vehicles).rows
    assert workshop.hours[0] == (Hours(time(8), time(12)), Hours(time(13, 30), time(17)))
    assert workshop.hours[5:] == ((), (Hours(time(10), time(11, 30)),))
    assert workshop.closed == (Day(5, 1), Day(2, 29), Day(8, 17, 2026))
    assert [workshop.serves(vehicle) for vehicle in vehicles.rows] == [False, True, True]
    assert (workshop.slot, workshop.places, workshop.moves) == (timedelta(minutes=45), 2, None)
    assert (workshop.lead, workshop.change_until, workshop.tyre_months) == (timedelta(0), timedelta(0), ())


def test_a_workshop_without_a_list_of_services_works_on_everything() -> None:
    workshop = one(GARAGE)
    assert workshop is not None
    assert all(map(workshop.serves, VEHICLES.rows))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (GARAGE.replace("Europe/Paris", "Europe/Atlantis"), "no time zone"),
        (GARAGE.replace("Europe/Paris", "../../etc/passwd"), "no time zone"),
        (GARAGE.replace("Europe/Paris", "x" * 500), "no time zone"),
        (GARAGE.replace("FR", "QQ"), "no public holidays"),
        (GARAGE.replace("FR", "DE-QQ"), "no public holidays"),
        (GARAGE.replace(",2,", ",0,"), "no whole number"),
        (GARAGE.replace(",2,", ",2.5,"), "no whole number"),
        (GARAGE.replace(",2,", f",{'9' * 500},"), "no whole number"),
        (GARAGE.replace("08:00-12:00", "mornings"), "no opening hours"),
        (GARAGE.replace("08:00-12:00", "25:00-26:00"), "hour must be"),
        (GARAGE.replace("08:00-12:00", "12:00-08:00"), "not in order"),
        (GARAGE.replace("08:00-12:00", "08:00-12:00 and 11:00-14:00"), "not in order"),
        (GARAGE.replace("08:00-12:00", "closed"), "never open"),
        (GARAGE.replace("North Garage", "***"), "no name"),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_and_logged(wrong: str, why: str) -> None:
    with structlog.testing.capture_logs() as logged:
        assert one(wrong) is None
    assert [why in entry["error"] for entry in logged] == [True]
    assert one(GARAGE) is not None


def test_a_row_that_cannot_be_read_is_known_by_name() -> None:
    known = table(
        f"{HEADER},telephone\n{GARAGE},1\nSouth Garage,Bville,Europe/Paris,2,by arrangement,closed,FR,0700 2\n"
    )
    (mention,) = known.unbookable("is South Garage open?")
    (row,) = mention.found
    assert (row.address, row.telephone) == ("South Garage, Bville", "0700 2")
    assert row.hours == "Monday to Friday by arrangement, Saturday closed"
    assert known.unbookable("anything in Bville?")[0].found == (row,)
    assert not known.named("South Garage in Bville")
    assert not known.unbookable("North Garage in Aville")


def test_other_tables_and_prose_are_no_workshops() -> None:
    prose = Chunk("c", "a.md", "", "A", (), None, 0, 40, "Time zone: all dealers are in one time zone.")
    assert parse([prose], VEHICLES).rows == ()
    assert parse(chunks("company/dealers.html"), VEHICLES).rows == ()
    assert parse([], Vehicles()).named("Oxmere") == ()


def test_the_first_of_two_rows_of_one_dealer_counts() -> None:
    twice = table(f"{HEADER}\n{GARAGE}\n{GARAGE.replace('Aville', 'Beville')}")
    assert [workshop.town for workshop in twice.rows] == ["Aville"]


# --- named by a customer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "towns"),
    [
        ("next Tuesday morning near Carrick", ["Skelby", "Brennhaven"]),
        ("at the dealer in Oxmere, please", ["Oxmere"]),
        ("lindqvist", ["Oxmere"]),
        ("tarnwik is closest", ["Tarnwick"]),
        ("Dunmore", ["Dunmoor"]),
        ("brenhaven motor house", ["Brennhaven"]),
        ("Tarnwick or Oxmere", ["Tarnwick", "Oxmere"]),
        ("the works dealer", ["Skelby"]),
        ("Skelby", ["Skelby"]),
        ("Skelby please", ["Skelby"]),
        ("in Skelby", ["Skelby"]),
        ("my Skelby needs a service in Oxmere", ["Oxmere"]),
        ("Book a service for my Skelby Wren next week", []),
        ("When was Skelby Motors founded, and who drives the electric Wren?", []),
        ("as soon as possible", []),
        ("", []),
        ("🚗" * 3000, []),
    ],
)
def test_workshops_named_in_a_message(text: str, towns: list[str]) -> None:
    assert [workshop.town for workshop in skelby().named(text)] == towns


def test_where_a_workshop_is_named() -> None:
    text = "On 3 March at Oxmere Heath."
    [mention] = skelby().mentions(text)
    assert text[mention.start : mention.end] == "Oxmere Heath"
