"""A conversation as LangChain messages: what clients send as a run's input, and what a thread's state holds. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from agents.types import Turn
from api.integrations.history_limit import recent
from api.protocol.bodies import complete_body
from api.protocol.forms import choice
from orchestrator.errors import BadRequest, EmptyMessage
from orchestrator.events import (
    Accepted,
    Cancelled,
    Completed,
    Deleted,
    Detail,
    Envelope,
    Failed,
    InputRequired,
    RunRestarted,
    StaffMessage,
    Superseded,
    Token,
    Upkeep,
    to_plain,
)
from orchestrator.store import StoredMessage

Message = dict[str, Any]

_ROLES: Mapping[str, Literal["customer", "assistant"]] = {
    "human": "customer",
    "user": "customer",
    "ai": "assistant",
    "assistant": "assistant",
    "AIMessageChunk": "assistant",
}
_ASIDE = {"system", "developer", "tool", "function", "remove"}
_TEXT = 'a string, or a list of strings and of objects with `type` "text" and `text`'
"""Messages that are neither a question nor an answer to it."""


@dataclass(frozen=True, slots=True)
class InputMessage:
    """The question of an input, the end of what was said before it, and the client's own id of its message."""

    text: str
    earlier: tuple[Turn, ...] = ()
    message_id: str | None = None


def read_input(value: Any) -> InputMessage:
    """What `{"messages": [...]}` asks: its last human message. Raises BadRequest for what is no such input,
    EmptyMessage where no human says anything."""
    messages = value.get("messages") if isinstance(value, dict) else None
    if isinstance(messages, str | dict):
        messages = [messages]
    if not isinstance(messages, list):
        raise BadRequest(field="input", form="an object with a list of `messages`")
    turns = [turn for turn in map(_read, messages) if turn is not None]
    last = max((place for place, (turn, _) in enumerate(turns) if turn.role == "customer"), default=None)
    if last is None:
        raise EmptyMessage(field="input")
    turn, message_id = turns[last]
    return InputMessage(turn.text, recent([earlier for earlier, _ in turns[:last] if earlier.text]), message_id)


def _read(message: Any) -> tuple[Turn, str | None] | None:
    """One message of an input and its id; None for one that nobody said."""
    if isinstance(message, str):
        message = {"type": "human", "content": message}
    elif isinstance(message, list) and len(message) == 2:
        message = {"type": message[0], "content": message[1]}
    if not isinstance(message, dict):
        raise BadRequest(field="messages", form="a list of strings, of pairs of role and text, and of objects")
    kind = message.get("type") or message.get("role")
    if not isinstance(kind, str) or kind not in _ROLES:
        if isinstance(kind, str) and kind in _ASIDE:
            return None
        raise BadRequest(field="messages", form=f"messages whose `type` is {choice([*_ROLES, *sorted(_ASIDE)])}")
    message_id = message.get("id")
    return Turn(_ROLES[kind], _text(message.get("content"))), message_id if isinstance(message_id, str) else None


def _text(content: Any) -> str:
    """The text of a message's content. Raises BadRequest for content of another kind, such as an image."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise BadRequest(field="content", form=_TEXT)
    pieces: list[str] = []
    for block in content:
        text = block if isinstance(block, str) else block.get("text") if isinstance(block, dict) else None
        if not isinstance(text, str) or (isinstance(block, dict) and block.get("type") != "text"):
            raise BadRequest(field="content", form=_TEXT)
        pieces.append(text)
    return "".join(pieces)


def answer_id(run_id: str) -> str:
    """The id of a run's answer, the same while it grows and when it is stored."""
    return f"run--{run_id}"


def human(message_id: str, text: str) -> Message:
    return {
        "type": "human",
        "id": message_id,
        "content": text,
        "name": None,
        "additional_kwargs": {},
        "response_metadata": {},
        "example": False,
    }


def ai(message_id: str, text: str, agent: str | None = None, metadata: Mapping[str, Any] | None = None) -> Message:
    """An answer; `metadata` is that of our own `complete`."""
    response_metadata = dict(metadata or {})
    usage = response_metadata.get("usage") or {}
    input_tokens, output_tokens = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    counted = (
        {"input_tokens": input_tokens, "output_tokens": output_tokens, "total_tokens": input_tokens + output_tokens}
        if input_tokens + output_tokens
        else None
    )
    return {
        "type": "ai",
        "id": message_id,
        "content": text,
        "name": agent,
        "additional_kwargs": {},
        "response_metadata": response_metadata,
        "tool_calls": [],
        "invalid_tool_calls": [],
        "usage_metadata": counted,
        "example": False,
    }


def chunk(message_id: str, text: str, agent: str | None = None) -> Message:
    """The next piece of an answer."""
    more: Message = {"tool_call_chunks": [], "chunk_position": None}
    return ai(message_id, text, agent) | {"type": "AIMessageChunk"} | more


def completed(event: Completed) -> Message:
    """A run's whole answer."""
    body = complete_body(event, None)
    metadata = body["metadata"] | {"message_id": event.message_id}
    return ai(answer_id(event.run_id), event.response, event.agent, metadata)


def stored(message: StoredMessage) -> Message:
    """A message as it stands in the conversation."""
    if message.answer is not None:
        return completed(message.answer) | {"content": message.text}
    if message.role == "customer":
        return human(message.message_id, message.text)
    return ai(message.message_id, message.text, message.agent)


def interrupt(event: InputRequired) -> dict[str, Any]:
    """What a parked run waits for; `{"resume": ...}` with one of the options' values answers it."""
    value = {
        "kind": event.kind,
        "prompt": event.prompt,
        "options": [to_plain(option) for option in event.options],
        "proposal": event.proposal,
        "expires_at": event.expires_at,
        "partial_response": event.partial_response,
    }
    return {"id": event.request_id, "value": value}


@dataclass
class Transcript:
    """A thread's messages as its events come, each with the seq of the event that brought it."""

    messages: list[tuple[int, Message]] = field(default_factory=list)
    interrupts: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def before(cls, seq: int, messages: Iterable[StoredMessage]) -> "Transcript":
        """As it stood before the event `seq`."""
        return cls([(message.seq, stored(message)) for message in messages if message.seq < seq])

    def heed(self, envelope: Envelope) -> bool:
        """Take an event in; whether it changed anything."""
        event, seq = envelope.event, envelope.seq or 0
        match event:
            case Accepted():
                self.interrupts = []
                self.messages.append((seq, human(event.message_id, event.message)))
            case Completed():
                self.interrupts = []
                self.messages.append((seq, completed(event)))
            case InputRequired():
                self.interrupts = [interrupt(event)]
            case Deleted():
                for _, message in self.messages:
                    if event.message_id == message["id"] or answer_id(event.run_id) == message["id"]:
                        message["content"] = ""
            case Superseded():
                place = next(
                    (n for n, (_, message) in enumerate(self.messages) if message["id"] == event.message_id), None
                )
                self.messages = self.messages[:place]
            case StaffMessage():
                self.messages.append((seq, ai(event.message_id, event.message, event.name)))
            case Token() | RunRestarted() | Failed() | Cancelled() | Detail() | Upkeep():
                return False
            case _:
                assert_never(event)
        return True

    @property
    def values(self) -> dict[str, Any]:
        """The state of the thread."""
        waiting = {"__interrupt__": list(self.interrupts)} if self.interrupts else {}
        return {"messages": [dict(message) for _, message in self.messages], **waiting}
