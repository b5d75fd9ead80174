"""The native dialect of `/ws/chat`: JSON frames told apart by `type`. PROTOCOL.md is its description."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import msgspec
import orjson

from api.dialect import (
    Authenticate,
    Closing,
    Denied,
    Dialect,
    Handshake,
    Inbound,
    Notice,
    Ping,
    Pong,
    Problem,
    Rejected,
    Session,
    Welcome,
)
from api.frames import convert, parse_object
from orchestrator import events
from orchestrator.commands import Cancel, Feedback, Resume, Send
from orchestrator.errors import BadRequest, PitcrewError, UnknownType
from orchestrator.events import Envelope

PROTOCOL = 1
FEATURES = ("cancel", "resume", "feedback", "idempotency", "partial")


class AuthFrame(msgspec.Struct, tag="auth"):
    """Show your token; first frame unless the URL carried one. `partial: false` leaves `partial_response` out."""

    token: str
    partial: bool = True


class MessageFrame(msgspec.Struct, tag="message"):
    """Ask. `session_id` is any string of yours; absent, the server makes one. `client_message_id` makes a message that
    is sent twice count once. `customer_id` is ignored: who you are comes from the token."""

    message: str = ""
    session_id: str | None = None
    customer_id: str | None = None
    client_message_id: str | None = None
    metadata: dict[str, Any] | None = None


class CancelFrame(msgspec.Struct, tag="cancel"):
    """Stop an answer, by its run or as the session's active one."""

    run_id: str | None = None
    session_id: str | None = None


class ResumeFrame(msgspec.Struct, tag="resume"):
    """Follow a session again; `after` is the last `seq` you saw, 0 for all."""

    session_id: str
    after: int = 0


class FeedbackFrame(msgspec.Struct, tag="feedback"):
    """Rate an answer."""

    message_id: str
    rating: Literal["up", "down"]
    reason: str | None = None


class PingFrame(msgspec.Struct, tag="ping"):
    """Ask for a `pong` with the same `timestamp`."""

    timestamp: Any = None


AnyFrame = AuthFrame | MessageFrame | CancelFrame | ResumeFrame | FeedbackFrame | PingFrame
CLIENT_FRAMES: dict[str, type[AnyFrame]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (AuthFrame, MessageFrame, CancelFrame, ResumeFrame, FeedbackFrame, PingFrame)
}


def frame(type_: str, /, **fields: Any) -> str:
    """A frame as text, `type` first, absent fields left out."""
    body = {"type": type_} | {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps(body).decode()


class NativeSession:
    """See `api.dialect.Session`. Keeps the text of active runs, for clients that want it in every token frame."""

    def __init__(self) -> None:
        self._partial = True
        self._texts: dict[str, str] = {}

    def received(self, text: str) -> Inbound:
        try:
            return self._command(parse_object(text))
        except PitcrewError as error:
            return Rejected(error)

    def _command(self, body: dict[str, Any]) -> Inbound:
        kind = body.get("type")
        if not isinstance(kind, str):
            raise BadRequest(field="type")
        if kind not in CLIENT_FRAMES:
            raise UnknownType(field="type")
        match convert(body, CLIENT_FRAMES[kind]):
            case AuthFrame(token, partial):
                self._partial = partial
                return Authenticate(token)
            case MessageFrame() as asked:
                return Send(asked.message, asked.session_id, asked.client_message_id)
            case CancelFrame(run_id, session_id):
                return Cancel(run_id, session_id)
            case ResumeFrame(session_id, after):
                return Resume(session_id, after)
            case FeedbackFrame(message_id, rating, reason):
                return Feedback(message_id, rating, reason)
            case PingFrame(timestamp):
                return Ping(timestamp)

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        if isinstance(event, events.Token):
            return (self._token(event, lagging),)
        if isinstance(event, events.Terminal | events.RunRestarted):
            self._texts.pop(event.run_id, None)
        writer = _WRITERS.get(type(event))
        return (writer(event, envelope.seq),) if writer else ()

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
            case Denied(error):
                return (frame("auth_error", message=error.text, code=error.code),)
            case Pong(timestamp):
                return (orjson.dumps({"type": "pong", "timestamp": timestamp}).decode(),)
            case Problem(error, ref):
                return (problem(error, ref),)
            case Closing(after):
                return (frame("closing", reconnect_after_ms=after),)


def problem(error: PitcrewError, ref: str) -> str:
    """The error frame of a refused command."""
    return frame(
        "error",
        error=error.text,
        code=error.code,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
        field=error.field,
        ref=ref,
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
    )


def complete_body(event: events.Completed, seq: int | None) -> dict[str, Any]:
    """The body of `complete`, on the socket and in the answer to `POST /api/v1/chat`."""
    plain = events.to_plain(event)
    metadata = {
        "agent": event.agent,
        "agents": plain.get("agents", []),
        "confidence": event.confidence,
        "context": {"sources": list(event.sources), "citations": plain.get("citations", [])},
        "usage": plain.get("usage", {}),
        "timing": plain.get("timing", {}),
        "answerer": event.answerer,
        "declined": event.declined,
    }
    metadata |= {"degraded": event.degraded} if event.degraded else {}
    metadata |= {"truncated": True} if event.truncated else {}
    return {
        "response": event.response,
        "session_id": event.session_id,
        "run_id": event.run_id,
        "message_id": event.message_id,
        "seq": seq,
        "metadata": metadata,
    }


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
        fields.pop("kind")
        return frame(type_, **fields, seq=seq)

    return write


_WRITERS: dict[type[events.Event], Callable[[Any, int | None], str]] = {
    events.Accepted: _accepted,
    events.Progress: _plain("progress"),
    events.Routed: _plain("routed"),
    events.Sources: _plain("sources"),
    events.RunRestarted: _plain("run_restarted"),
    events.Resumed: _plain("resumed"),
    events.Cancelled: _plain("cancelled"),
    events.Failed: _failed,
    events.Completed: lambda event, seq: frame("complete", **complete_body(event, seq)),
}


class NativeDialect:
    name: ClassVar[str] = "native"
    path: ClassVar[str] = "/ws/chat"

    def open(self, handshake: Handshake) -> Session:
        return NativeSession()


DIALECT: Dialect = NativeDialect()
