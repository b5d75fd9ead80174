"""A tool context for tests of skills and tools: the real toolbox, with what it says and cites in lists."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.context import Case, Resources
from agents.toolbox.calls import Toolbox
from agents.types import Output, StandaloneQuestion, Turn
from rag.types import Passage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""


@dataclass
class Told:
    """What a tool context said, cited and did."""

    outputs: list[Output] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)

    def cite(self, passages: Sequence[Passage]) -> int:
        first = len(self.passages) + 1
        self.passages += passages
        return first

    @asynccontextmanager
    async def effect(self, name: str, *, repeatable: bool = False) -> AsyncIterator[None]:
        self.effects.append(f"{name} begun")
        yield
        self.effects.append(f"{name} done")


def case(
    text: str | StandaloneQuestion,
    now: datetime = NOON,
    *,
    said: str | None = None,
    history: Sequence[Turn] = (),
    facts: Mapping[str, str] | None = None,
    note: Mapping[str, Any] | None = None,
    findings: Mapping[str, Any] | None = None,
    danger: str = "",
) -> Case:
    question = StandaloneQuestion(text) if isinstance(text, str) else text
    spoken = question.text if said is None else said
    return Case(question, spoken, now, tuple(history), facts or {}, note or {}, findings or {}, danger=danger)


def context(resources: Resources, of: Case, user_id: str = "ada", run_id: str = "run-1") -> tuple[Toolbox, Told]:
    """The tool context of a customer's first part, and what comes of it."""
    told = Told()
    made = Toolbox(
        user_id=user_id,
        role="customer",
        conversation_id=f"{user_id}-conversation",
        run_id=run_id,
        part=0,
        case=of,
        resources=resources,
        write=told.outputs.append,
        cite=told.cite,
        effect=told.effect,
    )
    return made, told
