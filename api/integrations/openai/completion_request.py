"""What a client of the OpenAI API asks for: the body of `POST /v1/chat/completions`, read strictly. Pure.

The last message of the user is the question; those before it are the conversation as the client tells it. What the
client tells the model about itself (`system`, `developer`) and results of its own tools are left out: this is an
assistant with instructions and tools of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from agents.types import Turn
from api.integrations.history_limit import recent
from api.integrations.openai.refusals import ErrorBody, Refused, bad_parameter, not_offered
from api.integrations.recall import after
from api.protocol.bodies import client_zone
from api.protocol.forms import mismatch
from orchestrator.errors import BadRequest

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


class ContentPart(msgspec.Struct):
    """A piece of a message; `type` says of which kind."""

    type: str
    text: str = ""
    refusal: str = ""


class Message(msgspec.Struct):
    role: str
    content: str | list[ContentPart] | None = None


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class CompletionRequest(msgspec.Struct):
    """The fields that are understood. Those that would change the answer's kind are looked at only to refuse them; what
    only tunes a model (`temperature`, `top_p`, `seed`) is not looked at."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    metadata: dict[str, Any] | None = None
    n: int | None = None
    tool_choice: str | dict[str, Any] | None = None
    function_call: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    stop: str | list[str] | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """What is asked of `model`. `history` is told by the client, oldest first, and `history_key` its name (see
    `recall.py`); `session_id` names a stored conversation that is to go on instead. `max_tokens`: an answer is cut off
    there."""

    model: str
    text: str
    history: tuple[Turn, ...] = ()
    history_key: str = ""
    stream: bool = False
    include_usage: bool = False
    session_id: str | None = None
    zone: str = ""
    max_tokens: int | None = None


def read_request(body: Mapping[str, Any]) -> ParsedRequest:
    """The request in `body`, an object within the limits of `api.protocol.frames`. Raises Refused naming the field."""
    try:
        request = msgspec.convert({key: value for key, value in body.items() if value is not None}, CompletionRequest)
    except msgspec.ValidationError as error:
        raise _misshapen(mismatch(error, CompletionRequest)) from None
    _refuse_unsupported(request)
    text, turns = _conversation(request.messages)
    metadata = request.metadata or {}
    session_id = metadata.get("session_id")
    if session_id is not None and not isinstance(session_id, str):
        raise bad_parameter("metadata.session_id", "Expected a string.")
    options = request.stream_options
    return ParsedRequest(
        model=request.model,
        text=text,
        history=recent(turns),
        history_key=_history_key(turns),
        stream=bool(request.stream),
        include_usage=bool(options and options.include_usage),
        session_id=session_id,
        zone=client_zone(metadata),
        max_tokens=min(filter(None, (request.max_tokens, request.max_completion_tokens)), default=None),
    )


def _misshapen(error: BadRequest) -> Refused:
    param, form = error.path, error.form
    if error.missing:
        text = f"Missing required parameter: '{param}'. Expected {form}."
        return Refused(ErrorBody(400, text, "missing_required_parameter", param))
    return Refused(ErrorBody(400, f"Invalid type for '{param}': expected {form}.", "invalid_type", param))


def _refuse_unsupported(request: CompletionRequest) -> None:
    """Raises Refused for what would make another kind of answer than there is."""
    kind = (request.response_format or {}).get("type", "text")
    offered = {
        "n": request.n in (None, 1),
        "tool_choice": request.tool_choice in (None, "none", "auto"),
        "function_call": request.function_call in (None, "none", "auto"),
        "response_format": kind == "text",
        "logprobs": not request.logprobs,
        "top_logprobs": not request.top_logprobs,
        "stop": not request.stop,
        "modalities": request.modalities is None or request.modalities == ["text"],
        "audio": request.audio is None,
    }
    for param, fits in offered.items():
        if not fits:
            raise not_offered(param, f"This value of '{param}' is not supported: there is one answer, in plain text.")


def _conversation(messages: Sequence[Message]) -> tuple[str, list[Turn]]:
    """The question and what was said before it."""
    question_place: int | None = None
    for place, message in enumerate(messages):
        if message.role not in _ROLES:
            raise bad_parameter(f"messages[{place}].role", f"The roles are: {', '.join(_ROLES)}.")
        if message.role == "user":
            question_place = place
    if question_place is None:
        raise bad_parameter("messages", "There is no message of the user: the last one is what is asked.")
    texts = [_text(message, place) for place, message in enumerate(messages)]
    if not texts[question_place].strip():
        raise bad_parameter(f"messages[{question_place}].content", "The message is empty. Write a question.")
    turns = [
        Turn("customer" if message.role == "user" else "assistant", text)
        for message, text in zip(messages[:question_place], texts[:question_place], strict=True)
        if message.role in ("user", "assistant") and text.strip()
    ]
    return texts[question_place], turns


def _history_key(turns: Sequence[Turn]) -> str:
    key = ""
    for turn in turns:
        key = after(key, turn.role, turn.text)
    return key


def _text(message: Message, place: int) -> str:
    """The message's text. Raises Refused for pictures, sound and files."""
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    for number, part in enumerate(message.content):
        if part.type not in ("text", "refusal"):
            param = f"messages[{place}].content[{number}]"
            raise not_offered(param, "A part of this type is not supported: messages are text.")
    return "\n".join(part.text or part.refusal for part in message.content)
