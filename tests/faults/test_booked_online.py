"""Appointments booked by conversation on the real server: a race for the last place, and kill -9 while booking."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.appointments.dealers.workshops import Workshop
from tests.conversing import talking
from tests.faults.bookers import Booker, appointment_store, open_times, stored, wish, with_dealers, workshop
from tests.faults.counts import COUNTS
from tests.faults.invariants import Storage
from tests.serving import Served, serving

ONE_PLACE = "oxmere-garage-lindqvist"
"""A dealer with one place at a time: whose place it is shows at once."""
ORDINALS = ("first", "second", "third")
_OFFER = re.compile(r"^\d+\. \w+ (\d+ \w+ \d{4} at \d\d:\d\d)(?: \S+ time \([^)]*\))?$", re.MULTILINE)
ROUNDS = 60
KILLED_AT_ONCE = 6
LATE = ("acknowledged", "asked", "answered", "answer acknowledged", "told")
"""How far customers may have come."""


@pytest.fixture(scope="module")
def data(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_dealers(ingested, tmp_path_factory.mktemp("booked"))


def offers(booker: Booker, dealer: Workshop) -> list[str]:
    """The times at the dealer that a customer was offered last, as the appointment store stores them."""
    assert booker.end is not None
    local = [datetime.strptime(one, "%d %B %Y at %H:%M") for one in _OFFER.findall(booker.end["response"])]  # noqa: DTZ007
    assert local, booker.end["response"]
    return [stored(one.replace(tzinfo=ZoneInfo(dealer.zone))) for one in local][: len(ORDINALS)]


async def insist(server: Served, dealer: Workshop, booker: Booker, told: Counter[str]) -> str:
    """Book, and as often as somebody else was quicker take another of the times offered. Returns the time booked."""
    async with talking(server.chat, server.token(booker.user)) as talk:
        await booker.ask(talk)
        for number in range(ROUNDS):
            if booker.request is not None:
                proposed = datetime.fromisoformat(booker.request["proposal"]["starts_at"])
                await booker.answer(talk)
                assert booker.end is not None
                assert booker.end["type"] == "complete", booker.end
                return stored(proposed)
            told[booker.user] += 1
            offered = offers(booker, dealer)
            assert booker.wanted not in offered
            choice = random.randrange(len(offered))
            booker.wanted, booker.frames = offered[choice], []
            again = {"message": f"the {ORDINALS[choice]} one", "client_message_id": f"m-{booker.user}-{number}"}
            await booker.ask(talk, **again)
    raise AssertionError(f"{booker.user} never gets an appointment")


async def test_the_last_place_goes_to_one_of_many(data: Path, report: Callable[..., None]) -> None:
    dealer = workshop(data, ONE_PLACE)
    at = random.choice(open_times(dealer))
    crowd = [Booker(f"racer-{number}", wish(dealer, at), stored(at)) for number in range(COUNTS.online_racers)]
    told: Counter[str] = Counter()
    with serving(data) as server:
        booked = await asyncio.gather(*(insist(server, dealer, booker, told) for booker in crowd))
    rows = [row for row in appointment_store(data) if row[0].startswith("racer-")]
    assert sorted((booker.user, "booked", start, 0) for booker, start in zip(crowd, booked, strict=True)) == sorted(
        rows
    )
    assert len(set(booked)) == len(crowd), "nobody has another's place"
    assert booked.count(stored(at)) == 1
    assert len(told) == len(crowd) - 1, "every loser is told, and offered other times"
    report(customers=len(crowd), booked=len(rows), double=0, losers_told_and_offered=len(told), refusals=told.total())


async def come_to(crowd: list[Booker], stages: tuple[str, ...], how_many: int) -> None:
    """Wait until so many of them have come to one of the stages."""
    async with asyncio.timeout(60):
        while sum(booker.stage in stages for booker in crowd) < how_many:
            await asyncio.sleep(0.002)


async def killed(data: Path, crowd: list[Booker], moments: Counter[str]) -> None:
    """Kill the server while they book, and count how far each had come."""
    with serving(data) as server:
        ways = [
            asyncio.ensure_future(booker.book(server, random.uniform(0.0, 0.3), random.uniform(0.0, 0.2)))
            for booker in crowd
        ]
        await come_to(crowd, LATE[random.randrange(len(LATE)) :], random.randint(1, len(crowd) - 1))
        await asyncio.sleep(random.uniform(0.0, 0.05))
        server.process.kill()
        server.process.wait()
        await asyncio.gather(*ways)
    rows = {row[0]: row[1] for row in appointment_store(data)}
    for booker in crowd:
        moments[f"{booker.stage}, {rows.get(booker.user, 'nothing')} in the appointment store"] += 1


async def test_kills_while_customers_book(data: Path, report: Callable[..., None]) -> None:
    dealer = workshop(data, ONE_PLACE)
    taken = {start for _, _, start, _ in appointment_store(data)}
    left = [start for start in open_times(dealer) if stored(start) not in taken]
    times = random.sample(left, COUNTS.online_kills * KILLED_AT_ONCE)
    moments: Counter[str] = Counter()
    confirmed = 0
    for number in range(COUNTS.online_kills):
        chosen = times[number * KILLED_AT_ONCE : (number + 1) * KILLED_AT_ONCE]
        crowd = [
            Booker(f"booker-{number}-{place}", wish(dealer, at), stored(at), yes=place % 3 != 2)
            for place, at in enumerate(chosen)
        ]
        await killed(data, crowd, moments)
        with serving(data) as server:
            await asyncio.gather(*(booker.go_on(server) for booker in crowd))
        rows = [row for row in appointment_store(data) if row[0].startswith(f"booker-{number}-")]
        wanted = [(booker.user, "booked", booker.wanted) for booker in crowd if booker.yes]
        assert sorted(row[:3] for row in rows) == sorted(wanted), [(one.user, one.frames) for one in crowd]
        for booker in crowd:
            assert booker.end is not None
            assert booker.end["type"] == "complete", booker.end
        confirmed += len(wanted)
    assert Storage(data / "pitcrew.db").breaches() == []
    report(kills=COUNTS.online_kills, moments=moments.total(), confirmed=confirmed, lost=0, twice=0, at=dict(moments))
