import pytest

from agents.language.mileages import mileages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("43,000 km", (43_000, "km")),
        ("43.000 km", (43_000, "km")),
        ("43 000 kilometres", (43_000, "km")),
        ("43000kms", (43_000, "km")),
        ("43k", (43_000, "")),
        ("43 k km", (43_000, "km")),
        ("43 thousand km", (43_000, "km")),
        ("about 27k miles", (43_452, "miles")),
        ("12.5k miles", (20_117, "miles")),
        ("27,000mi", (43_452, "miles")),
        ("43000", (43_000, "")),
        ("0 km", (0, "km")),
    ],
)
def test_distances(text: str, expected: tuple[int, str]) -> None:
    assert [(round(one.km), one.unit) for one in mileages(text)] == [expected]


@pytest.mark.parametrize(
    "text", ["", "80 km/h", "50 miles per hour", "-5 km", "1e9 km", "9" * 3000, "P0420", "12/05/2025", "x43,000y"]
)
def test_what_is_no_distance(text: str) -> None:
    assert mileages(text) == ()


def test_a_bare_figure_counts_in_the_unit_used_before() -> None:
    assert [round(one.km) for one in mileages("27000", "miles")] == [43_452]


def test_only_so_many_are_read() -> None:
    assert len(mileages("1 km " * 10_000)) == 40
