"""The dialect of `/ws/{session_id}`: questions about tables and their relationships, answered with a diagram."""

from typing import Any, assert_never

import msgspec

from agents.types import Wishes
from api.protocol.bodies import prompt_text
from api.protocol.client_view import Prompts, come_back
from api.protocol.dialect import (
    AuthExpiring,
    Beat,
    Closing,
    Denied,
    Dialect,
    Done,
    Handshake,
    Notice,
    Pong,
    Problem,
    Rejected,
    Requested,
    Session,
    Welcome,
    Words,
)
from api.protocol.frames import convert, parse_object, spell
from api.transport.closing import FOREIGN_ORIGIN
from orchestrator import events
from orchestrator.commands import Send
from orchestrator.errors import EmptyMessage, PitcrewError
from orchestrator.events import Envelope

AGENT = "explorer"
CHANNEL = "explorer"
SECONDS = 30.0
"""After these a run of this dialect has taken too long."""
TIMED_OUT = "Request timeout (30s). Please try a simpler query."
EMPTY = "Empty message"
_FIELDS = {"message": "content"}
STOPPED = "Stopped."


class QuestionFrame(msgspec.Struct):
    """Ask. The conversation is that of the URL. `client_message_id` makes a question that is sent twice count once."""

    content: str = ""
    client_message_id: str | None = None


class UserFrame(msgspec.Struct, tag="user"):
    """The question is accepted; every page that is open on the conversation gets it."""

    content: str


class AgentPartialFrame(msgspec.Struct, tag="agent_partial"):
    """The text of the answer so far."""

    content: str


class ToolFrame(msgspec.Struct, tag="tool"):
    """A tool has returned: its result as JSON, or in words what went wrong."""

    content: str
    tool_name: str


class AgentFrame(msgspec.Struct, tag="agent"):
    """The whole answer, and its diagram in Mermaid's language; null where it has none."""

    content: str
    diagram: str | None


class ErrorFrame(msgspec.Struct, tag="error"):
    """The question has no answer, or a frame was refused."""

    content: str


class ExplorerSession:
    """See `Session`. Speaks in the conversation that the URL names; what a page that comes back was not
    sent, it gets then. The results of tools of which it has not heard are told before the answer."""

    def __init__(self, session_id: str, history: str | None = None) -> None:
        self._session_id = session_id
        self._history = history
        self._prompts = Prompts()
        self._texts: dict[str, str] = {}
        self._tools: dict[str, int] = {}

    def opened(self) -> tuple[Requested, ...]:
        return come_back(self._session_id, self._history)

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        try:
            question = convert(parse_object(text), QuestionFrame)
        except PitcrewError as error:
            return Requested(Rejected(error))
        wishes = Wishes(agent=AGENT, channel=CHANNEL, seconds=SECONDS)
        return Requested(Send(question.content, self._session_id, question.client_message_id, wishes=wishes))

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        return tuple(map(spell, self._frames(event, lagging))) if self._prompts.are_news(event) else ()

    def _frames(self, event: events.AnyEvent, lagging: bool) -> list[msgspec.Struct]:
        match event:
            case events.Accepted():
                return [UserFrame(event.message)]
            case events.Token(run_id, text, offset):
                self._texts[run_id] = self._texts.get(run_id, "")[:offset] + text
                return [] if lagging else [AgentPartialFrame(self._texts[run_id])]
            case events.StaffMessage(_, message):
                return [AgentFrame(message, None)]
            case events.Reasoning():
                return self._results(event)
            case events.RunRestarted():
                return self._ended(event.run_id)
            case events.Completed(run_id):
                return [*self._results(*event.steps), *self._ended(run_id, AgentFrame(event.response, event.diagram))]
            case events.InputRequired(run_id):
                return self._ended(run_id, AgentFrame(prompt_text(event), None))
            case events.Cancelled(run_id, partial):
                return self._ended(run_id, AgentFrame(partial or STOPPED, None))
            case events.Failed(run_id, reason, error):
                why = TIMED_OUT if reason == "RUN_TIMEOUT" else f"Agent error: {error}"
                return self._ended(run_id, ErrorFrame(why))
            case events.Detail() | events.Upkeep():
                return []
            case _:
                assert_never(event)

    def _results(self, *steps: events.Reasoning) -> list[msgspec.Struct]:
        """The results of tools among a run's steps, as far as they were not told yet."""
        frames: list[msgspec.Struct] = []
        for step in steps:
            if step.kind == "tool_result" and step.number > self._tools.get(step.run_id, -1):
                self._tools[step.run_id] = step.number
                frames.append(_tool(step))
        return frames

    def _ended(self, run_id: str, *ending: msgspec.Struct) -> list[msgspec.Struct]:
        self._texts.pop(run_id, None)
        self._tools.pop(run_id, None)
        return list(ending)

    def notice(self, notice: Notice) -> tuple[str, ...]:
        match notice:
            case Problem(error) | Denied(error):
                error.rename(_FIELDS)
                return (spell(ErrorFrame(EMPTY if isinstance(error, EmptyMessage) else error.text)),)
            case Welcome() | Pong() | Done() | AuthExpiring() | Closing() | Beat():
                return ()
            case _:
                assert_never(notice)


def _tool(step: events.Reasoning) -> msgspec.Struct:
    whole: Any = step.result
    content = step.content if whole is None or not step.ok else msgspec.json.encode(whole).decode()
    return ToolFrame(content, step.tool or "")


def _session_id(handshake: Handshake) -> str:
    return handshake.path.get("session_id", "")


def _open(handshake: Handshake) -> Session:
    return ExplorerSession(_session_id(handshake), handshake.query.get("history"))


DIALECT = Dialect(
    "explorer",
    "/ws/{session_id}",
    _open,
    Words((QuestionFrame,), (UserFrame, AgentPartialFrame, ToolFrame, AgentFrame, ErrorFrame)),
    events.kinds(events.Detail, events.Upkeep, events.RunRestarted) - {events.Reasoning},
    guest=_session_id,
    foreign_origin=FOREIGN_ORIGIN,
    keeps_place=True,
)
