import pytest

from agents.service.intervals import Interval, Recurrence, interval, recurrence, spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15,000 km or 12 months", Recurrence(Interval(15_000, 12))),
        ("12 months or 15000 km", Recurrence(Interval(15_000, 12))),
        ("every 2 years", Recurrence(Interval(None, 24))),
        ("30 000 km", Recurrence(Interval(30_000))),
        ("10,000 miles or one year", Recurrence(Interval(16_093, 12))),
        ("belt: 150,000 km or 10 years", Recurrence(Interval(150_000, 120))),
        (
            "10 years or 200,000 km, then 5 years or 100,000 km",
            Recurrence(Interval(100_000, 60), Interval(200_000, 120)),
        ),
        (
            "first at 10 years or 200,000 km, then every 5 years or 100,000 km",
            Recurrence(Interval(100_000, 60), Interval(200_000, 120)),
        ),
        (
            "10 years or 200000 km first; then 5 years or 100000 km",
            Recurrence(Interval(100_000, 60), Interval(200_000, 120)),
        ),
        ("40,000 km, severe use 20,000 km", Recurrence(Interval(40_000), severe=Interval(20_000))),
        (
            "12 months or 20000 km; severe use 6 months or 10000 km",
            Recurrence(Interval(20_000, 12), severe=Interval(10_000, 6)),
        ),
        ("clean every 30,000 km; every 15,000 km with pets on board", Recurrence(Interval(30_000))),
        ("every service", Recurrence(services=1)),
        ("every second service", Recurrence(services=2)),
        ("from 120,000 km at every service", Recurrence(services=1, from_km=120_000)),
    ],
)
def test_what_a_cell_says(text: str, expected: Recurrence) -> None:
    assert recurrence(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none fitted",
        "no replacement interval",
        "chain: no interval",
        "not applicable",
        "on condition",
        "refill as needed",
        "when streaking, usually yearly",
        "90 to 120 km/h, in the steering wheel",
        "205 km/h",
        "0.8 litres",
        "0 km",
        "|" * 5000,
        "9" * 5000 + " km",
        "every " * 2000,
    ],
)
def test_what_is_no_interval(text: str) -> None:
    assert recurrence(text) is None


def test_intervals_are_read_back_as_they_are_spoken() -> None:
    for one in (
        Interval(15_000, 12),
        Interval(None, 24),
        Interval(60_000),
        Interval(20_000, 6),
        Interval(100_000, 120),
    ):
        assert interval(spoken(one)) == one
