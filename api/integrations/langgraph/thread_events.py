"""A thread as the events of the protocol's own streaming (`langchain_protocol`): what its SSE and WebSocket transports
send, and which of it a subscription wants. Pure.

Each event has a `seq` that every reader of the thread sees alike (`thread_place.py`), so a client that names the
last one it had gets the rest, from whatever process.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, assert_never

import msgspec

from api.integrations.langgraph.messages import Transcript, answer_id, completed, interrupt
from api.integrations.langgraph.modes import error_of
from api.integrations.langgraph.thread_place import BLOCK_START, LIVE, MESSAGE_START, Place
from api.protocol.forms import choice, within
from api.protocol.native_view import frame_of
from orchestrator import events
from orchestrator.errors import BadRequest
from orchestrator.events import Envelope, kinds, to_plain

CHANNELS = {"values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom"}
_CHANNEL_OF = {"input.requested": "input"}
SILENT = kinds(events.Typing, events.Seen, events.Resumed)
"""Events of which nothing is said."""
_MOST_CHANNELS = 64
_MESSAGE: dict[str, Any] = {"event": "message-start", "role": "ai", "metadata": {"model": "pitcrew"}}
_BLOCK: dict[str, Any] = {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}}
Event = dict[str, Any]


class Subscription(msgspec.Struct, frozen=True):
    """Which events a client wants. `namespaces`: of these subgraphs; ours are all of the root, `[]`. `since`: those
    after the one with this `seq`."""

    channels: list[str]
    namespaces: list[list[str]] | None = None
    depth: int | None = None
    since: int | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        valid = all(channel in CHANNELS or channel.startswith("custom:") for channel in self.channels)
        if not self.channels or len(self.channels) > _MOST_CHANNELS or not valid:
            raise BadRequest(
                field="channels",
                form=f'a list of 1 to {_MOST_CHANNELS} of {choice(sorted(CHANNELS))}, or of names behind "custom:"',
            )
        if self.since is not None and not 0 <= self.since < 2**53:
            raise BadRequest(field="since", form=within("a whole number", 0, 2**53 - 1))

    def wants(self, event: Event) -> bool:
        """Whether the event is one of those."""
        if self.namespaces and [] not in self.namespaces:
            return False
        channel = _CHANNEL_OF.get(event["method"], event["method"])
        if channel in self.channels:
            return True
        return channel == "custom" and f"custom:{event['params']['data']['name']}" in self.channels


@dataclass
class ThreadEvents:
    """Feed it a thread's events in order, from the durable one of `since` on. `transcript` is the thread before them;
    what the reader has had, up to `since`, is left out. `earlier`: how many events deleted threads of this name had."""

    transcript: Transcript
    since: Place = field(default_factory=Place)
    earlier: int = 0

    def __post_init__(self) -> None:
        self._seq = 0
        self._run = ""
        self._steps, self._within = self.since.steps, self.since.within
        self._delivered_steps = self.since.steps
        self._joined = False

    def new_events(self, envelope: Envelope) -> Iterator[Event]:
        """The protocol's events for an event of ours."""
        since = int(self.since)
        for event in self._events(envelope):
            if event["seq"] > since:
                yield event

    def _events(self, envelope: Envelope) -> Iterator[Event]:
        event = envelope.event
        self._seq = self._seq if envelope.seq is None else self.earlier + envelope.seq
        changed = self.transcript.heed(envelope)
        match event:
            case events.Resumed():
                return
            case events.Token():
                yield from self._text(event)
                return
            case events.Accepted() | events.StaffMessage():
                yield from self._said(event, changed)
            case events.RunRestarted():
                self._begin(event.run_id)
            case events.Reasoning():
                self._take_up(event.run_id)
                if event.number and event.number <= self._delivered_steps:
                    return
                self._steps = event.number or self._steps + 1
                yield from self._tool(event)
            case events.Routed():
                yield self._durable(6, "updates", {"node": "classify", "values": {"agents": to_plain(event.agents)}})
            case events.Sources():
                values = {"sources": to_plain(event.passages)}
                yield self._durable(6, "updates", {"node": "retrieve", "values": values})
            case events.InputRequired():
                yield from self._ended_text(event.run_id, event.partial_response)
                prompt = interrupt(event)
                payload = {"interrupt_id": prompt["id"], "value": prompt["value"], "payload": prompt["value"]}
                yield from self._values(changed)
                yield self._durable(9, "input.requested", payload)
                yield self._durable(10, "lifecycle", {"event": "interrupted", "graph_name": "pitcrew"})
            case events.Completed() | events.Failed() | events.Cancelled():
                yield from self._ended(event, changed)
            case events.Detail() | events.Upkeep():
                pass  # as our own frame alone
            case _:
                assert_never(event)
        yield from self._custom(envelope)

    def _said(self, event: events.Accepted | events.StaffMessage, changed: bool) -> Iterator[Event]:
        """A run begins with what the customer says, unless a person answers when there is time."""
        if isinstance(event, events.Accepted):
            yield self._durable(7, "lifecycle", {"event": "running", "graph_name": "pitcrew"})
        yield from self._values(changed)
        if isinstance(event, events.Accepted) and event.run_id is None:
            yield self._durable(10, "lifecycle", {"event": "completed", "graph_name": "pitcrew"})

    # --- the text of a run -------------------------------------------------------------------------------------------

    def _begin(self, run_id: str) -> None:
        self._run, self._steps, self._within, self._delivered_steps = run_id, 0, 0, 0
        self._joined = True

    def _take_up(self, run_id: str) -> None:
        """What comes is of this run. The first one to say something is that in which the reader was."""
        if not self._joined:
            self._joined, self._run = True, run_id
        elif run_id != self._run:
            self._begin(run_id)

    def _text(self, event: events.Token) -> Iterator[Event]:
        self._take_up(event.run_id)
        if self._within < MESSAGE_START:
            self._within = MESSAGE_START
            yield self._live("messages", _MESSAGE | {"id": answer_id(event.run_id)}, f"{event.run_id}.start")
        if self._within < BLOCK_START:
            self._within = BLOCK_START
            yield self._live("messages", _BLOCK, f"{event.run_id}.block")
        new = event.text[max(0, self._within - BLOCK_START - event.offset) :]
        if new:
            self._within = BLOCK_START + event.offset + len(event.text)
            yield self._live("messages", _delta(new), f"{event.run_id}.{self._within}")

    def _ended_text(self, run_id: str, whole: str, usage: events.UsageFigures | None = None) -> Iterator[Event]:
        """The rest of a text, and its end; nothing where there is none."""
        self._take_up(run_id)
        within = self._within
        if whole or within:
            if within < MESSAGE_START:
                yield self._durable(1, "messages", _MESSAGE | {"id": answer_id(run_id)})
            if within < BLOCK_START:
                yield self._durable(2, "messages", _BLOCK)
            if rest := whole[max(0, within - BLOCK_START) :]:
                yield self._durable(3, "messages", _delta(rest))
            finished = {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": whole}}
            yield self._durable(4, "messages", finished)
            yield self._durable(5, "messages", {"event": "message-finish"} | _counted(usage))
        self._begin("")

    # --- ends --------------------------------------------------------------------------------------------------------

    def _ended(self, event: events.Ending, changed: bool) -> Iterator[Event]:
        if isinstance(event, events.Completed):
            yield from self._ended_text(event.run_id, event.response, event.usage)
            values = {"messages": [completed(event)]}
            yield self._durable(6, "updates", {"node": event.agent, "values": values})
        elif event.run_id == self._run or (not self._joined and _was_under_way(event)):
            if self._within:
                yield self._durable(5, "messages", {"event": "error", "message": "The answer was not finished."})
            self._begin("")
        yield from self._values(changed)
        error = error_of(event)
        ended = {"event": "failed", "error": error["message"]} if error else {"event": "completed"}
        yield self._durable(10, "lifecycle", ended | {"graph_name": "pitcrew"})

    def _values(self, changed: bool) -> Iterator[Event]:
        if changed:
            yield self._durable(8, "values", self.transcript.values)

    # --- steps -------------------------------------------------------------------------------------------------------

    def _tool(self, event: events.Reasoning) -> Iterator[Event]:
        call = {"tool_call_id": f"{event.run_id}.{event.part}.{event.iteration}"}
        name = f"{event.run_id}.step{self._steps}"
        if event.kind == "tool_use":
            started = {"event": "tool-started", **call, "tool_name": event.tool, "input": event.arguments}
            yield self._live("tools", started, name)
        elif event.kind == "tool_result" and event.ok is False:
            yield self._live("tools", {"event": "tool-error", **call, "message": event.content}, name)
        elif event.kind == "tool_result":
            yield self._live("tools", {"event": "tool-finished", **call, "output": event.result}, name)

    def _custom(self, envelope: Envelope) -> Iterator[Event]:
        frame = frame_of(envelope)
        if frame is None:
            return
        payload = to_plain(frame)
        data = {"name": payload["type"], "payload": payload}
        if envelope.seq is not None:
            yield self._durable(12, "custom", data)
        else:
            name = f"{self._seq}.{self._steps}.{self._within}.{payload['type']}"
            yield self._live("custom", data, f"{name}.{payload.get('step', '')}{payload.get('offset', '')}")

    # --- shape -------------------------------------------------------------------------------------------------------

    def _durable(self, number: int, method: str, data: dict[str, Any]) -> Event:
        """One of the events that the durable event `self._seq` gives rise to; its number orders them."""
        return self._event(number, method, data, f"{self._seq}.{number}")

    def _live(self, method: str, data: dict[str, Any], name: str) -> Event:
        return self._event(LIVE, method, data, name)

    def _event(self, number: int, method: str, data: dict[str, Any], name: str) -> Event:
        at = Place(self._seq, number, self._steps, self._within)
        params = {"namespace": [], "timestamp": int(time.time() * 1000), "data": data}
        return {"type": "event", "event_id": name, "seq": int(at), "method": method, "params": params}


def _delta(text: str) -> dict[str, Any]:
    return {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": text}}


def _counted(usage: events.UsageFigures | None) -> dict[str, Any]:
    if usage is None:
        return {}
    input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
    return {
        "usage": {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        }
    }


def _was_under_way(event: events.Ending) -> bool:
    """Whether a run that ended without an answer was being answered, not waiting."""
    return isinstance(event, events.Failed) or (isinstance(event, events.Cancelled) and bool(event.partial_response))


def ends(event: Event) -> bool:
    """Whether the event says that a run is over, or waits."""
    return event["method"] == "lifecycle" and event["params"]["data"]["event"] in ("completed", "failed", "interrupted")
