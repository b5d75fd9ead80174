"""What an AG-UI client asks for: a `RunAgentInput`, read strictly. Pure.

The thread is the conversation, whose stored history counts: of the messages only the last one is new.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ag_ui import core
from ag_ui.core import RunAgentInput, TextPart, UserMessage
from pydantic import BaseModel, ValidationError

from agents.types import Wishes
from api.protocol.bodies import client_zone, message_name
from api.protocol.forms import demanded, either
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

_NAMES = frozenset(
    field.alias or name
    for kind in vars(core).values()
    if isinstance(kind, type) and issubclass(kind, BaseModel)
    for name, field in kind.model_fields.items()
)
"""The names of all fields of the protocol."""


@dataclass(frozen=True, slots=True)
class RunCommands:
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
        error.rename(_FIELDS)
        raise


def read_input(body: Mapping[str, Any]) -> RunAgentInput:
    """The input in `body`, an object within the limits of `api.protocol.frames`. Raises BadRequest naming the field."""
    try:
        run = RunAgentInput.model_validate(body)
    except ValidationError as error:
        raise _misshapen(error) from None
    if not run.run_id:
        raise BadRequest(field="runId", form="a string of at least 1 character")
    return run


def _misshapen(error: ValidationError) -> BadRequest:
    """Of a union every member is tried, and each says why it does not fit; whoever came furthest is believed."""
    errors = error.errors(include_input=False, include_url=False)
    field = str(errors[0]["loc"][0]) if errors[0]["loc"] else None
    paths = [_path(detail["loc"]) for detail in errors]
    path = max(paths, key=len)
    here = [detail for detail, at in zip(errors, paths, strict=True) if at == path]
    missing = all(detail["type"] == "missing" for detail in here)
    return BadRequest(field=field, form=either(map(demanded, here)), path=path, missing=missing)


def _path(where: Sequence[int | str]) -> str:
    """`messages[0].content`; pydantic also tells which member of a union it tried, which is no place in the input."""
    steps = [step for step in where if isinstance(step, int) or step in _NAMES]
    once = [step for step, before in zip(steps, [None, *steps], strict=False) if step != before]
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in once).removeprefix(".")


def read_commands(run: RunAgentInput) -> RunCommands:
    """What the input asks for. Raises BadRequest naming the field."""
    entries = run.resume or []
    if len(entries) > 1:
        raise BadRequest(field="resume", form="a list of one answer: a thread waits for one at a time")
    last = run.messages[-1] if run.messages else None
    new = _send(run, _text(last)) if isinstance(last, UserMessage) else None
    if not entries:
        if new is None:
            raise BadRequest(field="messages", form="a list that ends with a message of the user")
        return RunCommands(new)
    (entry,) = entries
    if entry.status == "cancelled":
        no = Answer(entry.interrupt_id, False)
        return RunCommands(new, declines=no) if new else RunCommands(answers=no)
    value = _value(entry.payload)
    if value is None and new:
        return RunCommands(new)
    spoken = isinstance(value, str) and value.strip()
    return RunCommands(_send(run, value) if spoken else None, Answer(entry.interrupt_id, value))


def _value(payload: Any) -> Any:
    """An answer as the engine takes it: plain, or in an object under a name that clients use."""
    if not isinstance(payload, Mapping) or "change" in payload:
        return payload
    return next((payload[name] for name in ("value", "approved", "answer") if name in payload), None)


def _send(run: RunAgentInput, text: str) -> Send:
    props = run.forwarded_props if isinstance(run.forwarded_props, Mapping) else {}
    wishes = Wishes(agent=_optional(props, "agent"), channel=CHANNEL, dataset=_optional(props, "dataset"))
    return Send(text, run.thread_id, message_name(run.run_id), zone=client_zone(props), wishes=wishes)


def _optional(props: Mapping[str, Any], name: str) -> str | None:
    value = props.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(field=f"forwardedProps.{name}", form="a string")
    return value or None


def _text(message: UserMessage) -> str:
    """The message's text. Raises BadRequest for pictures, sound and files, which nobody here can read."""
    if isinstance(message.content, str):
        return message.content
    if not all(isinstance(part, TextPart) for part in message.content):
        raise BadRequest(field="messages", form='text: parts of the type "text" alone')
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))
