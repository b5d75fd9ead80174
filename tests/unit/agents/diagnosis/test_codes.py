import pytest

from agents.diagnosis import wording
from agents.diagnosis.codes import FaultCodes, as_of_vehicles, codes, parse
from agents.vehicles.applicability import Fitment
from tests import bundled

SUBJECTS = ("troubleshooting",)


def known() -> FaultCodes:
    return parse(bundled.chunks(), bundled.vehicles())


def test_every_row_of_the_bundled_table_is_there_once() -> None:
    text = (bundled.ROOT / "troubleshooting/trouble-codes.csv").read_text(encoding="utf-8")
    listed = [line.split(",")[0] for line in text.splitlines()[1:]]
    table = known()
    assert sorted(table.rows) == sorted(listed)
    assert all(len(rows) == 1 for rows in table.rows.values())


def test_a_row_says_what_its_cells_say_and_cites_exactly_them() -> None:
    (row,) = known().of("p0420", SUBJECTS)
    assert (row.meaning, row.cause) == ("catalyst efficiency low", "aged catalyst or misfires")
    assert (row.remedy, row.may_drive_on, row.system) == ("workshop", "yes", "emissions")
    chunk = row.evidence.passage.chunk
    cited = chunk.text[row.evidence.start - chunk.start : row.evidence.end - chunk.start]
    assert cited.startswith("Code: P0420 | ")
    assert cited.endswith("May drive on: yes")
    assert "\n" not in cited


@pytest.mark.parametrize(
    ("code", "cars"),
    [
        ("P0420", "Heron, Plover"),
        ("P0117", "Heron, Osprey, Plover"),
        ("U1A00", "Wren, Heron, Osprey"),
        ("P0741", "Osprey 2.2D automatic"),
        ("P0841", "Heron 1.5T (2026)"),
        ("P0AA6", "Wren, Heron Hybrid"),
        ("B1000", "All models"),
    ],
)
def test_a_row_is_about_the_cars_that_it_names(code: str, cars: str) -> None:
    (row,) = known().of(code, SUBJECTS)
    assert Fitment(bundled.vehicles()).name(row.cars) == cars


def test_a_code_that_is_not_listed_has_no_rows_and_no_neighbours() -> None:
    for code in ("P0421", "P0419", "P042", "", "P0420X", "0420"):
        assert known().of(code, SUBJECTS) == ()


def test_rows_outside_the_given_subjects_are_not_read() -> None:
    assert known().of("P0420", ("specs",)) == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("P0420", ["P0420"]),
        ("p0420", ["P0420"]),
        ("what is p 0420?", ["P0420"]),
        ("P-0420 on my car", ["P0420"]),
        ("PO420", ["P0420"]),
        ("code p0420 and p0171", ["P0420", "P0171"]),
        ("error codes P0300, 0301 and 0302", ["P0300", "P0301", "P0302"]),
        ("P0420/P0420", ["P0420"]),
        ("U0100-00 stored", ["U0100"]),
        ("p0a93 c0265", ["P0A93", "C0265"]),
        ("what does P0456 mean", ["P0456"]),
        ("what does p 0456 mean", ["P0456"]),
        ("by 3000 km", []),
        ("plan B 2025", []),
        ("I paid c 1000 euros", []),
        ("P9999 P042 PP0420 P04201", []),
        ("Wren 58, 205/55 R16", []),
        ("", []),
    ],
)
def test_codes_are_read_in_any_spelling(text: str, named: list[str]) -> None:
    assert list(codes(text, known())) == named


TABLES = {
    "Error | Description | Remedy": "| P1234 | pump weak | replace the pump |\n| P1235 | pump dead | tow |",
    "No | DTC | Fault": "| 1 | U0001 | bus off |\n| 2 | U0002 | bus slow |",
}


@pytest.mark.parametrize("header", TABLES)
def test_another_makers_table_is_known_by_its_column_of_codes(header: str) -> None:
    rule = "|---" * (header.count("|") + 1) + "|"
    data = f"# Faults\n\n## List\n\n| {header} |\n{rule}\n{TABLES[header]}\n".encode()
    table = parse(bundled.chunks_of("troubleshooting/faults.md", data), bundled.vehicles())
    assert len(table.rows) == 2
    assert all(row.meaning for rows in table.rows.values() for row in rows)


