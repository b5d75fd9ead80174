"""How much users may ask for, counted as the settings say: by this process alone, or by all servers over Redis."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.access.limits import (
    CHARTS,
    EXPORTS,
    FAILURES,
    MESSAGES,
    THREADS,
    CountedHere,
    PlacesHere,
    QuickRate,
    Rates,
    Unlimited,
    UserPlaces,
    UserRate,
)
from api.access.tickets import Tickets, TicketsHere
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Counting:
    """`places` are those of users, `addresses` those of addresses. `failures` is the rate at which one may fail to
    sign in; None: as often as it likes. `reachable`: whether Redis answers, where there is one."""

    tickets: Tickets
    rates: Rates
    places: UserPlaces
    addresses: UserPlaces
    failures: UserRate | None
    reachable: Callable[[], Awaitable[bool]] | None = None


@asynccontextmanager
async def open_counting(settings: Settings) -> AsyncIterator[Counting]:
    """A Redis need not be reachable yet."""
    limited = settings.rate_limits == "on"
    rates, places, failures = _unlimited()
    if not settings.redis_url:
        yield Counting(
            TicketsHere(),
            Rates() if limited else rates,
            PlacesHere() if limited else places,
            PlacesHere(settings.sockets_per_address) if limited else places,
            CountedHere(QuickRate(FAILURES)) if limited else failures,
        )
        return
    from api.access.shared.link import open_link
    from api.access.shared.places import SharedPlaces, holding
    from api.access.shared.rates import SharedRate
    from api.access.shared.tickets import SharedTickets

    async with open_link(settings.redis_url) as link:
        tickets = SharedTickets(link)
        if not limited:
            yield Counting(tickets, rates, places, places, failures, link.reachable)
            return
        counted = Rates(
            SharedRate(link, "messages", MESSAGES),
            SharedRate(link, "threads", THREADS),
            SharedRate(link, "charts", CHARTS),
            SharedRate(link, "exports", EXPORTS),
        )
        places, addresses = SharedPlaces(link), SharedPlaces(link, settings.sockets_per_address, "addresses")
        async with holding(places), holding(addresses):
            failed = SharedRate(link, "failures", FAILURES)
            yield Counting(tickets, counted, places, addresses, failed, link.reachable)


def _unlimited() -> tuple[Rates, UserPlaces, UserRate | None]:
    none = CountedHere(Unlimited())
    return Rates(none, none, none, none, Unlimited()), PlacesHere(None), None
