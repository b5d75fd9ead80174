"""The dialect of `/ws/chat/{session_id}`: every step on the way to an answer as it happens, then the answer."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

import msgspec

from agents.types import Wishes
from api.protocol.bodies import prompt_text
from api.protocol.client_view import WHOLE, Prompts, come_back, unix_seconds
from api.protocol.dialect import (
    AuthExpiring,
    Beat,
    Closing,
    Denied,
    Dialect,
    Done,
    Handshake,
    Inbound,
    NoOp,
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
from orchestrator import events
from orchestrator.commands import Cancel, Send
from orchestrator.errors import BadRequest, PitcrewError, UnknownType
from orchestrator.events import Envelope

HEARTBEAT_S = 30.0
ANYBODY = frozenset({"", "auto", "researcher"})
"""What clients call the absence of a choice of agents."""
BARE = "bare-"
"""How the `client_message_id` begins of a message whose answer is wanted without steps: known after a reconnect too."""
RESTARTED = "I was interrupted and begin again."
STOPPED = "Stopped."


class Payload(msgspec.Struct):
    """A question. `agent_name` picks a specialist; `researcher`, `auto` or none let the router choose. With
    `enable_reasoning` false only the answer is sent. `client_message_id`, of at most 59 characters, makes a question
    that is sent twice count once."""

    message: str = ""
    agent_name: str | None = None
    enable_reasoning: bool = True
    client_message_id: str | None = None


class ChatFrame(msgspec.Struct, tag="chat"):
    """Ask. The conversation is that of the URL."""

    payload: Payload


class CancelFrame(msgspec.Struct, tag="cancel"):
    """Stop the answer."""


class PingFrame(msgspec.Struct, tag="ping"):
    """From a client: asks for a `pong` with the same `timestamp`. From the server: a sign of life, in Unix seconds."""

    timestamp: Any = None


class PongFrame(msgspec.Struct, tag="pong"):
    """The answer to `ping`. The server asks for none."""

    timestamp: Any = None


class Step(msgspec.Struct, omit_defaults=True):
    """A step: what is considered, which tool is called, what it gave, the answer, or why there is none. `iteration`
    counts the calls of tools from 1, `timestamp` is in Unix seconds. Steps with the same `run_id` belong to one
    question; a frame that was refused has none."""

    type: Literal["thought", "tool_use", "tool_result", "final_answer", "error"]
    content: str
    iteration: int
    timestamp: float
    run_id: str | None = None


class StepFrame(msgspec.Struct, tag="reasoning_step"):
    """A step, as it happens; `final_answer` and `error` end the turn."""

    data: Step


class Asked(msgspec.Struct, omit_defaults=True):
    """A question, empty where it was taken back. `run_id` is that of its steps; absent where a person answers."""

    content: str
    message_id: str
    client_message_id: str | None = None
    run_id: str | None = None


class AskedFrame(msgspec.Struct, tag="asked"):
    """A question is accepted. Told only to who wants the history, by `history=true` in the URL."""

    data: Asked


@dataclass(slots=True)
class _Run:
    """What was told of a run: nothing but the answer is wanted where it is `bare`; the latest iteration, and the number
    of the latest step."""

    bare: bool = False
    iteration: int = 1
    number: int = -1


class ReasoningSession:
    """See `Session`. Speaks in the conversation that the URL names; what a client that comes back was not
    sent, it gets then, with the steps of which it has not heard. Questions are told to who wants the history: others
    know their own."""

    def __init__(self, session_id: str, history: str | None = None) -> None:
        self._session_id = session_id
        self._history = history
        self._prompts = Prompts()
        self._runs: dict[str, _Run] = {}

    def opened(self) -> tuple[Requested, ...]:
        return come_back(self._session_id, self._history)

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        try:
            return Requested(self._command(parse_object(text)))
        except PitcrewError as error:
            return Requested(Rejected(error))

    def _command(self, body: dict[str, Any]) -> Inbound:
        match body.get("type"):
            case "chat":
                return self._send(body.get("payload"))
            case "cancel":
                return Cancel(session_id=self._session_id)
            case "ping":
                return Ping(convert(body, PingFrame).timestamp)
            case "pong":
                return NoOp()
            case _:
                raise UnknownType(field="type")

    def _send(self, payload: object) -> Send:
        if not isinstance(payload, dict):
            raise BadRequest(field="payload", form="an object", missing=payload is None)
        chat = convert(payload, Payload)
        wishes = Wishes(agent=None if (chat.agent_name or "") in ANYBODY else chat.agent_name)
        name = f"{'' if chat.enable_reasoning else BARE}{chat.client_message_id or uuid.uuid4().hex}"
        return Send(chat.message, self._session_id, name, wishes=wishes)

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event = envelope.event
        return tuple(map(spell, self._frames(event))) if self._prompts.are_news(event) else ()

    def _frames(self, event: events.AnyEvent) -> Sequence[StepFrame | AskedFrame]:
        match event:
            case events.Accepted():
                self._runs[event.turn_id] = _Run(bare=(event.client_message_id or "").startswith(BARE))
                return [_asked(event)] if self._history == WHOLE else []
            case events.Reasoning():
                return self._steps(event)
            case events.RunRestarted():
                run = self._run(event.run_id)
                had_steps = run.number >= 0
                run.iteration, run.number = 1, -1
                return [_now("thought", RESTARTED, 1, event.run_id)] if had_steps else []
            case events.StaffMessage():
                return [_now("final_answer", event.message, 1)]
            case events.Completed():
                missed = self._steps(*event.steps)
                return [*missed, self._end(event.run_id, "final_answer", event.response)]
            case events.InputRequired():
                return [self._end(event.run_id, "final_answer", prompt_text(event))]
            case events.Cancelled():
                return [self._end(event.run_id, "final_answer", event.partial_response or STOPPED)]
            case events.Failed():
                return [self._end(event.run_id, "error", event.error)]
            case events.Token() | events.Detail() | events.Upkeep():
                return []
            case _:
                assert_never(event)

    def _run(self, run_id: str) -> _Run:
        return self._runs.setdefault(run_id, _Run())

    def _steps(self, *steps: events.Reasoning) -> list[StepFrame]:
        """The steps of a run that were not told yet."""
        frames = []
        for step in steps:
            run = self._run(step.run_id)
            if step.number <= run.number or run.bare:
                continue
            run.iteration, run.number = max(step.iteration, run.iteration), step.number
            at = unix_seconds(step.timestamp)
            frames.append(StepFrame(Step(step.kind, step.content, step.iteration, at, step.run_id)))
        return frames

    def _end(self, run_id: str, kind: Literal["final_answer", "error"], content: str) -> StepFrame:
        return _now(kind, content, self._runs.pop(run_id, _Run()).iteration, run_id)

    def notice(self, notice: Notice) -> tuple[str, ...]:
        match notice:
            case Problem(error) | Denied(error):
                return (spell(_now("error", error.text, 1)),)
            case Pong(timestamp):
                return (spell(PongFrame(timestamp)),)
            case Beat(timestamp):
                return (spell(PingFrame(timestamp)),)
            case Welcome() | Done() | AuthExpiring() | Closing():
                return ()
            case _:
                assert_never(notice)


def _now(
    kind: Literal["thought", "final_answer", "error"], content: str, iteration: int, run_id: str | None = None
) -> StepFrame:
    return StepFrame(Step(kind, content, iteration, round(time.time(), 3), run_id))


def _asked(event: events.Accepted) -> AskedFrame:
    name = event.client_message_id
    return AskedFrame(Asked(event.message, event.message_id, name and name.removeprefix(BARE), event.run_id))


def _session_id(handshake: Handshake) -> str:
    return handshake.path.get("session_id", "")


def _open(handshake: Handshake) -> Session:
    return ReasoningSession(_session_id(handshake), handshake.query.get("history"))


DIALECT = Dialect(
    "reasoning",
    "/ws/chat/{session_id}",
    _open,
    Words((ChatFrame, CancelFrame, PingFrame, PongFrame), (StepFrame, AskedFrame, PingFrame, PongFrame)),
    events.kinds(events.Detail, events.Upkeep, events.Token) - {events.Reasoning},
    guest=_session_id,
    heartbeat_s=HEARTBEAT_S,
    keeps_place=True,
)
