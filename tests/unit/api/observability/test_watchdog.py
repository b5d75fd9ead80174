import asyncio

import pytest
from structlog.testing import capture_logs

from api.observability import watchdog
from api.observability.watchdog import Watchdog


class Clock:
    """A loop whose time stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due = 0.0

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: object) -> None:
        self.due = when


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return clock


def beats(clock: Clock, dog: Watchdog, *delays: float) -> list[int]:
    with capture_logs() as logs:
        for delay in delays:
            clock.now = clock.due + delay
            dog._beat()
    return [line["longest_ms"] for line in logs]


def test_only_what_is_late_is_told_and_not_too_often(clock: Clock) -> None:
    dog = Watchdog()
    dog.start()
    assert beats(clock, dog, 0.0, 0.05, 0.1) == []
    assert beats(clock, dog, 0.25, 0.5, 0.3) == [250]
    quiet = [0.0] * int(watchdog.QUIET_S / watchdog.BEAT_S)
    assert beats(clock, dog, *quiet) == [500]
    assert beats(clock, dog, *quiet) == []
