"""The dialect of `/ws/query`: what was found at once, then the answer, token by token or as a whole."""

import uuid
from dataclasses import dataclass, field
from typing import Any, assert_never

import msgspec

from agents.types import Wishes
from api.protocol.bodies import prompt_text
from api.protocol.client_view import Appended, Prompts
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
from api.protocol.error_frame import ErrorFrame, failed, refused
from api.protocol.frames import convert, parse_object, spell
from orchestrator import events
from orchestrator.commands import Cancel, Send
from orchestrator.errors import PitcrewError, UnknownType
from orchestrator.events import Envelope

SNIPPET_CHARS = 300
STOPPED = "Stopped."


class QuestionFrame(msgspec.Struct):
    """Ask. `humanize` false: facts and passages as they stand, without prose. `stream` false: the answer as a whole.
    `session_id` names the conversation; absent, it is the connection's own. `client_message_id` makes a question that
    is sent twice count once."""

    question: str = ""
    humanize: bool = True
    stream: bool = True
    session_id: str | None = None
    client_message_id: str | None = None


class AuthFrame(msgspec.Struct, tag="auth"):
    """Show your token, unless the URL carried one."""

    token: str


class CancelFrame(msgspec.Struct, tag="cancel"):
    """Stop the answer in the conversation."""

    session_id: str | None = None


class PingFrame(msgspec.Struct, tag="ping"):
    """Ask for a `pong` with the same `timestamp`."""

    timestamp: Any = None


class StatusFrame(msgspec.Struct, tag="status"):
    """What is being done."""

    message: str


class Result(msgspec.Struct):
    """A passage that was found: its document, how it begins, and how well it fits (0..1)."""

    file: str
    snippet: str
    score: float


class ImmediateFrame(msgspec.Struct, tag="immediate"):
    """What was found, once for each question and before its answer."""

    results: tuple[Result, ...]


class StreamStartFrame(msgspec.Struct, tag="stream_start"):
    """The answer begins. A `stream_end` or an `overview` always follows."""


class StreamTokenFrame(msgspec.Struct, tag="stream_token"):
    """The next piece of the answer."""

    token: str


class StreamEndFrame(msgspec.Struct, tag="stream_end"):
    """The streamed answer is finished; `response` equals its pieces. After an `error` it is what had been said."""

    response: str


class OverviewFrame(msgspec.Struct, tag="overview"):
    """The whole answer at once: it was asked for so, or the stream broke, and this counts instead of its pieces."""

    overview: str


class PongFrame(msgspec.Struct, tag="pong"):
    """The answer to `ping`."""

    timestamp: Any


@dataclass(slots=True)
class _Turn:
    """What a client was told of one question. `whole`: the answer comes as an overview; `sources_sent`: it was told
    what was found; `open`: a stream is to be ended."""

    whole: bool = False
    sources_sent: bool = False
    open: bool = False
    answer: Appended = field(default_factory=Appended)


Frames = list[msgspec.Struct]


