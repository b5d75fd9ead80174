"""The frames of `/ws/chat`: those of its clients, and those that they are sent."""

from typing import Any, Literal, get_args, get_type_hints

import msgspec

from api.protocol.dialect import Limits
from orchestrator import events


class AuthFrame(msgspec.Struct, tag="auth"):
    """Show your token; first frame unless the URL carried one. `partial: false` leaves `partial_response` out,
    `reasoning: true` asks for `reasoning` frames."""

    token: str
    partial: bool | None = None
    reasoning: bool | None = None


class MessageFrame(msgspec.Struct, tag="message"):
    """Ask. `session_id` is any string of yours; absent, the server makes one. `client_message_id` makes a message that
    is sent twice count once. `replaces` is the `message_id` of a message of yours that this one stands for from now on.
    `metadata.timezone` is your time zone (IANA). `customer_id` is ignored: who you are comes from the token."""

    message: str = ""
    session_id: str | None = None
    customer_id: str | None = None
    client_message_id: str | None = None
    replaces: str | None = None
    metadata: dict[str, Any] | None = None


class CancelFrame(msgspec.Struct, tag="cancel"):
    """Stop an answer, by its run or as the session's active one."""

    run_id: str | None = None
    session_id: str | None = None


class ResumeFrame(msgspec.Struct, tag="resume"):
    """Follow a session again; `after` is the last `seq` you saw, 0 for all, and `epoch` that of the `ack` or `resumed`
    before it."""

    session_id: str
    after: int = 0
    epoch: str | None = None


class AnswerFrame(msgspec.Struct, tag="answer"):
    """Answer an `input_required`: `value` is that of one of its options, or `{"change": text}` to ask for something
    else."""

    request_id: str
    value: Any


class DeleteFrame(msgspec.Struct, tag="delete"):
    """Take back a message of yours: its text is gone everywhere, its place is kept."""

    message_id: str


class TypingFrame(msgspec.Struct, tag="typing"):
    """You are writing; shown to staff, with the `text` so far if you tell it, "" when you have stopped. Nothing is sent
    in return."""

    session_id: str
    text: str | None = None


class ReadFrame(msgspec.Struct, tag="read"):
    """You have read up to `seq`, in the conversation with this `epoch`; shown to staff. Nothing is sent in return."""

    session_id: str
    seq: int
    epoch: str | None = None


class FeedbackFrame(msgspec.Struct, tag="feedback"):
    """Rate an answer."""

    message_id: str
    rating: Literal["up", "down"]
    reason: str | None = None


class HandoverFrame(msgspec.Struct, tag="handover"):
    """Ask for a person, and say why if you like. `owner` says what happens next; nothing does where one was asked for
    before."""

    session_id: str
    reason: str | None = None


class PingFrame(msgspec.Struct, tag="ping"):
    """Ask for a `pong` with the same `timestamp`."""

    timestamp: Any = None


AnyFrame = (
    AuthFrame
    | MessageFrame
    | CancelFrame
    | ResumeFrame
    | AnswerFrame
    | DeleteFrame
    | TypingFrame
    | ReadFrame
    | FeedbackFrame
    | HandoverFrame
    | PingFrame
)
CLIENT_FRAMES: dict[str, type[AnyFrame]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyFrame)}


class User(msgspec.Struct):
    """Who the token says you are."""

    id: str
    email: str
    name: str


class AuthSuccessFrame(msgspec.Struct, tag="auth_success", omit_defaults=True):
    """The token is good. `heartbeat_s`: seconds between the server's transport pings."""

    message: str
    user: User
    protocol: int
    limits: Limits
    heartbeat_s: int
    features: tuple[str, ...]
    request: str | None = None


class AuthErrorFrame(msgspec.Struct, tag="auth_error", omit_defaults=True):
    """The token is not good; the socket closes."""

    message: str
    code: str
    request: str | None = None


class TokenFrame(msgspec.Struct, tag="token", omit_defaults=True):
    """The next piece of the answer, which so far is `offset` characters long; `partial_response` is all of it, unless
    `partial` was refused. `part` names the specialist where several answer."""

    token: str
    run_id: str
    offset: int
    partial_response: str | None = None
    part: str | None = None


class Context(msgspec.Struct):
    """What the answer rests on: the documents cited, and in each the evidence."""

    sources: tuple[str, ...]
    citations: tuple[events.CitedSpan, ...]


class Asked(msgspec.Struct):
    """What a run waits for, told to a client that knows no `input_required`."""

    request_id: str
    kind: Literal["confirm", "choose"]
    options: tuple[events.Option, ...]
    expires_at: str


