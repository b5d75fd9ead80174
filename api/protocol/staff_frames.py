"""The frames of `/ws/staff`: those of the staff's clients, and those that they are sent."""

from typing import Any, Literal

import msgspec

from api.protocol.dialect import (
    AuthExpiring,
    Beat,
    Closing,
    Denied,
    Done,
    Notice,
    Pong,
    Problem,
    Welcome,
)
from api.protocol.native_frames import (
    AuthErrorFrame,
    AuthExpiringFrame,
    ClosingFrame,
    DoneFrame,
    ErrorFrame,
    PongFrame,
    User,
)
from api.protocol.native_view import frame_of
from orchestrator import events
from orchestrator.events import Envelope
from orchestrator.staff.feed import (
    CannedChanged,
    ConversationChanged,
    ConversationRemoved,
    NoteAdded,
    PresenceChanged,
)
from orchestrator.staff.values import Listed

PROTOCOL = 1


class AuthFrame(msgspec.Struct, tag="auth"):
    """Show your token; first frame unless the URL carried one."""

    token: str


class OpenFrame(msgspec.Struct, tag="open"):
    """Follow a conversation, from after the `seq` that you have."""

    conversation_id: str
    after: int = 0


class LeaveFrame(msgspec.Struct, tag="leave"):
    """Follow a conversation no more."""

    conversation_id: str


class TypingFrame(msgspec.Struct, tag="typing"):
    """You are writing, or no more, in a conversation that is yours: the customer is shown it."""

    conversation_id: str
    typing: bool = True


class StatusFrame(msgspec.Struct, tag="status"):
    """Whether you are at your desk."""

    status: Literal["here", "away"]


class PingFrame(msgspec.Struct, tag="ping"):
    """Ask for a `pong` with the same `timestamp`."""

    timestamp: Any = None


ClientFrame = AuthFrame | OpenFrame | LeaveFrame | TypingFrame | StatusFrame | PingFrame
CLIENT_FRAMES: dict[str, type[ClientFrame]] = {
    "auth": AuthFrame,
    "open": OpenFrame,
    "leave": LeaveFrame,
    "typing": TypingFrame,
    "status": StatusFrame,
    "ping": PingFrame,
}


class AuthSuccessFrame(msgspec.Struct, tag="auth_success", omit_defaults=True):
    """The token is good, and is one of the staff; `operations` are what it allows."""

    user: User
    role: str
    operations: tuple[str, ...]
    heartbeat_s: int
    protocol: int
    request: str | None = None


class OpenedFrame(msgspec.Struct, tag="opened", omit_defaults=True):
    """A conversation is followed from after `after` on."""

    conversation_id: str
    conversation: Listed
    after: int
    head_seq: int
    active_run: str | None = None


class EventFrame(msgspec.Struct, tag="event"):
    """What happened in a conversation that is open: `frame` is that of `/ws/chat`, or `typing` or `seen`."""

    conversation_id: str
    frame: Any


class CustomerTypingFrame(msgspec.Struct, tag="typing", omit_defaults=True):
    """The customer is writing; `text` so far, where that is told, "" when no more."""

    text: str | None = None


class SeenFrame(msgspec.Struct, tag="seen"):
    """The customer has read up to there."""

    upto_seq: int


SERVER_FRAMES: tuple[type[msgspec.Struct], ...] = (
    AuthSuccessFrame,
    AuthErrorFrame,
    PresenceChanged,
    ConversationChanged,
    ConversationRemoved,
    OpenedFrame,
    EventFrame,
    NoteAdded,
    CannedChanged,
    ErrorFrame,
    PongFrame,
    DoneFrame,
    AuthExpiringFrame,
    ClosingFrame,
)


def told(envelope: Envelope) -> msgspec.Struct | None:
    """The frame inside of `event`; None for what is told otherwise."""
    match envelope.event:
        case events.Typing(text):
            return CustomerTypingFrame(text)
        case events.Seen(upto_seq):
            return SeenFrame(upto_seq)
        case events.Resumed():
            return None
        case _:
            return frame_of(envelope)


def noticed(notice: Notice) -> msgspec.Struct | None:
    """The frame that tells something about the connection itself."""
    match notice:
        case Denied(error, request):
            return AuthErrorFrame(error.text, error.code, request)
        case Pong(timestamp, request):
            return PongFrame(timestamp, request)
        case Done(request):
            return DoneFrame(request)
        case Problem(error, ref, request):
            return ErrorFrame(
                error.text,
                error.code,
                error.retryable,
                ref,
                retry_after_ms=error.retry_after_ms,
                field=error.field,
                request=request,
            )
        case AuthExpiring(in_s):
            return AuthExpiringFrame(in_s)
        case Closing(after):
            return ClosingFrame(after)
        case Welcome() | Beat():
            return None
