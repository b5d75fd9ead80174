"""The contract of a dialect: how one kind of client spells commands and events. Pure: text in, text out, no I/O.

One file in `api/dialects/` per dialect, each exporting `DIALECT`. A session is one connection's state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.commands import Command
from orchestrator.errors import PitcrewError
from orchestrator.events import Envelope, Event


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


@dataclass(frozen=True, slots=True)
class NoOp:
    """A frame that asks for nothing."""


Inbound = Command | Authenticate | Ping | Rejected | NoOp


@dataclass(frozen=True, slots=True)
class Requested:
    """What a frame asks for, and the name by which the client knows this request; None where it gave none. Where it is
    `tentative` nobody hears of a refusal: there may be nothing yet to be followed."""

    inbound: Inbound
    request: str | None = None
    tentative: bool = False


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


@dataclass(frozen=True, slots=True)
class Beat:
    """The connection has been open for another `heartbeat_s` of its dialect; `timestamp` in Unix seconds."""

    timestamp: float


Notice = Welcome | Denied | Pong | Done | Problem | AuthExpiring | Closing | Beat


class Speaking(Protocol):
    """How what a connection is told is spelled."""

    @property
    def finished(self) -> bool:
        """Whether the dialect has nothing more to say: the connection is closed."""

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        """The frames that tell an event; to a `lagging` reader, as short as the dialect allows."""

    def notice(self, notice: Notice) -> tuple[str, ...]:
        """The frames that tell something about the connection itself."""


class Session(Speaking, Protocol):
    """One connection. Laws: `received` never raises; an event that the dialect is `silent` of, or a notice that the
    dialect has no word for, gives (); whatever answers a request carries its name; a turn has one ending."""

    def opened(self) -> tuple[Requested, ...]:
        """What opening the connection asked for, once it is known who did."""

    def received(self, text: str) -> Requested:
        """What the frame asks for."""


@dataclass(frozen=True, slots=True)
class Words:
    """The frames of a dialect as types, from which its published schema is made: `received` from clients and `sent` to
    them, msgspec structs with a docstring each. `text`: words that clients send which are no JSON. `query`: what the
    URL's query says, by name, besides who asks."""

    received: tuple[type, ...]
    sent: tuple[type, ...]
    text: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect. `path` is the route of its socket, such as `/ws/{session_id}`; `open` makes the session of a
    connection. `silent` are the kinds of event of which it never says anything.

    `guest`: of a handshake the key by which a client without a token is known again, "" for one that never is; None
    where the dialect has no guests. `foreign_origin`: the code that closes a socket of a page that may not open one
    here; None refuses its handshake. `heartbeat_s`: seconds between Beat notices. `keeps_place`: a client that comes
    back gets what it has not been sent, so the connection keeps how far it has read.
    """

    name: str
    path: str
    open: Callable[[Handshake], Session]
    words: Words
    silent: frozenset[type[Event]]
    guest: Callable[[Handshake], str] | None = None
    foreign_origin: int | None = None
    heartbeat_s: float | None = None
    keeps_place: bool = False