class Metadata(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How the answer came about; its fields are those of the engine's `completed`. `flagged` where there are
    `unsupported` statements."""

    context: Context
    act: str | None = None
    agent: str | None = None
    agents: tuple[events.RoutedAgent, ...] | None = None
    confidence: float | None = None
    usage: events.UsageFigures | None = None
    timing: events.Timing | None = None
    answerer: str | None = None
    declined: bool | None = None
    hedged: bool | None = None
    degraded: str | None = None
    truncated: bool | None = None
    flagged: bool | None = None
    unsupported: tuple[events.UnsupportedSpan, ...] | None = None
    misplaced: tuple[events.MisplacedMarker, ...] | None = None
    parts: tuple[events.AnswerPart, ...] | None = None
    input_required: Asked | None = None


class CompleteFrame(msgspec.Struct, tag="complete", omit_defaults=True):
    """The answer. A client that knows no `input_required` or `staff_message` is told those as answers too, without
    `seq`."""

    response: str
    session_id: str
    run_id: str
    metadata: Metadata
    message_id: str | None = None
    seq: int | None = None


class ErrorFrame(msgspec.Struct, tag="error", omit_defaults=True):
    """With a `run_id` the run failed, for this `reason`; else a frame was refused, because of this `field` if there is
    one. `ref` stands in the log."""

    error: str
    code: str
    retryable: bool
    ref: str
    reason: str | None = None
    retry_after_ms: int | None = None
    field: str | None = None
    run_id: str | None = None
    seq: int | None = None
    request: str | None = None


class PongFrame(msgspec.Struct, tag="pong", omit_defaults=True):
    """The answer to `ping`, with its `timestamp`."""

    timestamp: Any
    request: str | None = None


class DoneFrame(msgspec.Struct, tag="done"):
    """The frame with this `request` was obeyed; what it caused directly came before."""

    request: str


class AuthExpiringFrame(msgspec.Struct, tag="auth_expiring"):
    """The token ends in `in_s` seconds: send `auth` with a new one."""

    in_s: int


class ClosingFrame(msgspec.Struct, tag="closing"):
    """The server stops; come back after `reconnect_after_ms`."""

    reconnect_after_ms: int


OWN_FRAMES: dict[type[events.Event], type[msgspec.Struct]] = {
    events.Token: TokenFrame,
    events.Completed: CompleteFrame,
    events.Failed: ErrorFrame,
}
"""Events whose frame has other fields than they have."""
SILENT = events.kinds(events.Typing, events.Seen)
"""Events that are for the staff."""
_TAGS: dict[type[events.Event], str] = {events.Accepted: "ack"}
"""Frames that have another type than their event's tag."""

_WITH_EPOCH = (events.Accepted, events.Resumed)
"""Events whose frames say which conversation of the session's name they are of: from there on, all frames are."""


def _mirror(kind: type[events.Event]) -> type[msgspec.Struct]:
    """The frame whose fields are the event's; those that are None are left out."""
    hints = get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    present = [(field.name, hints[field.name]) for field in fields if field.default is not None]
    if kind in _WITH_EPOCH:
        present.append(("epoch", str))
    absent = [(field.name, hints[field.name], None) for field in fields if field.default is None]
    return msgspec.defstruct(
        f"{kind.__name__}Frame",
        [*present, *absent, ("seq", int | None, None)],
        tag=_TAGS.get(kind, str(kind.__struct_config__.tag)),
        omit_defaults=True,
        namespace={"__doc__": kind.__doc__},
        module=__name__,
    )


MIRRORED: dict[type[events.Event], type[msgspec.Struct]] = {
    kind: _mirror(kind) for kind in get_args(events.AnyEvent) if kind not in OWN_FRAMES and kind not in SILENT
}
"""All other events are frames as they stand."""
SERVER_FRAMES: tuple[type[msgspec.Struct], ...] = (
    AuthSuccessFrame,
    AuthErrorFrame,
    *MIRRORED.values(),
    *OWN_FRAMES.values(),
    PongFrame,
    DoneFrame,
    AuthExpiringFrame,
    ClosingFrame,
)


def mirrored(envelope: events.Envelope) -> msgspec.Struct:
    """The event as a frame. Raises KeyError for one that has a frame of its own, or none."""
    event = envelope.event
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    epoch = {"epoch": envelope.conversation_id} if isinstance(event, _WITH_EPOCH) else {}
    return MIRRORED[type(event)](**fields, **epoch, seq=envelope.seq)
