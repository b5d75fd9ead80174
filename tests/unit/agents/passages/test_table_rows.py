import pytest

from agents.passages.table_rows import applicable, listed, rows
from agents.vehicles.applicability import Fitment
from agents.vehicles.range import Vehicles
from tests import bundled

FITMENT = Fitment(bundled.vehicles())


@pytest.mark.parametrize(
    ("cell", "cars"),
    [
        ("", "All models"),
        ("all", "All models"),
        ("Wren", "Wren"),
        ("Wren 42 2025", "Wren 42 (2025)"),
        ("Heron 1.5T; Osprey", "Heron 1.5T, Osprey"),
        ("Wren, Plover and Osprey", "Wren, Osprey, Plover"),
        ("all except Wren", "Heron, Osprey, Plover"),
        ("some other text", "All models"),
    ],
)
def test_the_cars_of_a_cell(cell: str, cars: str) -> None:
    assert FITMENT.name(applicable(cell, FITMENT)) == cars


def test_where_no_range_is_known_every_cell_is_about_the_same_car() -> None:
    fitment = Fitment(Vehicles())
    assert applicable("Wren; Heron", fitment) == fitment.everything


def test_rows_of_csv_and_markdown_name_their_cells_alike() -> None:
    csv = bundled.chunks_of("a/table.csv", b"code,may_drive_on,note\nP1,yes,\nP2,no,x y\n")
    markdown = bundled.chunks_of(
        "a/t.md", b"# T\n\n| Code | May drive on | Note |\n|---|---|---|\n| P1 | yes | |\n| P2 | no | x y |\n"
    )
    read = [dict(row.cells) for row in rows(csv)]
    assert read == [dict(row.cells) for row in rows(markdown)]
    assert read == [{"code": "P1", "may drive on": "yes"}, {"code": "P2", "may drive on": "no", "note": "x y"}]


def test_evidence_is_the_row_alone() -> None:
    chunks = bundled.chunks_of("a/table.csv", b"a,b\n1,2\n3,4\n")
    texts = [chunks[0].text[row.evidence.start : row.evidence.end] for row in rows(chunks)]
    assert texts == ["A: 1 | B: 2", "A: 3 | B: 4"]


def test_lists_are_separated_by_semicolons() -> None:
    assert listed(" a; b ;; c d,e ") == ("a", "b", "c d,e")
    assert listed("") == ()
