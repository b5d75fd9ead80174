"""A run as AG-UI 1.0 tells it. Pure: engine events in, protocol events out.

What was opened (step, message) is closed before the run ends, whatever ends it. What AG-UI has no event for comes as
CUSTOM under the engine's name of it: `routed`, `sources`, `code`, `verification`, `data_ready`, `diagram`,
`input_required`, `run_restarted`, and so does every new detail; the client's own `state` is left alone.
"""

from collections.abc import Iterator
from typing import Any, assert_never

import msgspec
from ag_ui.core import (
    BaseEvent,
    CustomEvent,
    Interrupt,
    MessagesSnapshotEvent,
    ReasoningEndEvent,
    ReasoningMessageContentEvent,
    ReasoningMessageEndEvent,
    ReasoningMessageStartEvent,
    ReasoningStartEvent,
    RunAgentInput,
    RunErrorEvent,
    RunFinishedCancelledOutcome,
    RunFinishedEvent,
    RunFinishedInterruptOutcome,
    RunFinishedSuccessOutcome,
    RunStartedEvent,
    StepFinishedEvent,
    StepStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    TokenUsage,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)

from api.protocol.bodies import complete_body, prompt_text
from api.protocol.client_view import Appended
from orchestrator.errors import PitcrewError
from orchestrator.events import (
    Accepted,
    Cancelled,
    Completed,
    Detail,
    Envelope,
    Failed,
    InputRequired,
    Progress,
    Reasoning,
    RunRestarted,
    StaffMessage,
    Token,
    Upkeep,
    UsageFigures,
    kinds,
    to_plain,
)

PROTOCOL = "1.0"
SILENT = kinds(Upkeep, Accepted, StaffMessage)
"""Events of which nothing is said."""

Events = Iterator[BaseEvent]


