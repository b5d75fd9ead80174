"""The dialect of `/ws/agent/interactive`: questions about the data, one after the other, in one conversation."""

import uuid
from typing import Any

from api.protocol.analysis_frames import SENT, CancelFrame, PingFrame, QueryCompleteFrame, QueryFrame, StreamEndFrame
from api.protocol.analysis_session import QUESTION, SILENT, Frames, Telling, ask, is_stopping, noticed
from api.protocol.dialect import Dialect, Handshake, Inbound, Notice, Ping, Problem, Rejected, Requested, Session, Words
from api.protocol.frames import convert, parse_object, spell
from orchestrator import events
from orchestrator.commands import Cancel
from orchestrator.errors import PitcrewError, UnknownType
from orchestrator.events import Envelope

MESSAGES = {
    "complete": "Stream completed successfully",
    "cancelled": "Stream cancelled",
    "error": "Stream ended",
}


class AnalysisInteractiveSession:
    """See `Session`. The conversation is that of `session_id` in the URL, or the connection's own."""

    def __init__(self, handshake: Handshake) -> None:
        self._session_id = handshake.query.get("session_id") or uuid.uuid4().hex
        self._telling = Telling()

    def opened(self) -> tuple[Requested, ...]:
        return ()

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        if is_stopping(text):
            return Requested(Cancel(session_id=self._session_id))
        request = None
        try:
            body = parse_object(text)
            request = QUESTION if body.get("action") == "query" else None
            return Requested(self._command(body), request)
        except PitcrewError as error:
            return Requested(Rejected(error), request)

    def _command(self, body: dict[str, Any]) -> Inbound:
        match body.get("action"):
            case "query":
                query = convert(body, QueryFrame)
                return ask(query.question, query.dataset, self._session_id, query.client_message_id)
            case "ping":
                return Ping(convert(body, PingFrame).timestamp)
            case "cancel":
                return Cancel(session_id=self._session_id)
            case _:
                raise UnknownType(field="action")

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        frames = self._telling.frames(event, lagging=lagging)
        if frames and isinstance(event, events.Terminal | events.InputRequired | events.StaffMessage):
            frames += _end(_ENDINGS.get(type(event), "complete"))
        return tuple(map(spell, frames))

    def notice(self, notice: Notice) -> tuple[str, ...]:
        """A refused question has ended, unless one before it is being answered: that one's end is still to come."""
        frames = noticed(notice)
        if isinstance(notice, Problem) and notice.request == QUESTION and not self._telling.under_way:
            frames += _end("error")
        return tuple(map(spell, frames))


_ENDINGS: dict[type, Any] = {events.Cancelled: "cancelled", events.Failed: "error"}


def _end(status: Any) -> Frames:
    return [StreamEndFrame(MESSAGES[status]), QueryCompleteFrame("Ready for the next question", status)]


def _open(handshake: Handshake) -> Session:
    return AnalysisInteractiveSession(handshake)


QUERY = {"session_id": "Any text of yours: it names the conversation."}
DIALECT = Dialect(
    "analysis_interactive",
    "/ws/agent/interactive",
    _open,
    Words((QueryFrame, PingFrame, CancelFrame), (*SENT, QueryCompleteFrame), text=("cancel",), query=QUERY),
    SILENT,
    guest=lambda handshake: handshake.query.get("session_id", ""),
)
