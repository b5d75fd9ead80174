"""The contract of a chat model: messages in; text, calls of tools or a filled schema out. `agents/models/` holds one
per file."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agents.answerer import Reason
from agents.tool import Tool
from agents.types import Usage


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model wants made; it may name no tool that there is. `arguments` are what it wrote, as it stands
    where it is no JSON object."""

    id: str
    name: str
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Message:
    """`calls`: what an assistant's message wants called. A tool's message answers the call `call_id`."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class CallPiece:
    """So many more characters of calls have come; the calls follow when they are whole."""

    characters: int


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """What a stream wants called before it goes on, at least one call, each with an id of its own."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a stream, as the provider said it. `truncated`: the length limit or a filter ended it. `usage.model`
    is the label of the model."""

    truncated: bool
    usage: Usage


Streamed = str | CallPiece | ToolCalls | Finish


@dataclass(frozen=True, slots=True)
class Filled:
    """An object made to a schema, and what it took."""

    value: Mapping[str, Any]
    usage: Usage


Fault = Literal["provider", "access", "request"]
"""Who has to change for a call to succeed: the provider, whoever pays for the key, or the one who asked. A fault of the
request says nothing of other requests."""


class ModelFailed(Exception):
    """A call that failed. `transient`: the same call may succeed soon. `retry_after` is the provider's wish in seconds.

    The text names the kind of failure only: what a provider says in an error may repeat the key or the prompt.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        transient: bool = False,
        retry_after: float | None = None,
        fault: Fault = "provider",
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transient = transient
        self.retry_after = retry_after
        self.fault = fault


class ToolsRefused(ModelFailed):
    """A call that its server refused because this model calls no tools; without them it may succeed."""


class CircuitOpen(ModelFailed):
    """A call that was not made, because those before it failed. `transient`: waiting for `retry_after` is promising."""


class ChatModel(Protocol):
    """One model at one provider. It tries once: retries, fallbacks and time limits belong to the caller.

    Laws: a stream yields non-empty text pieces, CallPieces while calls come in, at most one ToolCalls and then exactly
    one Finish, or raises ModelFailed; a stream that stops without the provider's finish, or finishes with neither text
    nor a call, has failed; closing or cancelling it closes the connection.
    """

    @property
    def label(self) -> str:
        """`provider:model`."""

    @property
    def calls_tools(self) -> bool:
        """Whether it may be expected to call tools; False once it is known that it cannot. It may be offered tools even
        so, and then answers without."""

    def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """Say the answer, or what of `tools` to call for it; the caller calls them and asks again with their results.
        Raises ModelFailed."""
        ...

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object made to the JSON `schema`, which has a `title`; an internal call whose tokens nobody sees.
        The caller checks what matters: not every provider holds to the schema. Raises ModelFailed."""

    def report(self, failure: ModelFailed) -> None:
        """Hear of a failure that only the caller could see: it ended a call whose time was over. Without this, a call
        that was ended counts for nothing, as the customer may have stopped it."""

    async def aclose(self) -> None:
        """Close the connections. The model cannot be used afterwards."""
