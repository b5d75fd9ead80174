import pytest

from agents.vehicles.descriptors import described, model_year
from agents.vehicles.range import Vehicles

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Gull,Gull 40,2024;2025,electric motor,electricity,
Gull,Gull 60,2024;2025,electric motor,electricity,
Rook,Rook 1.2,2024;2025,petrol engine,petrol,
Rook,Rook Hybrid,2024;2025,full hybrid,petrol,
Crane,Crane manual,2024;2025,diesel engine,diesel,hauler
Crane,Crane automatic,2024;2025,diesel engine,diesel,crane auto;hauler
"""
)


def names(*words: str, model: str = "") -> list[str]:
    return [vehicle.name for vehicle in described(words, VEHICLES, model)]


@pytest.mark.parametrize(
    ("words", "model", "found"),
    [
        (["petrol"], "Rook", ["Rook 1.2"]),
        (["diesel"], "Rook", ["Crane manual", "Crane automatic"]),
        (["auto"], "Crane", ["Crane automatic"]),
        (["60"], "Gull", ["Gull 60"]),
        (["electric"], "", ["Gull 40", "Gull 60"]),
    ],
)
def test_a_vehicle_is_found_by_what_tells_it_apart(words: list[str], model: str, found: list[str]) -> None:
    assert names(*words, model=model) == found


@pytest.mark.parametrize("words", [[], ["price"], ["petrol", "price"], ["engine"], ["hauler"]])
def test_other_words_describe_no_vehicle(words: list[str]) -> None:
    assert names(*words, model="Rook") == []


@pytest.mark.parametrize(
    ("words", "year"), [(["newer"], "2025"), (["old"], "2024"), (["newer", "price"], ""), ([], "")]
)
def test_a_model_year_is_told_by_its_age(words: list[str], year: str) -> None:
    assert model_year(words, VEHICLES) == year


def test_without_vehicles_nothing_is_described() -> None:
    assert described(["petrol"], Vehicles()) == ()
    assert model_year(["newer"], Vehicles()) == ""
