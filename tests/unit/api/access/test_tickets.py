import time

import pytest

from api.access.auth import Identity
from api.access.tickets import TICKET_S, TicketsHere
from orchestrator.errors import AuthExpired, AuthInvalid, Overloaded, RateLimited

ANNA = Identity("anna", "anna@example.com", "Anna", "staff", 2_000_000_000)
BERTA = Identity("berta", "", "", "customer", 2_000_000_000)


async def test_a_ticket_is_its_owners_once() -> None:
    tickets = TicketsHere()
    ticket = await tickets.issue(ANNA)
    assert await tickets.redeem(ticket) == ANNA
    with pytest.raises(AuthInvalid):
        await tickets.redeem(ticket)
    assert len(tickets) == 0


@pytest.mark.parametrize("ticket", ["", "nonsense", "\ud800", "ä" * 10_000])
async def test_an_unknown_ticket(ticket: str) -> None:
    with pytest.raises(AuthInvalid):
        await TicketsHere().redeem(ticket)


async def test_a_ticket_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tickets = TicketsHere()
    early, late = await tickets.issue(ANNA), None
    now += TICKET_S - 1
    late = await tickets.issue(ANNA)
    now += 1
    with pytest.raises(AuthInvalid):
        await tickets.redeem(early)
    assert await tickets.redeem(late) == ANNA


async def test_unused_tickets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tickets = TicketsHere(per_user=2, total=3)
    first = await tickets.issue(ANNA)
    await tickets.issue(ANNA)
    with pytest.raises(RateLimited):
        await tickets.issue(ANNA)
    await tickets.issue(BERTA)
    with pytest.raises(Overloaded):
        await tickets.issue(BERTA)
    await tickets.redeem(first)
    await tickets.issue(ANNA)
    now += TICKET_S
    assert [await tickets.issue(BERTA) for _ in range(2)]
    assert len(tickets) == 2


async def test_a_stream_comes_back_with_the_ticket_that_opened_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the end of the token that it was got with, and as long as there is room for it."""
    tickets = TicketsHere(streams=2)
    used = await tickets.issue(ANNA)
    with pytest.raises(AuthInvalid):
        await tickets.again(used)
    assert await tickets.redeem(used, stream=True) == ANNA
    assert await tickets.again(used) == await tickets.again(used) == ANNA
    with pytest.raises(AuthInvalid):
        await tickets.redeem(used)
    plain = await tickets.issue(ANNA)
    await tickets.redeem(plain)
    with pytest.raises(AuthInvalid):
        await tickets.again(plain)
    monkeypatch.setattr(time, "time", lambda: ANNA.expires)
    with pytest.raises(AuthExpired):
        await tickets.again(used)
    monkeypatch.undo()
    for _ in range(2):
        await tickets.redeem(await tickets.issue(BERTA), stream=True)
    with pytest.raises(AuthInvalid):
        await tickets.again(used)
