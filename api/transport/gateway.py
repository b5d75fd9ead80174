"""What every connection of the server shares."""

from dataclasses import dataclass, field

from api.access.auth import TokenRules
from api.access.limits import PlacesHere, Rates, Seats, UserPlaces
from api.access.sign_in import SignIn
from api.access.tickets import Tickets
from api.transport.departures import Leaving
from orchestrator.execution.engine import Engine

SEAT_WAIT_MS = 5_000
"""When a user with too many sockets may try again."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The ways in, and how much may be asked for. `addresses` are the places of addresses for their sockets.
    `heartbeat_s`: seconds between transport pings; `guests`: whether those who show no token are let in where a dialect
    has guests."""

    engine: Engine
    sign_in: SignIn
    tickets: Tickets
    rates: Rates
    seats: Seats
    places: UserPlaces = field(default_factory=PlacesHere)
    addresses: UserPlaces = field(default_factory=lambda: PlacesHere(None))
    heartbeat_s: int = 20
    guests: bool = False
    leaving: Leaving = field(default_factory=Leaving)

    @property
    def tokens(self) -> TokenRules:
        return self.sign_in.rules
