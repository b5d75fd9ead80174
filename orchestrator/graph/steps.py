"""The steps on the way to an answer, as events: what was considered, and which tools were called with what result."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from agents.types import Aspect, ToolReturned, ToolUsed
from orchestrator.events import Code, Reasoning, RoutedAgent, SourcePassage

MOST_CONTENT = 500
"""Characters of a call's or result's line."""
MOST_THOUGHT = 4_000
"""Characters of a thought."""
MOST_STEPS = 100
"""Steps that a run's end tells again."""
MOST_TITLES = 3

_UNANSWERED = {
    "clarify": "It is not clear which specialist this is for, so I ask back.",
    "out_of_scope": "This is not about what the specialists know.",
    "human": "This is for a person.",
    "talk": "This needs no specialist.",
}


class Steps:
    """Makes the events of one run's steps and keeps them for its end."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._steps: list[Reasoning] = []
        self._calls: dict[int, int] = {}
        self._count = 0
        self._code_chars = 0

    @property
    def steps(self) -> tuple[Reasoning, ...]:
        """The steps so far, without the tools' results."""
        return tuple(self._steps)

    def thought(self, text: str, aspect: Aspect, part: int = 0, agent: str | None = None) -> Reasoning:
        """A consideration on the way to a part, which `agent` has."""
        iteration = self._calls.get(part, 0) + 1
        return self._step("thought", text[:MOST_THOUGHT], iteration, part, agent, aspect=aspect)

    def coded(self, text: str, attempt: int) -> Code:
        """The next piece of code."""
        offset = self._code_chars
        self._code_chars += len(text)
        return Code(self._run_id, text, attempt, offset=offset)

    def routed(self, kind: str, agents: tuple[RoutedAgent, ...] = ()) -> Reasoning:
        """Who answers."""
        names = " and ".join(f"{agent.name} ({agent.confidence:.0%})" for agent in agents)
        return self.thought(_UNANSWERED.get(kind, f"This is for {names}."), "route")

    def retrieval(self, passages: tuple[SourcePassage, ...]) -> Reasoning:
        """What the search has found."""
        if not passages:
            return self.thought("The documents hold nothing about it.", "search")
        titles = list(dict.fromkeys(passage.title for passage in passages))
        more = " and others" if len(titles) > MOST_TITLES else ""
        what = f"{len(passages)} passages" if len(passages) > 1 else "one passage"
        return self.thought(f"Found {what} in {'; '.join(titles[:MOST_TITLES])}{more}.", "search")

    def tool_used(self, output: ToolUsed, agent: str | None) -> Reasoning:
        """A call, as `tool(argument=value)`."""
        argument_text = ", ".join(
            f"{name}={msgspec.json.encode(value).decode()}" for name, value in output.arguments.items()
        )
        content = f"{output.tool}({argument_text})"[:MOST_CONTENT]
        arguments = dict(output.arguments)
        return self._step(
            "tool_use", content, output.iteration, output.part, agent, tool=output.tool, arguments=arguments
        )

    def tool_returned(self, output: ToolReturned, agent: str | None) -> Reasoning:
        """How the call ended. What is found while it runs belongs to it."""
        self._calls[output.part] = output.iteration
        content = output.value if isinstance(output.value, str) else msgspec.json.encode(output.value).decode()
        return self._step(
            "tool_result",
            content[:MOST_CONTENT],
            output.iteration,
            output.part,
            agent,
            tool=output.tool,
            result=output.value,
            ok=output.ok,
            ms=output.milliseconds,
        )

    def _step(self, kind: Any, content: str, iteration: int, part: int, agent: str | None, **details: Any) -> Reasoning:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._count += 1
        step = Reasoning(self._run_id, kind, content, iteration, at, part, agent, number=self._count, **details)
        if len(self._steps) < MOST_STEPS:
            self._steps.append(msgspec.structs.replace(step, result=None))
        return step