class QuerySession:
    """See `Session`. A turn is `status`, one `immediate`, then the answer: `stream_start`, its pieces and
    `stream_end`, or an `overview`, or an `error`. What streams has no other end than `stream_end` or `overview`."""

    def __init__(self) -> None:
        self._session_id = uuid.uuid4().hex
        self._prompts = Prompts()
        self._whole: set[str] = set()
        self._turns: dict[str, _Turn] = {}

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
        try:
            command = self._command(body)
            return Requested(command, command.client_message_id if isinstance(command, Send) else None)
        except PitcrewError as error:
            return Requested(Rejected(error))

    def _command(self, body: dict[str, Any]) -> Inbound:
        kind = None if "question" in body else body.get("type")
        match kind:
            case None:
                return self._send(convert(body, QuestionFrame))
            case "auth":
                return Authenticate(convert(body, AuthFrame).token)
            case "cancel":
                return Cancel(session_id=convert(body, CancelFrame).session_id or self._session_id)
            case "ping":
                return Ping(convert(body, PingFrame).timestamp)
            case _:
                raise UnknownType(field="type")

    def _send(self, question: QuestionFrame) -> Send:
        name = question.client_message_id or uuid.uuid4().hex
        if not question.stream:
            self._whole.add(name)
        wishes = Wishes(prose=question.humanize, passages=True)
        return Send(question.question, question.session_id or self._session_id, name, wishes=wishes)

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        return tuple(map(spell, self._frames(event, lagging))) if self._prompts.are_news(event) else ()

    def _frames(self, event: events.AnyEvent, lagging: bool) -> Frames:
        match event:
            case events.Accepted():
                self._turns[event.turn_id] = _Turn(whole=event.client_message_id in self._whole)
                self._whole.discard(event.client_message_id or "")
                return [StatusFrame("Question received.")]
            case events.Progress():
                return [] if lagging else [StatusFrame(event.message)]
            case events.Sources():
                return _immediate(self._turn(event.run_id), event.passages)
            case events.Token():
                return _token(self._turn(event.run_id), event)
            case events.RunRestarted():
                turn = self._turn(event.run_id)
                turn.whole |= turn.open
                return []
            case events.InputRequired():
                return _answer(self._turns.pop(event.run_id, _Turn()), prompt_text(event))
            case events.StaffMessage():
                return [OverviewFrame(event.message)]
            case events.Completed():
                return _answer(self._turns.pop(event.run_id, _Turn()), event.response)
            case events.Cancelled():
                return _stopped(self._turns.pop(event.run_id, _Turn()), event.partial_response)
            case events.Failed():
                turn = self._turns.pop(event.run_id, _Turn())
                return [*_immediate(turn), failed(event), *_closed(turn)]
            case events.Detail() | events.Upkeep():
                return []
            case _:
                assert_never(event)

    def _turn(self, run_id: str) -> _Turn:
        return self._turns.setdefault(run_id, _Turn())

    def notice(self, notice: Notice) -> tuple[str, ...]:
        match notice:
            case Problem(error, ref, request):
                self._whole.discard(request or "")
                return (spell(refused(error, ref)),)
            case Denied(error):
                return (spell(refused(error)),)
            case Pong(timestamp):
                return (spell(PongFrame(timestamp)),)
            case Welcome() | Done() | AuthExpiring() | Closing() | Beat():
                return ()
            case _:
                assert_never(notice)


def _immediate(turn: _Turn, passages: tuple[events.SourcePassage, ...] = ()) -> Frames:
    """What was found, unless it has been told."""
    if turn.sources_sent:
        return []
    turn.sources_sent = True
    return [
        ImmediateFrame(tuple(Result(passage.source, _snippet(passage.text), passage.score) for passage in passages))
    ]


def _snippet(text: str) -> str:
    """How a passage begins, on one line, cut behind a word."""
    line = " ".join(text[: 2 * SNIPPET_CHARS].split())
    return line if len(line) <= SNIPPET_CHARS else line[:SNIPPET_CHARS].rsplit(" ", 1)[0] + " …"


def _token(turn: _Turn, token: events.Token) -> Frames:
    piece = None if turn.whole else turn.answer.more(token)
    if piece is None:
        turn.whole = True
        return []
    return _streamed(turn, piece) if piece else []


def _streamed(turn: _Turn, piece: str) -> Frames:
    start: Frames = [] if turn.open else [*_immediate(turn), StreamStartFrame()]
    turn.open = True
    return [*start, *([StreamTokenFrame(piece)] if piece else [])]


def _answer(turn: _Turn, response: str) -> Frames:
    rest = None if turn.whole else turn.answer.rest(response)
    if rest is None:
        return [*_immediate(turn), OverviewFrame(response)]
    return [*_streamed(turn, rest), StreamEndFrame(response)]


def _stopped(turn: _Turn, partial: str) -> Frames:
    return _closed(turn) if turn.open else [*_immediate(turn), OverviewFrame(partial or STOPPED)]


def _closed(turn: _Turn) -> Frames:
    """The end of a stream that broke off, if there is one."""
    return [StreamEndFrame(turn.answer.text)] if turn.open else []


def _open(handshake: Handshake) -> Session:
    return QuerySession()


SENT = (
    StatusFrame,
    ImmediateFrame,
    StreamStartFrame,
    StreamTokenFrame,
    StreamEndFrame,
    OverviewFrame,
    ErrorFrame,
    PongFrame,
)
SILENT = events.kinds(events.Detail, events.Upkeep, events.RunRestarted) - {events.Progress, events.Sources}
DIALECT = Dialect("query", "/ws/query", _open, Words((QuestionFrame, AuthFrame, CancelFrame, PingFrame), SENT), SILENT)
