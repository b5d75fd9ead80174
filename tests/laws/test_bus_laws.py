"""What every bus promises, on each that there is."""

from collections.abc import Callable

import pytest

from orchestrator.bus import Bus
from orchestrator.buses.memory import MemoryBus
from orchestrator.events import Envelope, Token

BUSES: dict[str, Callable[[], Bus]] = {"memory": MemoryBus}


@pytest.fixture(params=BUSES.values(), ids=BUSES)
def bus(request: pytest.FixtureRequest) -> Bus:
    return request.param()  # type: ignore[no-any-return]


def said(conversation: str, n: int) -> Envelope:
    return Envelope(conversation, Token("run", f"{n} ", n))


def test_order_and_no_gap_for_every_reader(bus: Bus) -> None:
    early: list[Envelope] = []
    late: list[Envelope] = []
    bus.subscribe("a", early.append)
    bus.publish(said("a", 0))
    bus.subscribe("a", late.append)
    for n in range(1, 50):
        bus.publish(said("a", n))
    assert early == [said("a", n) for n in range(50)]
    assert late == early[1:]


def test_conversations_are_apart(bus: Bus) -> None:
    heard: list[Envelope] = []
    bus.subscribe("a", heard.append)
    bus.publish(said("b", 1))
    assert heard == []


def test_unsubscribing_ends_delivery_and_may_be_repeated(bus: Bus) -> None:
    heard: list[Envelope] = []
    stop = bus.subscribe("a", heard.append)
    stop()
    stop()
    bus.publish(said("a", 1))
    assert heard == []


def test_a_reader_may_leave_while_it_is_told(bus: Bus) -> None:
    heard: list[Envelope] = []
    stops = [bus.subscribe("a", lambda envelope: stops[0]()), bus.subscribe("a", heard.append)]
    bus.publish(said("a", 1))
    bus.publish(said("a", 2))
    assert heard == [said("a", 1), said("a", 2)]
