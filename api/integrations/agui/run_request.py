"""What an AG-UI client asks for: a `RunAgentInput`, read strictly. Pure.

The thread is the conversation, whose stored history counts: of the messages only the last one is new.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ag_ui.core import RunAgentInput, TextPart, UserMessage
from pydantic import ValidationError

from agents.types import Wishes
from api.protocol.bodies import message_name, told_zone
from orchestrator.commands import Answer, Send
from orchestrator.errors import BadRequest, PitcrewError

CHANNEL = "agui"

_FIELDS = {
    "agent_name": "forwardedProps.agent",
    "session_id": "threadId",
    "message": "messages",
    "client_message_id": "runId",
    "value": "resume",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is to do: it asks what it `sends`; or it `answers` what an earlier run was interrupted with, and where
    that is no answer, `sends` it as free text; or it `declines` that and then asks what it `sends`."""

    sends: Send | None = None
    answers: Answer | None = None
    declines: Answer | None = None


@contextmanager
def in_its_own_words() -> Iterator[None]:
    """What is refused within names the field of the input that is to blame, not ours."""
    try:
        yield
    except PitcrewError as error:
        error.field = _FIELDS.get(error.field or "", error.field)
        raise


def read_input(body: Mapping[str, Any]) -> RunAgentInput:
    """The input in `body`, an object within the limits of `api.protocol.frames`. Raises BadRequest naming the field."""
    try:
        run = RunAgentInput.model_validate(body)
    except ValidationError as error:
        where = error.errors(include_input=False, include_url=False)[0]["loc"]
        raise BadRequest(field=str(where[0]) if where else None) from None
    if not run.run_id:
        raise BadRequest(field="runId")
    return run


def asked(run: RunAgentInput) -> Asked:
    """What the input asks for. Raises BadRequest naming the field."""
    entries = run.resume or []
    if len(entries) > 1:
        raise BadRequest(field="resume")
    last = run.messages[-1] if run.messages else None
    new = _send(run, _text(last)) if isinstance(last, UserMessage) else None
    if not entries:
        if new is None:
            raise BadRequest(field="messages")
        return Asked(new)
    (entry,) = entries
    if entry.status == "cancelled":
        no = Answer(entry.interrupt_id, False)
        return Asked(new, declines=no) if new else Asked(answers=no)
    value = _value(entry.payload)
    if value is None and new:
        return Asked(new)
    spoken = isinstance(value, str) and value.strip()
    return Asked(_send(run, value) if spoken else None, Answer(entry.interrupt_id, value))


def _value(payload: Any) -> Any:
    """An answer as the engine takes it: plain, or in an object under a name that clients use."""
    if not isinstance(payload, Mapping) or "change" in payload:
        return payload
    return next((payload[name] for name in ("value", "approved", "answer") if name in payload), None)


def _send(run: RunAgentInput, text: str) -> Send:
    props = run.forwarded_props if isinstance(run.forwarded_props, Mapping) else {}
    wishes = Wishes(agent=_optional(props, "agent"), channel=CHANNEL, dataset=_optional(props, "dataset"))
    return Send(text, run.thread_id, message_name(run.run_id), zone=told_zone(props), wishes=wishes)


def _optional(props: Mapping[str, Any], name: str) -> str | None:
    value = props.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(field=f"forwardedProps.{name}")
    return value or None


def _text(message: UserMessage) -> str:
    """The message's text. Raises BadRequest for pictures, sound and files, which nobody here can read."""
    if isinstance(message.content, str):
        return message.content
    if not all(isinstance(part, TextPart) for part in message.content):
        raise BadRequest(field="messages")
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))
