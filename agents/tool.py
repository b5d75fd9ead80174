"""The contract of a tool: a typed function that works with the caller's rights. Each feature has its own, in
`agents/<feature>/tools.py`.

Offline a skill calls tools with what it read from the message; a chat model calls the same ones. Who asks is never an
argument: a tool takes it from the tool context, which the server filled in.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from agents.types import Evidence, PassOn, Proposal

if TYPE_CHECKING:
    from agents.context import ToolContext

__all__ = ["Arguments", "PassOn", "Proposal", "Result", "Tool", "ToolFailed"]

MOST_SECONDS = 15.0
"""How long a call may take."""
MOST_BYTES = 16 * 1024
"""Of a result, as JSON; what is longer is cut before a model sees it."""


class Arguments(BaseModel):
    """The arguments of a tool: its JSON schema is what a model is shown, and what a call is checked against. Fields are
    plain data with a `description` each; none says who the caller is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gives back. `value` is plain data; `evidence` the stretches of documents that it rests on, cited in
    this order; `note` what the skill is to remember in this conversation, None for no change. At most one of the rest:
    a `proposal` to ask the customer about, `pass_on` to another specialist, or `person`, why a person is needed. A
    `diagram` (Mermaid) is shown beside the answer."""

    value: Any
    evidence: tuple[Evidence, ...] = ()
    note: Mapping[str, Any] | None = None
    proposal: Proposal | None = None
    pass_on: PassOn | None = None
    person: str | None = None
    diagram: str | None = None


class ToolFailed(Exception):
    """A call that cannot be done as it was asked; the text is read by models and customers and says what to do
    instead. Nothing has happened."""


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """`name` in snake_case and `description` are shown to models. `run` raises ToolFailed; whatever else it raises is a
    fault of ours, which the caller is told of in fixed words."""

    name: str
    description: str
    arguments: type[A]
    run: "Callable[[A, ToolContext], Awaitable[Result]]"
    seconds: float = MOST_SECONDS
