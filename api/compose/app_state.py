"""What a running server has at hand: made by `compose`, read by the routes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.context import Resources
from api.access.auth import TokenRules
from api.access.limits import Rates, Seats, Unlimited
from api.access.tickets import Tickets
from api.observability.metrics import Metrics
from api.settings import Settings
from api.transport.gateway import Gateway
from api.transport.openings import Openings
from api.transport.sse import EventStream
from api.transport.staff_socket import StaffConnection
from api.transport.websocket import Connection
from orchestrator.execution.engine import Engine
from orchestrator.staff.desk import StaffDesk

DEVELOPMENT_USER = "developer"
DEVELOPMENT_STAFF = "developer-staff"
DEVELOPMENT_TTL_S = 30 * 24 * 3600

GAUGES = {
    "pitcrew_sockets": "Open sockets and streams of answers.",
    "pitcrew_runs": "Answers in progress.",
    "pitcrew_runs_waiting": "Conversations whose turn waits for one of PITCREW_RUNS.",
}
"""What the server is doing at the moment, for `/metrics`."""

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


def open_gateway(settings: Settings, engine: Engine, tokens: TokenRules) -> Gateway:
    """What connections share, with the limits that the settings ask for."""
    limited, unlimited = settings.rate_limits == "on", Unlimited()
    return Gateway(
        engine,
        tokens,
        Tickets(),
        Rates() if limited else Rates(unlimited, unlimited, unlimited, unlimited),
        Seats(settings.sockets) if limited else Seats(settings.sockets, per_user=None),
        heartbeat_s=settings.heartbeat_s,
        guests=settings.guests == "on",
    )


@dataclass
class AppState:
    """`checks_by_name` are the parts that `/ready` reports; `resources` what the skills work with; `desk` what the
    staff does; `connections` the open sockets and streams of answers."""

    settings: Settings
    gateway: Gateway
    checks_by_name: Mapping[str, Check]
    resources: Resources
    desk: StaffDesk
    connections: set[Connection | StaffConnection | EventStream] = field(default_factory=set)
    metrics: Metrics = field(default_factory=Metrics)
    openings: Openings = field(default_factory=Openings)
    draining: bool = False

    def __post_init__(self) -> None:
        reads = (
            lambda: len(self.connections),
            lambda: self.gateway.engine.running,
            lambda: self.gateway.engine.waiting,
        )
        for (name, meaning), read in zip(GAUGES.items(), reads, strict=True):
            self.metrics.watch(name, meaning, read)

    async def checks(self) -> dict[str, Any]:
        """The state of every part, by name."""
        results = await asyncio.gather(*(check() for check in self.checks_by_name.values()))
        states = dict(zip(self.checks_by_name, results, strict=True))
        return states | ({"server": {"ok": False, "reason": "stopping"}} if self.draining else {})

    def development_token(self) -> str | None:
        return issue_development_token(self.gateway.tokens)
