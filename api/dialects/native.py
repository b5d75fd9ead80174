"""The native dialect of `/ws/chat`: JSON frames told apart by `type`. PROTOCOL.md is its description."""

from collections.abc import Callable
from typing import Any, assert_never

import msgspec

from api.protocol.bodies import client_zone, prompt_frame, staff_frame
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
from api.protocol.forms import choice, sized
from api.protocol.frames import convert, parse_object, spell
from api.protocol.native_frames import (
    CLIENT_FRAMES,
    SERVER_FRAMES,
    SILENT,
    AnswerFrame,
    AnyFrame,
    AuthErrorFrame,
    AuthExpiringFrame,
    AuthFrame,
    AuthSuccessFrame,
    CancelFrame,
    ClosingFrame,
    DeleteFrame,
    DoneFrame,
    ErrorFrame,
    FeedbackFrame,
    HandoverFrame,
    MessageFrame,
    PingFrame,
    PongFrame,
    ReadFrame,
    ResumeFrame,
    TokenFrame,
    TypingFrame,
    User,
)
from api.protocol.native_view import frame_of
from orchestrator import events
from orchestrator.commands import Answer, Cancel, Command, Delete, Feedback, HandOver, Read, Resume, Send, Type
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
    "handover",
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
    HandoverFrame: HandOver,
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

    def __init__(self, *, partial: bool | None = None, reasoning: bool | None = None) -> None:
        """`partial` and `reasoning`: what a client chooses that does not sign in with a frame."""
        self._oldest = True
        self._choose(partial, reasoning)
        self._texts: dict[str, str] = {}
        self._prompted: set[str] = set()

    def opened(self) -> tuple[Requested, ...]:
        return ()

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        try:
            body = parse_object(text)
        except PitcrewError as error:
            return Requested(Rejected(error))
        return self.read(body)

    def read(self, body: dict[str, Any]) -> Requested:
        """What a frame asks for that is parsed already."""
        request = None
        try:
            request = _request(body)
            self._oldest &= request is None
            return Requested(self._command(body), request)
        except PitcrewError as error:
            return Requested(Rejected(error), request)

    def _command(self, body: dict[str, Any]) -> Inbound:
        kind = body.get("type")
        if not isinstance(kind, str):
            raise BadRequest(field="type", form=choice(CLIENT_FRAMES), missing=kind is None)
        if kind not in CLIENT_FRAMES:
            raise UnknownType(field="type")
        frame = convert(body, CLIENT_FRAMES[kind])
        if not isinstance(frame, OLDEST_FRAMES):
            self._oldest = False
        match frame:
            case AuthFrame(token, partial, reasoning):
                self._choose(partial, reasoning)
                return Authenticate(token)
            case MessageFrame(message, session_id, _, client_message_id, replaces, metadata):
                self._oldest &= client_message_id is None and replaces is None
                return Send(message, session_id, client_message_id, replaces, client_zone(metadata))
            case PingFrame(timestamp):
                return Ping(timestamp)
            case _:
                return _COMMANDS[type(frame)](*msgspec.structs.astuple(frame))

    def _choose(self, partial: bool | None, reasoning: bool | None) -> None:
        self._partial = partial is not False
        self._reasoning = reasoning is True
        self._oldest &= partial is None and reasoning is None

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        frame = self._frame(envelope, lagging)
        return () if frame is None else (spell(frame),)

    def _frame(self, envelope: Envelope, lagging: bool) -> msgspec.Struct | None:
        """The frame that tells the event to this client."""
        event = envelope.event
        match event:
            case events.Token():
                return self._token(event, lagging)
            case events.Reasoning() if not self._reasoning:
                return None
            case events.Progress() if self._oldest and event.step not in OLDEST_STEPS:
                return None
            case events.InputRequired() if self._oldest:
                self._prompted.add(event.run_id)
                return prompt_frame(event)
            case events.StaffMessage() if self._oldest:
                return staff_frame(event)
            case events.Owner() | events.StaffTyping() if self._oldest:
                return None
            case events.Terminal():
                self._texts.pop(event.run_id, None)
                return None if self._ended_before(event) else frame_of(envelope)
            case events.RunRestarted():
                self._texts.pop(event.run_id, None)
        return frame_of(envelope)

    def _ended_before(self, event: events.Terminal) -> bool:
        """Whether the client has been told of the run's end: its prompt was that, and nobody answered it."""
        prompted = event.run_id in self._prompted
        self._prompted.discard(event.run_id)
        return prompted and self._oldest and isinstance(event, events.Cancelled)

    def _token(self, event: events.Token, lagging: bool) -> TokenFrame:
        partial = None
        if self._partial:
            text = self._texts.get(event.run_id, "")[: event.offset] + event.text
            self._texts[event.run_id] = text
            partial = None if lagging else text
        return TokenFrame(event.text, event.run_id, event.offset, partial, event.part)

    def notice(self, notice: Notice) -> tuple[str, ...]:
        return tuple(map(spell, _noticed(notice)))


def _request(body: dict[str, Any]) -> str | None:
    request = body.get("request")
    if request is None or (isinstance(request, str) and 1 <= len(request) <= REQUEST_CHARS):
        return request
    raise BadRequest(field="request", form=sized("a string", 1, REQUEST_CHARS))


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
        case _:
            assert_never(notice)


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


def _open(handshake: Handshake) -> Session:
    return NativeSession()


DIALECT = Dialect("native", "/ws/chat", _open, Words(tuple(CLIENT_FRAMES.values()), SERVER_FRAMES), SILENT)
