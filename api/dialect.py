"""The contract of a dialect: how one kind of client spells commands and events. Pure: text in, text out, no I/O.

One file in `api/dialects/` per dialect, each exporting `DIALECT`. A session is one connection's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.commands import Command
from orchestrator.errors import PitcrewError
from orchestrator.events import Envelope


@dataclass(frozen=True, slots=True)
class Handshake:
    """How the socket was opened: its path parameters and query."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """The client shows its token."""

    token: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks for a sign of life; `timestamp` is sent back as it came."""

    timestamp: Any


@dataclass(frozen=True, slots=True)
class Rejected:
    """A frame that makes no sense; the client is told why."""

    error: PitcrewError


Inbound = Command | Authenticate | Ping | Rejected


@dataclass(frozen=True, slots=True)
class Requested:
    """What a frame asks for, and the name by which the client knows this request; None where it gave none."""

    inbound: Inbound
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send."""

    message_chars: int
    frame_bytes: int
    messages_per_minute: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """The token was good. `heartbeat_s`: seconds between the server's transport pings."""

    user_id: str
    email: str
    name: str
    limits: Limits
    heartbeat_s: int
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The token was not good; the socket closes."""

    error: PitcrewError
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Pong:
    timestamp: Any
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A command that had a name was obeyed; what it caused directly has been told."""

    request: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A command was refused; the socket stays open. `ref` stands in the log."""

    error: PitcrewError
    ref: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class AuthExpiring:
    """The token ends in `in_s` seconds: show a new one."""

    in_s: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The server is about to stop; come back after `reconnect_after_ms`."""

    reconnect_after_ms: int


Notice = Welcome | Denied | Pong | Done | Problem | AuthExpiring | Closing


class Session(Protocol):
    """One connection. Laws: `received` never raises; an event or notice that the wire has no word for gives ();
    whatever answers a request carries its name."""

    def received(self, text: str) -> Requested:
        """What the frame asks for."""

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        """The frames that tell an event; to a `lagging` reader, as short as the wire allows."""

    def notice(self, notice: Notice) -> tuple[str, ...]:
        """The frames that tell something about the connection itself."""


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str:
        """The route of its socket, such as `/ws/chat`."""

    def open(self, handshake: Handshake) -> Session: ...
