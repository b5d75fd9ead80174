"""The contract of a skill: a job that a specialist can do by itself. Each feature has one, in
`agents/<feature>/skill.py`.

A skill brings typed tools, which a chat model may call, and offline reads from the message what it needs to call them.
What cannot be undone is never done by either: a tool makes a proposal, the customer is asked, and the action does it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agents.context import Case, Resources, ToolContext
from agents.tool import Tool
from agents.types import Citation, PassOn, Proposal, Status


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a part. `text` is said to the customer, with a marker `[n]` for each of the `citations`. `note`
    replaces what the skill has noted in this conversation; None forgets it. With a `proposal` the customer is asked
    next; with `pass_on` the part goes on to another specialist after the text. `hedged`: it tells what comes closest,
    and does not say that this is what was asked."""

    text: str
    status: Status = "answered"
    citations: tuple[Citation, ...] = ()
    note: Mapping[str, Any] | None = None
    proposal: Proposal | None = None
    pass_on: PassOn | None = None
    hedged: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An effect that a customer is asked about first. `commit` does it, given the proposal's arguments and the value
    of the customer's answer: doing it again is doing it once. `drop` frees what was held for it, after a no. Both say
    how it went in fixed words, whatever had been said before."""

    commit: Callable[[Mapping[str, Any], Any, ToolContext], Awaitable[Handled]]
    drop: Callable[[Mapping[str, Any], ToolContext], Awaitable[Handled]]


class Skill(Protocol):
    """Immutable; used by many runs at once."""

    @property
    def name(self) -> str: ...

    @property
    def guidance(self) -> str:
        """What a chat model is told of when and how to use the tools."""

    @property
    def tools(self) -> tuple[Tool[Any], ...]: ...

    @property
    def actions(self) -> Mapping[str, Action]:
        """By the name that a proposal gives."""

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        """Whether the message answers what this skill's note left open, as it is: "Carrick, please". Asked before the
        classifier, and only where there is a note."""

    async def read(self, case: Case, resources: Resources) -> Any | None:
        """What the part asks of this skill, as a request of its own kind; None where it is not for it. Changes
        nothing. Also asked, with its note, for the change that a customer wants in a proposal."""

    async def act(self, request: Any, context: ToolContext) -> Handled:
        """Do what `read` made of the part, by calling tools."""
