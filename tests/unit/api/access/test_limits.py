import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond

from api.access.limits import (
    BREACHES,
    FRAMES,
    IDLE_KEYS,
    MALFORMED,
    MESSAGES,
    CountedHere,
    ExactRate,
    PlacesHere,
    QuickRate,
    Rates,
    Seats,
    Unlimited,
)
from orchestrator.errors import RateLimited


class Clock:
    """What the library takes for the time."""

    def __init__(self, patch: pytest.MonkeyPatch, now: float = 1_800_000_000.0) -> None:
        self.now = now
        patch.setattr(time, "time", lambda: self.now)


@given(st.lists(st.floats(0, 40), max_size=120), st.floats(0, 60))
def test_never_more_than_the_limit_in_any_minute(pauses: list[float], start: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock, rate, taken = Clock(patch, 1_800_000_000 + start), ExactRate(MESSAGES), []
        for pause in pauses:
            clock.now += pause / 8
            if wait := rate.take("anna"):
                assert 0 < wait <= 60_002
                assert len([moment for moment in taken if moment >= clock.now - 60]) == 20
            else:
                taken.append(clock.now)
                assert len([moment for moment in taken if moment > clock.now - 60]) <= 20


@pytest.mark.parametrize("kind", [ExactRate, QuickRate])
@given(offset=st.floats(0.001, 1.999), burst=st.integers(20, 40))  # on the very edge the library is a window early
def test_who_waits_as_told_is_let_in(kind: type[ExactRate | QuickRate], offset: float, burst: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock, rate, key = Clock(patch, 1_800_000_000 + offset), kind(FRAMES), "socket"
        answers = [rate.take(key) for _ in range(burst)]
        assert answers[:20] == [0] * 20
        wait = rate.take(key)
        assert wait > 0
        clock.now += wait / 1000
        assert rate.take(key) == 0


@given(offset=st.floats(0, 2), steps=st.lists(st.floats(0.11, 0.5), min_size=50, max_size=200))
def test_a_rate_below_the_limit_is_never_refused(offset: float, steps: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock, rate = Clock(patch, 1_800_000_000 + offset), QuickRate(FRAMES)
        for step in steps:
            clock.now += step
            assert rate.take("socket") == 0


def test_the_quick_rate_is_never_off_by_more_than_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rate, taken = Clock(monkeypatch), QuickRate(FRAMES), []
    for _ in range(4000):
        clock.now += 0.005
        if rate.take("socket") == 0:
            taken.append(clock.now)
    assert len(taken) <= 20 * (4000 * 0.005 / 2 + 1)
    assert max(sum(start <= moment < start + 2 for moment in taken) for start in taken) < 40


def test_refused_events_do_not_count_and_keys_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rate = Clock(monkeypatch), ExactRate(RateLimitItemPerMinute(2))
    assert [bool(rate.take("anna")) for _ in range(50)] == [False, False] + [True] * 48
    assert rate.take("berta") == 0
    clock.now += 60.001
    assert rate.take("anna") == 0


async def test_the_wait_is_told_to_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rates = Clock(monkeypatch), Rates(messages=CountedHere(ExactRate(RateLimitItemPerMinute(2))))
    await rates.message("anna")
    clock.now += 20
    await rates.message("anna")
    with pytest.raises(RateLimited) as refused:
        await rates.message("anna")
    assert refused.value.retry_after_ms == pytest.approx(40_001, abs=1)


async def test_what_is_counted_counts_for_itself() -> None:
    rates = Rates(*(CountedHere(ExactRate(RateLimitItemPerMinute(1))) for _ in range(3)))
    for count in (rates.message, rates.thread, rates.chart):
        await count("anna")
        with pytest.raises(RateLimited):
            await count("anna")


@pytest.mark.parametrize(("limit", "count"), [(BREACHES, 9), (MALFORMED, 5)])
def test_a_closed_socket_is_forgotten(limit: RateLimitItemPerSecond, count: int) -> None:
    rate = ExactRate(limit)
    rates = Rates(breaches=rate, malformed=rate)
    assert [bool(rate.take("socket")) for _ in range(count + 1)] == [False] * count + [True]
    rates.forget_socket("socket")
    assert len(rate) == 0
    assert rate.take("socket") == 0


def test_users_who_ask_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rate = Clock(monkeypatch), ExactRate(MESSAGES)
    for n in range(IDLE_KEYS):
        rate.take(f"user-{n}")
    assert len(rate) == IDLE_KEYS
    rate._storage.timer.join()
    clock.now += 61
    rate.take("user-0")
    rate._storage.timer.join()
    rate.take("new")
    assert len(rate) == 2


def test_unlimited() -> None:
    assert not any(Unlimited().take("anna") for _ in range(1000))


def test_seats_in_all() -> None:
    seats = Seats(3)
    assert [seats.enter() for _ in range(4)] == [None, None, None, "too many connections"]
    seats.leave()
    assert seats.enter() is None
    assert len(seats) == 3


async def test_places_of_a_user_without_a_limit() -> None:
    places = PlacesHere(None)
    assert all([await places.claim("anna") for _ in range(100)])
