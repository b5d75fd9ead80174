"""Refused sign-ins, counted: little is kept of many."""

from api.access.refusals import MOST_ADDRESSES, Refusals, Refused


def test_each_address_with_its_codes() -> None:
    refusals = Refusals()
    for code in ("AUTH_INVALID", "AUTH_INVALID", "AUTH_EXPIRED"):
        refusals.count("192.0.2.1", code)
    refusals.count("192.0.2.2", "AUTH_INVALID")
    found = refusals.take()
    assert list(found) == [
        Refused("192.0.2.1", {"AUTH_INVALID": 2, "AUTH_EXPIRED": 1}),
        Refused("192.0.2.2", {"AUTH_INVALID": 1}),
    ]
    assert found[0].times == 3
    assert list(refusals.take()) == []


def test_a_flood_from_everywhere_is_a_few_lines() -> None:
    refusals = Refusals()
    for n in range(50_000):
        refusals.count(f"2001:db8::{n:x}", "AUTH_INVALID")
    for _ in range(9):
        refusals.count("2001:db8::7", "AUTH_INVALID")
    assert len(refusals._codes) <= Refusals.MOST_HELD
    found = refusals.take()
    assert len(found) == MOST_ADDRESSES + 1
    assert (found[0].address, found[0].times) == ("2001:db8::7", 10)
    assert found[-1].address == ""
    assert sum(one.times for one in found) == 50_009
