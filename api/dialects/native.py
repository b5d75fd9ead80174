"""The native dialect of `/ws/chat`: JSON frames told apart by `type`. PROTOCOL.md is its description."""

from collections.abc import Callable
from typing import Any, Literal, get_args

import msgspec
import orjson

from api.bodies import complete_body, prompt_body, told_zone
from api.dialect import (
    Authenticate,
    AuthExpiring,
    Beat,
    Closing,
    Denied,
    Dialect,
    Done,
    Handshake,
    Inbound,
    Notice,
    Ping,
    Pong,
    Problem,
    Rejected,
    Requested,
    Session,
    Welcome,
    Words,
)
from api.frames import convert, parse_object
from orchestrator import events
from orchestrator.commands import Answer, Cancel, Command, Delete, Feedback, Read, Resume, Send, Type
from orchestrator.errors import BadRequest, PitcrewError, UnknownType
from orchestrator.events import Envelope

PROTOCOL = 1
FEATURES = (
    "cancel",
    "resume",
    "feedback",
    "idempotency",
    "partial",
    "input_required",
    "delete",
    "replace",
    "typing",
    "read",
    "tickets",
    "auth_expiring",
    "requests",
    "reasoning",
)
REQUEST_CHARS = 64


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
    """Follow a session again; `after` is the last `seq` you saw, 0 for all."""

    session_id: str
    after: int = 0


class AnswerFrame(msgspec.Struct, tag="answer"):
    """Answer an `input_required`: `value` is that of one of its options, or `{"change": text}` to ask for something
    else."""

    request_id: str
    value: Any


class DeleteFrame(msgspec.Struct, tag="delete"):
    """Take back a message of yours: its text is gone everywhere, its place is kept."""

    message_id: str


class TypingFrame(msgspec.Struct, tag="typing"):
    """You are writing; shown to staff. Nothing is sent in return."""

    session_id: str


class ReadFrame(msgspec.Struct, tag="read"):
    """You have read up to `seq`; shown to staff. Nothing is sent in return."""

    session_id: str
    seq: int


class FeedbackFrame(msgspec.Struct, tag="feedback"):
    """Rate an answer."""

    message_id: str
    rating: Literal["up", "down"]
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
    | PingFrame
)
CLIENT_FRAMES: dict[str, type[AnyFrame]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyFrame)}
_COMMANDS: dict[type[AnyFrame], Callable[..., Command]] = {
    CancelFrame: Cancel,
    ResumeFrame: Resume,
    AnswerFrame: Answer,
    DeleteFrame: Delete,
    TypingFrame: Type,
    ReadFrame: Read,
    FeedbackFrame: Feedback,
}
"""Frames whose fields are the command's."""
OLDEST_FRAMES = (AuthFrame, MessageFrame, PingFrame)
"""What the oldest clients send."""
OLDEST_STEPS = ("starting", "agent_routing", "rag_retrieval", "generating")
"""The steps that they know."""


