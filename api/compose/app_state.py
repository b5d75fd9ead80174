"""What a running server has at hand: made by `compose`, read by the routes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.appointment_store import AppointmentStore
from agents.context import Reference
from agents.dataset import DatasetSource
from api.access.auth import TokenRules
from api.access.limits import Seats
from api.access.revoked import Revoked
from api.access.sign_in import SignIn
from api.compose.counting import Counting
from api.observability.metrics import Metrics
from api.settings import Settings
from api.transport.closing import FORBIDDEN
from api.transport.gateway import Gateway
from api.transport.openings import Openings
from api.transport.sse import EventStream
from api.transport.staff_socket import StaffConnection
from api.transport.websocket import Connection
from orchestrator.execution.engine import Engine
from orchestrator.privacy.person import Privacy
from orchestrator.privacy.store import PersonalStore
from orchestrator.staff.desk import StaffDesk
from orchestrator.stores.sql_revocations import SqlRevocations

DEVELOPMENT_USER = "developer"
DEVELOPMENT_STAFF = "developer-staff"
DEVELOPMENT_TTL_S = 30 * 24 * 3600

GAUGES = {
    "pitcrew_sockets": "Open sockets and streams of answers.",
    "pitcrew_runs": "Answers in progress.",
    "pitcrew_runs_waiting": "Conversations that wait for somebody who has room to answer.",
}
"""What the server is doing at the moment, for `/metrics`."""
Embed = Callable[[Sequence[str]], Awaitable[Any]]
"""The vectors of texts: an array of shape (texts, dimensions), each row of length 1. Raises StorageUnavailable where
nobody can make them just now."""


@dataclass(frozen=True, slots=True)
class Records:
    """What pages show besides conversations: what the documents say as data, appointments, figures; and what tells
    which questions are alike."""

    reference: Reference
    appointment_store: AppointmentStore
    datasets: DatasetSource | None
    embed: Embed


Check = Callable[[], Awaitable[dict[str, Any]]]
"""Looks at one part of the server: `{"ok": bool, …}` with the reason where it is not."""


def issue_development_token(tokens: TokenRules) -> str | None:
    """A customer's token for trying things out, good for 30 days; None where only somebody else can issue tokens."""
    if not tokens.issues:
        return None
    return tokens.issue(DEVELOPMENT_USER, name="Developer", email="developer@localhost", ttl_s=DEVELOPMENT_TTL_S)


def issue_staff_token(tokens: TokenRules) -> str | None:
    """As `issue_development_token`, of somebody who may all that the staff may."""
    if not tokens.issues:
        return None
    return tokens.issue(DEVELOPMENT_STAFF, name="Developer (staff)", role="admin", ttl_s=DEVELOPMENT_TTL_S)


def open_gateway(
    settings: Settings, engine: Engine, tokens: TokenRules, revoked: Revoked, counting: Counting
) -> Gateway:
    """What connections share, with the limits that the settings ask for."""
    return Gateway(
        engine,
        SignIn(tokens, revoked, counting.failures),
        counting.tickets,
        counting.rates,
        Seats(settings.sockets),
        counting.places,
        counting.addresses,
        heartbeat_s=settings.heartbeat_s,
        guests=settings.guests == "on",
    )


@dataclass
class AppState:
    """`checks_by_name` are the parts that `/ready` reports; `records` what pages show; `desk` what the staff does;
    `connections` the open sockets and streams of answers; `revocations` the tokens that are good no more, where there
    is a database of them; `privacy` what persons may have done with what is held of them, `personal` where that is."""

    settings: Settings
    gateway: Gateway
    checks_by_name: Mapping[str, Check]
    records: Records
    desk: StaffDesk
    connections: set[Connection | StaffConnection | EventStream] = field(default_factory=set)
    revocations: SqlRevocations | None = None
    privacy: Privacy | None = None
    personal: PersonalStore | None = None
    metrics: Metrics = field(default_factory=Metrics)
    openings: Openings = field(default_factory=Openings)
    draining: bool = False

    def __post_init__(self) -> None:
        engine = self.gateway.engine
        reads = (lambda: len(self.connections), lambda: engine.running, lambda: engine.waiting)
        for (name, meaning), read in zip(GAUGES.items(), reads, strict=True):
            self.metrics.watch(name, meaning, read)

    async def revoke(self) -> None:
        """Let what was revoked take effect: read it anew, and close what is open by it. Raises StorageUnavailable."""
        if self.revocations is None:
            return
        revoked = self.gateway.sign_in.revoked
        revoked.replace(await self.revocations.read())
        for connection in tuple(self.connections):
            if connection.identity is not None and revoked.covers(connection.identity):
                connection.hang_up(FORBIDDEN)

    def send_away(self, erased: Callable[[str], bool]) -> None:
        """Tell the users of whom this holds that all that was held of them is deleted, and close their connections."""
        for connection in tuple(self.connections):
            if connection.identity is not None and erased(connection.identity.user_id):
                connection.erased()

    async def checks(self) -> dict[str, Any]:
        """The state of every part, by name."""
        results = await asyncio.gather(*(check() for check in self.checks_by_name.values()))
        states = dict(zip(self.checks_by_name, results, strict=True))
        return states | ({"server": {"ok": False, "reason": "stopping"}} if self.draining else {})

    def development_token(self) -> str | None:
        return issue_development_token(self.gateway.tokens)
