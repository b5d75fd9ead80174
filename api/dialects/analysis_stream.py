"""The dialect of `/ws/agent/stream`: one question about the data, in the URL; its end closes the socket."""

import uuid

from api.protocol.analysis_frames import SENT, CancelFrame, PingFrame, StreamEndFrame
from api.protocol.analysis_session import QUESTION, SILENT, Frames, Telling, ask, is_stopping, noticed
from api.protocol.dialect import Dialect, Handshake, Inbound, Notice, Ping, Problem, Rejected, Requested, Session, Words
from api.protocol.frames import convert, parse_object, spell
from orchestrator import events
from orchestrator.commands import Cancel
from orchestrator.errors import PitcrewError, UnknownType
from orchestrator.events import Envelope
from orchestrator.staff.notices import left_to_staff

WELL, BADLY = "Stream completed successfully", "Stream ended"


class AnalysisStreamSession:
    """See `Session`. In its conversation others may ask too: it tells the one run that it asked for."""

    def __init__(self, handshake: Handshake) -> None:
        query = handshake.query
        self._id = query.get("client_message_id") or uuid.uuid4().hex
        self._send = ask(
            query.get("question", ""), query.get("dataset"), query.get("session_id") or uuid.uuid4().hex, self._id
        )
        self._telling = Telling()
        self._run: str | None = None
        self._finished = False

    def opened(self) -> tuple[Requested, ...]:
        return (Requested(self._send, QUESTION),)

    @property
    def finished(self) -> bool:
        return self._finished

    def received(self, text: str) -> Requested:
        try:
            return Requested(self._command(text))
        except PitcrewError as error:
            return Requested(Rejected(error))

    def _command(self, text: str) -> Inbound:
        if is_stopping(text):
            return self._cancel()
        body = parse_object(text)
        match body.get("action"):
            case "cancel":
                return self._cancel()
            case "ping":
                return Ping(convert(body, PingFrame).timestamp)
            case _:
                raise UnknownType(field="action")

    def _cancel(self) -> Cancel:
        return Cancel(self._run, None if self._run else self._send.session_id)

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        if isinstance(event, events.Accepted) and event.client_message_id == self._id:
            self._run = event.turn_id
            if event.run_id is None:
                return self._left_to_staff(event)
        if self._finished or _turn(event) != self._run or self._run is None:
            return ()
        frames = self._telling.frames(event, lagging=lagging)
        if isinstance(event, events.Terminal | events.InputRequired):
            frames += self._end(isinstance(event, events.Completed | events.InputRequired))
        return tuple(map(spell, frames))

    def _left_to_staff(self, event: events.Accepted) -> tuple[str, ...]:
        """A person will answer, but not here: there is one question to a connection."""
        told = (event, left_to_staff(event))
        frames = [frame for one in told for frame in self._telling.frames(one, lagging=False)]
        return tuple(map(spell, [*frames, *self._end(True)]))

    def _end(self, well: bool) -> Frames:
        self._finished = True
        return [StreamEndFrame(WELL if well else BADLY)]

    def notice(self, notice: Notice) -> tuple[str, ...]:
        frames = noticed(notice)
        if isinstance(notice, Problem) and notice.request == QUESTION:
            frames += self._end(False)
        return tuple(map(spell, frames))


def _turn(event: events.AnyEvent) -> str | None:
    return event.turn_id if isinstance(event, events.Accepted) else getattr(event, "run_id", None)


def _open(handshake: Handshake) -> Session:
    return AnalysisStreamSession(handshake)


QUERY = {
    "question": "What is to be analysed.",
    "dataset": "The dataset that the figures are to come from; absent or `all`: any.",
    "session_id": "Any text of yours: it names the conversation.",
    "client_message_id": "A name for the question, by which it counts once when it is asked twice.",
}
DIALECT = Dialect(
    "analysis_stream",
    "/ws/agent/stream",
    _open,
    Words((CancelFrame, PingFrame), SENT, text=("cancel",), query=QUERY),
    SILENT | {events.StaffMessage},
    guest=lambda handshake: handshake.query.get("session_id", ""),
)