def frame(type_: str, /, **fields: Any) -> str:
    """A frame as text, `type` first, absent fields left out."""
    body = {"type": type_} | {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps(body).decode()


class NativeSession:
    """See `api.dialect.Session`. Keeps the text of active runs, for clients that want it in every token frame.

    A client that has used none of the words that came after the oldest protocol (a frame of another type than
    OLDEST_FRAMES, `partial`, `reasoning`, `client_message_id`, `replaces`, `request`) knows only `complete` and `error`
    as the end of a turn. It gets the prompt of a parked run as `complete`, and nothing more of that run unless it is
    answered: so it never waits for a frame that it does not know. For that the session remembers which runs it ended
    so. Of the steps it gets those of its time.
    """

    def __init__(self) -> None:
        self._partial = True
        self._reasoning = False
        self._oldest = True
        self._texts: dict[str, str] = {}
        self._prompted: set[str] = set()

    def opened(self) -> tuple[Requested, ...]:
        return ()

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        request = None
        try:
            body = parse_object(text)
            request = _request(body)
            self._oldest &= request is None
            return Requested(self._command(body), request)
        except PitcrewError as error:
            return Requested(Rejected(error), request)

    def _command(self, body: dict[str, Any]) -> Inbound:
        kind = body.get("type")
        if not isinstance(kind, str):
            raise BadRequest(field="type")
        if kind not in CLIENT_FRAMES:
            raise UnknownType(field="type")
        asked = convert(body, CLIENT_FRAMES[kind])
        if not isinstance(asked, OLDEST_FRAMES):
            self._oldest = False
        match asked:
            case AuthFrame(token, partial, reasoning):
                self._partial = partial is not False
                self._reasoning = reasoning is True
                self._oldest &= partial is None and reasoning is None
                return Authenticate(token)
            case MessageFrame(message, session_id, _, client_message_id, replaces, metadata):
                self._oldest &= client_message_id is None and replaces is None
                return Send(message, session_id, client_message_id, replaces, told_zone(metadata))
            case PingFrame(timestamp):
                return Ping(timestamp)
            case _:
                return _COMMANDS[type(asked)](*msgspec.structs.astuple(asked))

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        if isinstance(event, events.Token):
            return (self._token(event, lagging),)
        if isinstance(event, events.Reasoning) and not self._reasoning:
            return ()
        if self._oldest and isinstance(event, events.Progress) and event.step not in OLDEST_STEPS:
            return ()
        if self._oldest and isinstance(event, events.InputRequired):
            self._prompted.add(event.run_id)
            return (frame("complete", **prompt_body(event)),)
        if isinstance(event, events.Terminal | events.RunRestarted):
            self._texts.pop(event.run_id, None)
        if isinstance(event, events.Terminal) and self._ended_before(event):
            return ()
        writer = _WRITERS.get(type(event))
        return (writer(event, envelope.seq),) if writer else ()

    def _ended_before(self, event: events.Terminal) -> bool:
        """Whether the client has been told of the run's end: its prompt was that, and nobody answered it."""
        prompted = event.run_id in self._prompted
        self._prompted.discard(event.run_id)
        return prompted and self._oldest and isinstance(event, events.Cancelled)

    def _token(self, event: events.Token, lagging: bool) -> str:
        partial = None
        if self._partial:
            text = self._texts.get(event.run_id, "")[: event.offset] + event.text
            self._texts[event.run_id] = text
            partial = None if lagging else text
        return frame(
            "token",
            token=event.text,
            partial_response=partial,
            run_id=event.run_id,
            offset=event.offset,
            part=event.part,
        )

    def notice(self, notice: Notice) -> tuple[str, ...]:
        match notice:
            case Welcome():
                return (_welcome(notice),)
            case Denied(error, request):
                return (frame("auth_error", message=error.text, code=error.code, request=request),)
            case Pong(timestamp, request):
                named = {} if request is None else {"request": request}
                return (orjson.dumps({"type": "pong", "timestamp": timestamp} | named).decode(),)
            case Done(request):
                return (frame("done", request=request),)
            case Problem(error, ref, request):
                return (problem(error, ref, request),)
            case AuthExpiring(in_s):
                return (frame("auth_expiring", in_s=in_s),)
            case Closing(after):
                return (frame("closing", reconnect_after_ms=after),)
            case Beat():
                return ()


def _request(body: dict[str, Any]) -> str | None:
    request = body.get("request")
    if request is None or (isinstance(request, str) and 1 <= len(request) <= REQUEST_CHARS):
        return request
    raise BadRequest(field="request")


def problem(error: PitcrewError, ref: str, request: str | None = None) -> str:
    """The error frame of a refused command."""
    return frame(
        "error",
        error=error.text,
        code=error.code,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
        field=error.field,
        ref=ref,
        request=request,
    )


def _welcome(notice: Welcome) -> str:
    return frame(
        "auth_success",
        message="Authentication successful",
        user={"id": notice.user_id, "email": notice.email, "name": notice.name},
        protocol=PROTOCOL,
        limits={
            "message_chars": notice.limits.message_chars,
            "frame_bytes": notice.limits.frame_bytes,
            "messages_per_minute": notice.limits.messages_per_minute,
        },
        heartbeat_s=notice.heartbeat_s,
        features=list(FEATURES),
        request=notice.request,
    )


def _accepted(event: events.Accepted, seq: int | None) -> str:
    return frame(
        "ack",
        client_message_id=event.client_message_id,
        message_id=event.message_id,
        run_id=event.run_id,
        session_id=event.session_id,
        message=event.message,
        sent_at=event.sent_at,
        duplicate=event.duplicate,
        replaces=event.replaces,
        seq=seq,
    )


def _failed(event: events.Failed, seq: int | None) -> str:
    return frame(
        "error",
        error=event.error,
        code="PROCESSING_ERROR",
        reason=event.reason,
        retryable=event.retryable,
        retry_after_ms=event.retry_after_ms,
        ref=event.ref,
        run_id=event.run_id,
        seq=seq,
    )


def _plain(type_: str) -> Callable[[Any, int | None], str]:
    """An event whose fields are the frame's."""

    def write(event: events.Event, seq: int | None) -> str:
        fields = events.to_plain(event)
        fields.pop(event.__struct_config__.tag_field)
        return frame(type_, **fields, seq=seq)

    return write


_WRITERS: dict[type[events.Event], Callable[[Any, int | None], str]] = {
    events.Accepted: _accepted,
    events.Progress: _plain("progress"),
    events.Reasoning: _plain("reasoning"),
    events.Routed: _plain("routed"),
    events.Code: _plain("code"),
    events.Verification: _plain("verification"),
    events.DataReady: _plain("data_ready"),
    events.Sources: _plain("sources"),
    events.InputRequired: _plain("input_required"),
    events.RunRestarted: _plain("run_restarted"),
    events.Deleted: _plain("deleted"),
    events.Superseded: _plain("superseded"),
    events.Resumed: _plain("resumed"),
    events.Cancelled: _plain("cancelled"),
    events.Failed: _failed,
    events.Completed: lambda event, seq: frame("complete", **complete_body(event, seq)),
}


def _open(handshake: Handshake) -> Session:
    return NativeSession()


DIALECT = Dialect("native", "/ws/chat", _open, Words(tuple(CLIENT_FRAMES.values()), ()))
