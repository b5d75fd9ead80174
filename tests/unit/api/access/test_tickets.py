import time

import pytest

from api.access.auth import Identity
from api.access.tickets import TICKET_S, Tickets
from orchestrator.errors import AuthExpired, AuthInvalid, Overloaded, RateLimited

ANNA = Identity("anna", "anna@example.com", "Anna", "staff", 2_000_000_000)
BERTA = Identity("berta", "", "", "customer", 2_000_000_000)


def test_a_ticket_is_its_owners_once() -> None:
    tickets = Tickets()
    ticket = tickets.issue(ANNA)
    assert tickets.redeem(ticket) == ANNA
    with pytest.raises(AuthInvalid):
        tickets.redeem(ticket)
    assert len(tickets) == 0


@pytest.mark.parametrize("ticket", ["", "nonsense", "\ud800", "ä" * 10_000])
def test_an_unknown_ticket(ticket: str) -> None:
    with pytest.raises(AuthInvalid):
        Tickets().redeem(ticket)


def test_a_ticket_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tickets = Tickets()
    early, late = tickets.issue(ANNA), None
    now += TICKET_S - 1
    late = tickets.issue(ANNA)
    now += 1
    with pytest.raises(AuthInvalid):
        tickets.redeem(early)
    assert tickets.redeem(late) == ANNA


def test_unused_tickets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tickets = Tickets(per_user=2, total=3)
    first = tickets.issue(ANNA)
    tickets.issue(ANNA)
    with pytest.raises(RateLimited):
        tickets.issue(ANNA)
    tickets.issue(BERTA)
    with pytest.raises(Overloaded):
        tickets.issue(BERTA)
    tickets.redeem(first)
    tickets.issue(ANNA)
    now += TICKET_S
    assert [tickets.issue(BERTA) for _ in range(2)]
    assert len(tickets) == 2


def test_a_stream_comes_back_with_the_ticket_that_opened_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the end of the token that it was got with, and as long as there is room for it."""
    tickets = Tickets(streams=2)
    used = tickets.issue(ANNA)
    with pytest.raises(AuthInvalid):
        tickets.again(used)
    assert tickets.redeem(used, stream=True) == ANNA
    assert tickets.again(used) == tickets.again(used) == ANNA
    with pytest.raises(AuthInvalid):
        tickets.redeem(used)
    plain = tickets.issue(ANNA)
    tickets.redeem(plain)
    with pytest.raises(AuthInvalid):
        tickets.again(plain)
    monkeypatch.setattr(time, "time", lambda: ANNA.expires)
    with pytest.raises(AuthExpired):
        tickets.again(used)
    monkeypatch.undo()
    for _ in range(2):
        tickets.redeem(tickets.issue(BERTA), stream=True)
    with pytest.raises(AuthInvalid):
        tickets.again(used)
