"""Amounts in texts, their conversion, and how they are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language import units
from agents.language.units import (
    Amount,
    NotConvertible,
    Unit,
    amounts,
    convert,
    magnitude,
    significant,
    unit,
    written,
)

NAMES = "kg t g lb stone mm cm m km mile inch foot yard l ml gallon pint bar psi kpa kw w hp bhp nm lb-ft mpg day week"
EVERY = sorted({one for name in NAMES.split() if (one := unit(name))}, key=lambda one: one.definition)


def known(name: str) -> Unit:
    found = unit(name)
    assert found is not None, name
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("85 kW (116 hp)", [(85, "kW"), (116, "hp")]),
        ("14.6 kWh/100 km", [(14.6, "kWh/100 km")]),
        ("6.4 l/100 km", [(6.4, "l/100 km")]),
        ("2.4 / 2.3", [(2.4, None), (2.3, None)]),
        ("6 h 30 min at 7.4 kW", [(6, "h"), (30, "min"), (7.4, "kW")]),
        ("1,445 kg / 1,975 kg", [(1445, "kg"), (1975, "kg")]),
        ("18-inch wheels", [(18, "inches")]),
        ("2,4 bar", [(2.4, "bar")]),
        ("−15 °C", [(-15, "°C")]),
        ("185/65 R15", []),
        ("5W-30", []),
        ("R1234yf and P0301, SK-4471-B", []),
        ("2.2D", []),
        ("3.1 cubic metres", [(3.1, "cubic metres")]),
        ("30 miles per gallon", [(30, "mpg")]),
        ("", []),
    ],
)
def test_amounts_are_found_and_codes_are_not(text: str, expected: list[tuple[float, str | None]]) -> None:
    assert [(one.value, one.unit.label if one.unit else None) for one in amounts(text)] == expected


def test_amounts_say_where_they_stand() -> None:
    text = "between 5.8 litres and 76 l"
    assert [text[one.start : one.end] for one in amounts(text)] == ["5.8 litres", "76 l"]


@pytest.mark.parametrize(
    ("value", "given_in", "wanted", "expected"),
    [
        (1, "gallon", "l", 4.54609),  # the imperial gallon, by definition
        (1, "us gallon", "l", 3.785411784),
        (1, "inch", "mm", 25.4),
        (1, "lb", "kg", 0.45359237),
        (1, "bar", "kpa", 100),
        (1, "bar", "psi", 14.503773773),
        (1, "mile", "km", 1.609344),
        (100, "km/h", "mph", 62.137119),
        (1, "hp", "w", 735.49875),  # DIN 66036
        (1, "bhp", "w", 745.69987),
        (1, "lb-ft", "nm", 1.3558179),
        (20, "°c", "°f", 68),
        (-40, "°f", "°c", -40),
        (1, "year", "months", 12),
        (10, "l/100km", "mpg", 28.2480936),
        (10, "l/100km", "us mpg", 23.5214583),
        (10, "l/100km", "km/l", 10),
        (20, "kwh/100km", "mi/kwh", 3.1068560),
    ],
)
def test_conversions_agree_with_the_definitions(value: float, given_in: str, wanted: str, expected: float) -> None:
    assert convert(value, known(given_in), known(wanted)) == pytest.approx(expected, rel=1e-6)


@given(st.floats(0.001, 1e6), st.sampled_from(EVERY), st.sampled_from(EVERY))
def test_there_and_back_is_the_same(value: float, one: Unit, other: Unit) -> None:
    if one.measure != other.measure:
        with pytest.raises(NotConvertible):
            convert(value, one, other)
    else:
        assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-9)


@given(st.floats(-200, 5000), st.sampled_from(["°c", "°f"]), st.sampled_from(["°c", "°f"]))
def test_temperatures_there_and_back(value: float, one: str, other: str) -> None:
    there = convert(value, known(one), known(other))
    assert convert(there, known(other), known(one)) == pytest.approx(value, abs=1e-6)


def test_what_does_not_measure_the_same_is_refused() -> None:
    with pytest.raises(NotConvertible, match="kg measures mass, mm measures length"):
        convert(1, known("kg"), known("mm"))
    with pytest.raises(NotConvertible, match="torque"):
        convert(1, known("nm"), known("kwh"))
    with pytest.raises(NotConvertible, match="no counterpart"):
        convert(0, known("mpg"), known("l/100km"))


def test_magnitudes_compare_across_units() -> None:
    small, large = Amount(1.5, known("t")), Amount(1495, known("kg"))
    assert magnitude(small) > magnitude(large)
    assert magnitude(Amount(7, None)) == 7


@pytest.mark.parametrize(
    ("value", "name", "digits", "expected"),
    [
        (34.809, "psi", 3, "34.8 psi"),
        (3985.2, "mm", 4, "3,985 mm"),
        (2425.08, "lb", 3, "2,425 lb"),
        (0.1264, "s", 3, "0.126 s"),
        (85.0, "kw", 3, "85 kW"),
        (29.0, "°", 3, "29°"),
        (0.0, "kg", 3, "0 kg"),
        (-40.0, "°c", 3, "-40 °C"),
    ],
)
def test_amounts_are_written_short(value: float, name: str, digits: int, expected: str) -> None:
    assert written(value, known(name), digits) == expected


def test_a_conversion_keeps_the_figures_digits() -> None:
    assert [significant(text) for text in ("2.4", "505 l", "3,985 mm", "0.5", "1234567")] == [3, 3, 4, 3, 5]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for one in amounts(text):
        assert text[one.start : one.end].strip()
        assert math.isfinite(one.value)


def test_names_are_read_however_they_are_written() -> None:
    assert unit("Cubic  Metres") == unit("m³")
    assert unit("KW") == unit("kw")
    assert unit("parsec") is None
    assert units.unit("") is None
