import time

import pytest

from api.limits import FRAME_BURST, FRAMES_PER_SECOND, FrameRate, MessageRate, Seats, Unlimited, Window
from orchestrator.errors import RateLimited


def test_a_window_moves() -> None:
    window = Window(3, 60)
    assert [window.take(now) for now in (0, 10, 20)] == [0, 0, 0]
    assert window.take(30) == 30  # until the first one is 60 s ago
    assert window.take(59) == 1
    assert window.take(60) == 0
    assert window.take(61) == 9
    assert not window.over(119)
    assert window.over(120)


def test_a_burst_of_frames_then_a_steady_rate() -> None:
    rate = FrameRate()
    now = 1000.0
    assert [rate.take(now) for _ in range(FRAME_BURST)] == [0.0] * FRAME_BURST
    assert rate.take(now) == pytest.approx(1 / FRAMES_PER_SECOND)
    assert rate.take(now + 1 / FRAMES_PER_SECOND) == 0.0
    assert rate.take(now + 1 / FRAMES_PER_SECOND) > 0


def test_refused_frames_do_not_count() -> None:
    rate = FrameRate()
    for _ in range(FRAME_BURST + 100):
        rate.take(0.0)
    assert rate.take(1 / FRAMES_PER_SECOND) == 0.0


def test_the_steady_rate_is_never_refused() -> None:
    rate = FrameRate()
    assert all(rate.take(n / FRAMES_PER_SECOND) == 0.0 for n in range(10_000))


async def test_messages_of_a_user_and_what_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 500.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rate = MessageRate(2)
    await rate.take("anna")
    await rate.take("anna")
    await rate.take("berta")
    now += 20
    with pytest.raises(RateLimited) as refused:
        await rate.take("anna")
    assert refused.value.retry_after_ms == pytest.approx(40_000, abs=1)
    now += 40
    await rate.take("anna")


async def test_users_who_ask_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 500.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rate = MessageRate(2)
    for n in range(100):
        await rate.take(f"user-{n}")
    now += 30
    await rate.take("user-0")
    assert len(rate) == 100
    now += 31
    await rate.take("new")
    assert len(rate) == 2


async def test_unlimited() -> None:
    for _ in range(1000):
        await Unlimited().take("anna")


def test_seats_in_all_and_of_a_user() -> None:
    seats = Seats(3, per_user=2)
    assert [seats.enter() for _ in range(4)] == [True, True, True, False]
    assert [seats.claim("anna") for _ in range(3)] == [True, True, False]
    assert seats.claim("berta")
    seats.release("anna")
    assert seats.claim("anna")
    seats.leave()
    assert seats.enter()
    assert len(seats) == 3


def test_seats_of_a_user_without_a_limit() -> None:
    seats = Seats(1, per_user=None)
    assert all(seats.claim("anna") for _ in range(100))
