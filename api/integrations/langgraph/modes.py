"""A run as the stream modes of the protocol's run endpoints: events in, server-sent events out. Pure.

It is a session of the kind that `api.transport.retelling` can tell again from any place, so a stream can be resumed to
the character. A mode tells what LangGraph's own does: `values` the state, `updates` what each step gave,
`messages-tuple` the answer piece by piece, `messages` the answer so far, `custom` our own frames, `events` the steps as
LangChain's events, `tasks`, `checkpoints` and `debug` the same as updates and states with their numbers.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, assert_never

import orjson

from api.integrations.langgraph.messages import Message, Transcript, answer_id, chunk, completed, interrupt
from api.protocol.forms import choice
from api.protocol.native_view import frame_of
from orchestrator import events
from orchestrator.errors import BadRequest
from orchestrator.events import Envelope, kinds, to_plain

MODES = {
    "values",
    "updates",
    "messages",
    "messages-tuple",
    "custom",
    "events",
    "tasks",
    "checkpoints",
    "debug",
}
SILENT = kinds(events.Typing, events.Seen)
"""Events of which no mode says anything."""
Part = tuple[str, Any]
"""The name of a server-sent event and its data."""


def read_modes(value: Any) -> frozenset[str]:
    """The modes that a client asks for: a name, or a list of them. Raises BadRequest for an unknown one."""
    named = ["values"] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not named or not all(isinstance(mode, str) and mode in MODES for mode in named):
        raise BadRequest(field="stream_mode", form=f"one or a list of {choice(sorted(MODES))}")
    return frozenset(named)


def spell(name: str, data: Any, position: str | None = None) -> str:
    """One server-sent event."""
    id_line = f"id: {position}\n" if position is not None else ""
    text = orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return f"event: {name}\n{id_line}data: {text}\n\n"


def error_of(event: events.Ending) -> dict[str, str] | None:
    """How the protocol says that a run did not come to its end; None where it did."""
    match event:
        case events.Failed():
            return {"error": event.reason, "message": event.error}
        case events.Cancelled():
            return {"error": "UserInterrupt", "message": "The run was cancelled."}
        case events.Completed():
            return None
        case _:
            assert_never(event)


class RunSession:
    """See `api.transport.retelling.Teller`; its frames are parts, which are spelled when they are sent. `transcript` is
    the thread as it stood before the run."""

    def __init__(self, modes: frozenset[str], transcript: Transcript, thread_id: str, assistant: str) -> None:
        self._modes = modes
        self._transcript = transcript
        self._assistant = assistant
        self._thread_id = thread_id
        self._agent: str | None = None
        self._text = ""
        self._step = -1

    @property
    def finished(self) -> bool:
        return False

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[Part, ...]:
        return tuple(self._parts(envelope, lagging))

    def overheard(self, envelope: Envelope) -> None:
        """Take in an event of the thread that is not this run's: the state holds what came of it."""
        self._transcript.heed(envelope)

    def _parts(self, envelope: Envelope, lagging: bool) -> Iterator[Part]:
        event = envelope.event
        changed = self._transcript.heed(envelope)
        if isinstance(event, events.Accepted):
            yield "metadata", {"run_id": event.turn_id, "attempt": 1, "thread_id": self._thread_id}
        if "custom" in self._modes and (frame := frame_of(envelope)) is not None:
            yield "custom", to_plain(frame)
        yield from self._event_parts(event, lagging)
        if changed:
            yield from self._state(event)
        if isinstance(event, events.Terminal) and (error := error_of(event)):
            yield "error", error

    def _event_parts(self, event: events.AnyEvent, lagging: bool) -> Iterator[Part]:
        match event:
            case events.Accepted():
                yield from self._lived(event.turn_id, "on_chain_start", "pitcrew", {"input": {"text": event.message}})
            case events.Routed():
                self._agent = event.agents[0].name if event.agents else None
                yield from self._gave("classify", event.run_id, {"agents": to_plain(event.agents)})
            case events.Sources():
                yield from self._gave("retrieve", event.run_id, {"sources": to_plain(event.passages)})
            case events.Verification() | events.DataReady():
                plain = to_plain(event)
                yield from self._gave(self._node, event.run_id, {plain.pop("event"): plain})
            case events.Reasoning():
                yield from self._tool(event)
            case events.Token():
                yield from self._piece(event, lagging)
            case events.RunRestarted():
                self._text = ""
            case events.InputRequired():
                yield from self._asks(event)
            case events.Completed():
                yield from self._ends(event)
            case events.Failed() | events.Cancelled() | events.StaffMessage() | events.Detail() | events.Upkeep():
                return
            case _:
                assert_never(event)

    @property
    def _node(self) -> str:
        return self._agent or "reply"

    def _message_metadata(self, run_id: str) -> dict[str, Any]:
        """What a message's metadata say about where it comes from."""
        return {
            "run_id": run_id,
            "thread_id": self._thread_id,
            "assistant_id": self._assistant,
            "langgraph_node": self._node,
            "langgraph_step": self._step + 1,
            "tags": [],
        }

    def _piece(self, event: events.Token, lagging: bool) -> Iterator[Part]:
        first, message_id = event.offset == 0, answer_id(event.run_id)
        self._text = self._text[: event.offset] + event.text
        piece = chunk(message_id, event.text, event.part or self._agent)
        if "messages-tuple" in self._modes:
            yield "messages", [piece, self._message_metadata(event.run_id)]
        if "messages" in self._modes:
            if first:
                yield "messages/metadata", {message_id: {"metadata": self._message_metadata(event.run_id)}}
            if not lagging:
                yield "messages/partial", [chunk(message_id, self._text, self._agent)]
        yield from self._lived(event.run_id, "on_chat_model_stream", self._node, {"chunk": piece})

    def _tool(self, event: events.Reasoning) -> Iterator[Part]:
        if event.kind == "tool_use":
            yield from self._lived(event.run_id, "on_tool_start", event.tool or "", {"input": event.arguments})
        elif event.kind == "tool_result":
            yield from self._lived(event.run_id, "on_tool_end", event.tool or "", {"output": event.result})

    def _asks(self, event: events.InputRequired) -> Iterator[Part]:
        if "updates" in self._modes:
            yield "updates", {"__interrupt__": [interrupt(event)]}
        yield from self._task(self._node, event.run_id, {}, [interrupt(event)])

    def _ends(self, event: events.Completed) -> Iterator[Part]:
        self._agent = event.agent
        answer: Message = completed(event)
        if "messages" in self._modes:
            yield "messages/complete", [answer]
        yield from self._gave(event.agent, event.run_id, {"messages": [answer]})
        yield from self._lived(event.run_id, "on_chain_end", "pitcrew", {"output": {"messages": [answer]}})

    def _gave(self, node: str, run_id: str, values: dict[str, Any]) -> Iterator[Part]:
        self._step += 1
        if "updates" in self._modes:
            yield "updates", {node: values}
        yield from self._task(node, run_id, values, [])

    def _task(self, node: str, run_id: str, values: dict[str, Any], interrupts: list[Any]) -> Iterator[Part]:
        task_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run_id} {node} {self._step}"))
        result = {"id": task_id, "name": node, "error": None, "interrupts": interrupts, "result": values}
        if "tasks" in self._modes:
            yield "tasks", result
        if "debug" in self._modes:
            yield "debug", self._numbered("task_result", result)

    def _state(self, event: events.Event) -> Iterator[Part]:
        values = self._transcript.values
        if "values" in self._modes:
            yield "values", values
        waiting = [self._node] if isinstance(event, events.InputRequired) else []
        ended = isinstance(event, events.Terminal)
        checkpoint = {
            "config": {"configurable": {"thread_id": self._thread_id}},
            "metadata": {"step": self._step, "source": "input" if isinstance(event, events.Accepted) else "loop"},
            "values": values,
            "next": [] if ended else waiting or ["classify"],
            "parent_config": None,
            "tasks": [],
        }
        if "checkpoints" in self._modes:
            yield "checkpoints", checkpoint
        if "debug" in self._modes:
            yield "debug", self._numbered("checkpoint", checkpoint)

    def _numbered(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        return {"type": kind, "step": self._step, "timestamp": at, "payload": payload}

    def _lived(self, run_id: str, kind: str, name: str, data: dict[str, Any]) -> Iterator[Part]:
        if "events" in self._modes:
            body = {"event": kind, "name": name, "run_id": run_id, "tags": [], "metadata": {}, "parent_ids": []}
            yield "events", body | {"data": data}