class Narration:
    """Feed it the events of one turn. `run` is what the client asked with; `name` is the engine's id of the run."""

    def __init__(self, run: RunAgentInput, name: str) -> None:
        self._run = run
        self._name = name
        self._attempt = 1
        self._text = Appended()
        self._step: str | None = None
        self._message: str | None = None
        self._called: set[str] = set()
        self._thoughts = 0

    def opening(self) -> Events:
        """The first event of every run."""
        yield RunStartedEvent(thread_id=self._run.thread_id, run_id=self._run.run_id, protocol_version=PROTOCOL)

    def events(self, envelope: Envelope) -> Events:
        """The events that tell one of the engine's."""
        match envelope.event:
            case Progress() as progress:
                yield from self._stepped(progress)
            case Reasoning() as reasoning:
                yield from self._reasoned(reasoning)
            case Token() as token:
                yield from self._text_events(self._text.more(token))
            case RunRestarted() as restarted:
                yield from self._restarted(restarted)
            case Detail() as detail:
                yield _custom(detail.__struct_config__.tag, to_plain(detail))
            case Completed() | InputRequired() | Cancelled() | Failed() as end:
                yield from self._ended(end, envelope.seq)
            case Accepted() | StaffMessage() | Upkeep():
                return
            case other:
                assert_never(other)

    def failed(self, error: PitcrewError) -> Events:
        """The run was left by the server."""
        yield from self._close()
        yield RunErrorEvent(message=error.text, code=error.code)

    def _ended(self, end: Completed | InputRequired | Cancelled | Failed, seq: int | None) -> Events:
        match end:
            case Completed() as completed:
                yield from self._completed(completed, seq)
            case InputRequired() as prompt:
                yield from self._input_required(prompt)
            case Cancelled() as cancelled:
                yield from self._text_events(self._text.rest(cancelled.partial_response))
                yield from self._close()
                result = {"side_effects": list(cancelled.side_effects)}
                yield self._finished(RunFinishedCancelledOutcome(type="cancelled"), result)
            case Failed() as failed:
                yield from self._close()
                about = {"ref": failed.ref, "retryable": failed.retryable, "retryAfterMs": failed.retry_after_ms}
                yield RunErrorEvent(message=failed.error, code=failed.reason, metadata=about)
            case other:
                assert_never(other)

    def _completed(self, completed: Completed, seq: int | None) -> Events:
        yield from self._text_events(self._text.rest(completed.response))
        if completed.diagram:
            yield _custom("diagram", {"language": "mermaid", "diagram": completed.diagram})
        yield from self._close()
        yield self._finished(
            RunFinishedSuccessOutcome(type="success"), complete_body(completed, seq), _usage(completed.usage)
        )

    def _input_required(self, prompt: InputRequired) -> Events:
        """The customer's word is wanted before an effect: AG-UI's interrupt. Its id is answered with `resume`."""
        yield from self._text_events(self._text.rest(prompt_text(prompt)))
        yield _custom("input_required", to_plain(prompt))
        yield from self._close()
        options = [{"const": to_plain(option.value), "title": option.label} for option in prompt.options]
        interrupt = Interrupt(
            id=prompt.request_id,
            reason="confirmation" if prompt.kind == "confirm" else "input_required",
            message=prompt.prompt,
            response_schema={"oneOf": options},
            expires_at=prompt.expires_at,
            metadata={"kind": prompt.kind, "proposal": to_plain(prompt.proposal)},
        )
        yield self._finished(RunFinishedInterruptOutcome(type="interrupt", interrupts=[interrupt]))

    def _restarted(self, restarted: RunRestarted) -> Events:
        """What was said counts no more: the client's messages are again what it asked with."""
        yield from self._close()
        self._attempt, self._text = restarted.attempt, Appended()
        yield _custom("run_restarted", {"attempt": restarted.attempt})
        yield MessagesSnapshotEvent(messages=self._run.messages)

    def _stepped(self, progress: Progress) -> Events:
        yield from self._close_step()
        self._step = progress.step
        about = {"message": progress.message, "agent": progress.agent}
        yield StepStartedEvent(step_name=progress.step, metadata=about)

    def _reasoned(self, reasoning: Reasoning) -> Events:
        if reasoning.kind == "thought":
            yield from self._thought(reasoning)
            return
        call = f"{self._name}-{self._attempt}-{reasoning.part}-{reasoning.iteration}"
        if call not in self._called:
            self._called.add(call)
            yield ToolCallStartEvent(tool_call_id=call, tool_call_name=reasoning.tool or "tool")
            yield ToolCallArgsEvent(tool_call_id=call, delta=_json(reasoning.arguments or {}))
            yield ToolCallEndEvent(tool_call_id=call)
        if reasoning.kind == "tool_result":
            content = reasoning.result if isinstance(reasoning.result, str) else _json(reasoning.result)
            about = {"ok": reasoning.ok, "ms": reasoning.ms}
            yield ToolCallResultEvent(
                message_id=f"{call}-result", tool_call_id=call, content=content, role="tool", metadata=about
            )

    def _thought(self, reasoning: Reasoning) -> Events:
        self._thoughts += 1
        thought = f"{self._name}-{self._attempt}-thought-{self._thoughts}"
        about = {"aspect": reasoning.aspect, "agent": reasoning.agent}
        yield ReasoningStartEvent(message_id=thought)
        yield ReasoningMessageStartEvent(message_id=thought, role="reasoning", metadata=about)
        yield ReasoningMessageContentEvent(message_id=thought, delta=reasoning.content)
        yield ReasoningMessageEndEvent(message_id=thought)
        yield ReasoningEndEvent(message_id=thought)

    def _text_events(self, piece: str | None) -> Events:
        if not piece:
            return
        if self._message is None:
            self._message = f"{self._name}-{self._attempt}"
            yield TextMessageStartEvent(message_id=self._message, role="assistant")
        yield TextMessageContentEvent(message_id=self._message, delta=piece)

    def _close(self) -> Events:
        """End what is open."""
        if self._message is not None:
            yield TextMessageEndEvent(message_id=self._message)
            self._message = None
        yield from self._close_step()

    def _close_step(self) -> Events:
        if self._step is not None:
            yield StepFinishedEvent(step_name=self._step)
            self._step = None

    def _finished(self, outcome: Any, result: Any = None, usage: list[TokenUsage] | None = None) -> RunFinishedEvent:
        return RunFinishedEvent(
            thread_id=self._run.thread_id, run_id=self._run.run_id, outcome=outcome, result=result, usage=usage
        )


def _custom(name: Any, value: Any) -> CustomEvent:
    return CustomEvent(name=str(name), value=value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _usage(usage: UsageFigures) -> list[TokenUsage] | None:
    """The tokens of the run; none where no model was asked."""
    if not usage.model:
        return None
    return [
        TokenUsage(
            model=usage.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            total_tokens=usage.input_tokens + usage.output_tokens,
            cached_input_tokens=usage.cached_tokens,
        )
    ]