def test_a_table_that_merely_mentions_codes_is_none() -> None:
    data = b"# Checks\n\n| Symptom | Code |\n|---|---|\n| a | P0300 |\n| b | P0300 |\n| c | none |\n"
    assert parse(bundled.chunks_of("troubleshooting/checks.md", data), bundled.vehicles()).rows == {}


def test_nothing_is_read_from_no_documents() -> None:
    assert parse((), bundled.vehicles()).rows == {}


APPLIANCES = (
    "Code,Applies to,Meaning,What to do,May go on using\nE3,Vask 45,water does not drain,clean the filter,no\n"
    "F07,Brann 60,door lock,clean the latch,yes\nErr 12,,pump blocked,call,limited\nE-21,,sensor,call,\n40,,fan,call,\n"
)


def of_appliances() -> FaultCodes:
    prose = b"# Programmes\n\nThe display shows P2 while it rinses.\n"
    chunks = (
        *bundled.chunks_of("troubleshooting/codes.csv", APPLIANCES.encode()),
        *bundled.chunks_of("handbook/programmes.md", prose),
    )
    return parse(chunks, bundled.vehicles())


def test_codes_of_any_form_are_those_that_a_table_calls_so() -> None:
    known = of_appliances()
    assert list(known.rows) == ["E3", "F07", "ERR12", "E21", "40"]
    assert [row.code for code in ("e3", "err-12", "E 21") for row in known.of(code, SUBJECTS)] == [
        "E3",
        "Err 12",
        "E-21",
    ]
    (row,) = known.of("E3", SUBJECTS)
    assert (row.meaning, row.remedy, row.may_drive_on, row.may_use_on) == (
        "water does not drain",
        "clean the filter",
        "",
        "no",
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("E3", ["E3"]),
        ("what does E3 mean", ["E3"]),
        ("my dishwasher says e 3 and stops", ["E3"]),
        ("f7 on the oven", ["F07"]),
        ("ERR 12", ["ERR12"]),
        ("it shows Err-12 since today", ["ERR12"]),
        ("E-21 and E3", ["E21", "E3"]),
        ("error code: E21?", ["E21"]),
        ("error 40", ["40"]),
        ("heat it to 40 degrees", []),
        ("error code E99", ["E99"]),
        ("fault E98 and H4", ["E98", "H4"]),
        ("the display shows P2", []),
        ("the display shows 60 C", []),
        ("an error 2 years ago", []),
        ("it shows Brewer 10", []),
        ("do you have a E99 cup", []),
        ("i have a 12 year old machine from 2012", []),
        ("F99 on the oven", ["F99"]),
        ("E9 since this morning", ["E9"]),
        ("H.17 is on the display", ["H17"]),
        ("it flashes C4 and beeps", ["C4"]),
        ("H17 fits my oven", []),
        ("H.17 on the oven", ["H17"]),
        ("H17, what now", ["H17"]),
        ("the screen of my XPS13", []),
        ("P0420", ["P0420"]),
        ("", []),
        ("error " * 500 + "e", []),
    ],
)
def test_codes_of_other_trades_are_read_where_the_tables_have_such(text: str, named: list[str]) -> None:
    assert list(codes(text, of_appliances())) == named
    assert not set(codes(text, known())) - {"P0420"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Colour code | Name", "| A12 | moss green |"),
        ("Code | Price", "| K1 | 12 |"),
        ("Part | Meaning", "| K1 | bolt |"),
    ],
)
def test_what_only_looks_like_codes_is_none(header: str, row: str) -> None:
    data = f"# List\n\n| {header} |\n|---|---|\n{row}\n".encode()
    assert parse(bundled.chunks_of("specs/list.md", data), bundled.vehicles()).rows == {}


def test_a_row_ends_with_one_stop() -> None:
    (row,) = of_appliances().of("E3", SUBJECTS)
    said = {"meaning": row.meaning, "likely_cause": "", "what_to_do": "it.", "applies_to_the_vehicle": None}
    value = {"code": "E3", "known": True, "rows": [said | {"may_drive_on": "", "may_use_on": row.may_use_on}]}
    assert wording.code(value, 1) == "Do not go on using it [1]. **E3**: water does not drain. What to do: it. [1]"


def test_other_codes_are_put_as_ones_of_vehicles() -> None:
    assert as_of_vehicles("what does E 3 mean, and F07?", of_appliances()) == "what does P0420 mean, and P0420?"
    assert as_of_vehicles("what does E3 mean", known()) == "what does E3 mean"
