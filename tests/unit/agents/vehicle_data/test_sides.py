"""Which cars a message sets beside each other."""

import pytest

from agents.vehicle_data.sides import sides
from agents.vehicles.applicability import Fitment
from tests import bundled

VEHICLES = bundled.vehicles()
FITMENT = Fitment(VEHICLES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("how far does the Wren 42 go, how far the 58?", ["Wren 42", "Wren 58"]),
        ("Osprey: stick or automatic", ["Osprey 2.2D manual", "Osprey 2.2D automatic"]),
        ("which Heron drinks less, the hybrid or the ordinary Heron", ["Heron 1.5T", "Heron Hybrid"]),
        ("a 2025 Wren 42 or a Wren 58 of 2026", ["Wren 42 (2025)", "Wren 58 (2026)"]),
        ("Plover 2025 or Plover 2026", ["Plover (2025)", "Plover (2026)"]),
        ("is the Heron of 2026 quicker than that of 2025", ["Heron (2026)", "Heron (2025)"]),
        ("warranty 2025 and 2026", ["All models (2025)", "All models (2026)"]),
        ("boot of the Wren", ["Wren"]),
        ("is it far to the sea", []),
    ],
)
def test_the_sides_of_a_comparison(text: str, expected: list[str]) -> None:
    found = sides(text, {}, FITMENT, VEHICLES).cars
    names = [FITMENT.name(cars) for cars in found]
    if expected and expected[0].startswith("All models"):
        assert [{year for _, year in cars} for cars in found] == [{2025}, {2026}]
    else:
        assert names == expected


def test_the_customers_own_vehicle_is_a_side() -> None:
    found = sides("is it longer than the Wren", {"model": "Heron"}, FITMENT, VEHICLES).cars
    assert [FITMENT.name(cars) for cars in found] == ["Heron", "Wren"]


def test_the_rest_is_what_is_asked() -> None:
    rest = sides("top speed of the Wren 42 or the 58 in 2026", {}, FITMENT, VEHICLES).rest
    assert "top speed" in rest
    assert not any(word in rest for word in ("42", "58", "2026", "Wren"))
