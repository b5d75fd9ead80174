"""The native dialect of `/ws/chat`: JSON frames told apart by `type`. PROTOCOL.md is its description."""

from collections.abc import Callable
from typing import Any

import msgspec

from api.protocol.bodies import complete_body, prompt_body, told_zone
from api.protocol.dialect import (
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
from api.protocol.frames import convert, parse_object, spell
from api.protocol.native_frames import (
    CLIENT_FRAMES,
    SERVER_FRAMES,
    AnswerFrame,
    AnyFrame,
    AuthErrorFrame,
    AuthExpiringFrame,
    AuthFrame,
    AuthSuccessFrame,
    CancelFrame,
    ClosingFrame,
    CompleteFrame,
    DeleteFrame,
    DoneFrame,
    ErrorFrame,
    FeedbackFrame,
    MessageFrame,
    PingFrame,
    PongFrame,
    ReadFrame,
    ResumeFrame,
    TokenFrame,
    TypingFrame,
    User,
    mirrored,
)
from orchestrator import events
from orchestrator.commands import Answer, Cancel, Command, Delete, Feedback, Read, Resume, Send, Type
from orchestrator.errors import BadRequest, PitcrewError, ProcessingError, UnknownType
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


class NativeSession:
    """See `api.protocol.dialect.Session`. Keeps the text of active runs, for clients that want it in every token frame.

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
            return (spell(_complete(prompt_body(event))),)
        if isinstance(event, events.Terminal | events.RunRestarted):
            self._texts.pop(event.run_id, None)
        if isinstance(event, events.Terminal) and self._ended_before(event):
            return ()
        return tuple(map(spell, _told(event, envelope.seq)))

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
        return spell(TokenFrame(event.text, event.run_id, event.offset, partial, event.part))

    def notice(self, notice: Notice) -> tuple[str, ...]:
        return tuple(map(spell, _noticed(notice)))


def _request(body: dict[str, Any]) -> str | None:
    request = body.get("request")
    if request is None or (isinstance(request, str) and 1 <= len(request) <= REQUEST_CHARS):
        return request
    raise BadRequest(field="request")


def _noticed(notice: Notice) -> list[msgspec.Struct]:
    match notice:
        case Welcome():
            return [_welcome(notice)]
        case Denied(error, request):
            return [AuthErrorFrame(error.text, error.code, request)]
        case Pong(timestamp, request):
            return [PongFrame(timestamp, request)]
        case Done(request):
            return [DoneFrame(request)]
        case Problem():
            return [_refused(notice)]
        case AuthExpiring(in_s):
            return [AuthExpiringFrame(in_s)]
        case Closing(after):
            return [ClosingFrame(after)]
        case Beat():
            return []


def _refused(notice: Problem) -> ErrorFrame:
    error = notice.error
    return ErrorFrame(
        error=error.text,
        code=error.code,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
        field=error.field,
        ref=notice.ref,
        request=notice.request,
    )


def _welcome(notice: Welcome) -> AuthSuccessFrame:
    return AuthSuccessFrame(
        message="Authentication successful",
        user=User(notice.user_id, notice.email, notice.name),
        protocol=PROTOCOL,
        limits=notice.limits,
        heartbeat_s=notice.heartbeat_s,
        features=FEATURES,
        request=notice.request,
    )


def _told(event: events.AnyEvent, seq: int | None) -> list[msgspec.Struct]:
    match event:
        case events.Completed():
            return [_complete(complete_body(event, seq))]
        case events.Failed():
            return [_failed(event, seq)]
        case _:
            frame = mirrored(event, seq)
            return [] if frame is None else [frame]


def _complete(body: dict[str, Any]) -> CompleteFrame:
    return msgspec.convert(body, CompleteFrame)


def _failed(event: events.Failed, seq: int | None) -> ErrorFrame:
    return ErrorFrame(
        error=event.error,
        code=ProcessingError.code,
        reason=event.reason,
        retryable=event.retryable,
        retry_after_ms=event.retry_after_ms,
        ref=event.ref,
        run_id=event.run_id,
        seq=seq,
    )


def _open(handshake: Handshake) -> Session:
    return NativeSession()


DIALECT = Dialect("native", "/ws/chat", _open, Words(tuple(CLIENT_FRAMES.values()), SERVER_FRAMES))
