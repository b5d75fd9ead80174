import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language.figures import identifiers, measures, quantities


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5 t", "1,500 kg"),
        ("two years", "24 months"),
        ("15 000 km", "15,000 km"),
        ("2.40 bar", "2.4 bar"),
        ("1,5 litres", "1.5 l"),
        ("08:00", "8:00"),
        ("€45", "45 euros"),
        ("12-volt", "12 V"),
        ("6.2 litres per 100 km", "6.2 l/100 km"),
        ("80 per cent", "80%"),
        ("130 kilometres per hour", "130 km/h"),
        ("−11 degrees Celsius", "-11 °C"),
    ],
)
def test_as_much_of_the_same(one: str, other: str) -> None:
    (first,), (second,) = quantities(one), quantities(other)
    assert first.same(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("50 kg", "60 kg"),
        ("50 kg", "50 lb"),
        ("50 kW", "50 kWh"),
        ("50 km", "50 miles"),
        ("7 °C", "7 °F"),
        ("120 kW", "120 hp"),
        ("5 euros", "5 pounds"),
        ("2 working days", "2 weeks"),
        ("0700 555 999", "0700 555 998"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    pairs = zip(quantities(one), quantities(other), strict=True)
    assert not all(first.same(second) for first, second in pairs)


def test_a_bare_figure_goes_by_its_digits() -> None:
    (bare,), (measured,) = quantities("50"), quantities("50 kg")
    assert bare.same(measured)


def test_a_range_has_one_unit() -> None:
    assert [(one.measure, one.value) for one in quantities("10 to 15 km")] == [("length", "10"), ("length", "15")]


def test_identifiers_are_no_figures() -> None:
    text = "P 0301, p-0301, 205/55 R16, 0W-20, R1234yf, DOT 4 and a 58kWh battery, 12-volt, the 2nd of 3"
    assert identifiers(text) == {"p0301", "20555r16", "0w20", "r1234yf", "dot4"}
    assert [one.value for one in quantities(text)] == ["58", "12", "2", "3"]


def test_columns_name_measures() -> None:
    assert measures("roof load kg") == {"mass"}
    assert measures("Roof load") == frozenset()


@settings(deadline=None)
@given(st.text(alphabet="0123456789 .,:/-kmgV°C%€P[]ab\n", max_size=40))
def test_any_text_is_read(text: str) -> None:
    for one in quantities(text):
        assert one.same(one)
        assert 0 <= one.start < one.end
    identifiers(text)
