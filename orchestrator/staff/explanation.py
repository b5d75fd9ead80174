"""Why an answer was given: what a run has left behind, put together. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from orchestrator.events import AnswerPart, Completed, Reasoning, RoutedAgent, SourcePassage, Timing
from orchestrator.staff.values import Customer, Listed


class Facts(msgspec.Struct, frozen=True):
    """A customer: what this conversation knows (`facts`, such as the `model`), the time zone, and the latest
    conversations."""

    customer: Customer
    facts: dict[str, str]
    zone: str
    conversations: tuple[Listed, ...]


class Reading(msgspec.Struct, frozen=True):
    """How the message was understood. `act` is what it does, `aside` that no specialist was needed."""

    act: str | None
    aside: bool


class Passage(msgspec.Struct, frozen=True):
    """A passage that was found, by the `number` of its marker, and whether the answer cites it."""

    number: int
    id: str
    title: str
    source: str
    section: str
    page: int | None
    version: int
    text: str
    score: float
    cited: bool


class Cited(msgspec.Struct, frozen=True):
    """The evidence behind a marker."""

    number: int
    source: str
    title: str
    text: str
    start: int
    end: int


class Step(msgspec.Struct, frozen=True):
    """A thought, or a tool's call and what came of it."""

    kind: str
    content: str
    tool: str | None
    arguments: dict[str, Any] | None
    ok: bool | None
    ms: float | None
    at: str


class Call(msgspec.Struct, frozen=True):
    """What was asked of one model, or of one tool, together."""

    kind: str
    agent: str
    name: str
    calls: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost_micros: int | None
    ms: float


class Usage(msgspec.Struct, frozen=True):
    """What the run took; `cost_micros` is None where a price is not known."""

    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_micros: int | None
    calls: tuple[Call, ...]


class Explanation(msgspec.Struct, frozen=True):
    """A run from its question to its end; what it never came to is None or empty."""

    run_id: str
    status: str
    question: str
    answer: str | None
    act: str | None
    reading: Reading
    route: tuple[RoutedAgent, ...]
    agent: str | None
    confidence: float | None
    passages: tuple[Passage, ...]
    citations: tuple[Cited, ...]
    steps: tuple[Step, ...]
    parts: tuple[AnswerPart, ...]
    unsupported: tuple[str, ...]
    declined: bool
    hedged: bool
    degraded: str | None
    failure: str | None
    timing: Timing | None
    answerer: str | None
    usage: Usage
    effects: tuple[str, ...]
    attempts: int
    created_at: str
    finished_at: str | None

    @classmethod
    def of(
        cls,
        *,
        completed: Completed | None,
        answer: str | None,
        routed: Sequence[RoutedAgent],
        passages: Sequence[SourcePassage],
        calls: tuple[Call, ...],
        **run: Any,
    ) -> "Explanation":
        """From the run's events: `routed` and `passages` are the last ones told, `answer` what was said of an answer
        that was not finished."""
        cited = {citation.number for citation in completed.citations} if completed else set()
        done = completed
        return cls(
            answer=done.response if done else answer,
            act=done.act if done else None,
            reading=Reading(done.act if done else None, aside=done is not None and not routed),
            route=tuple(routed),
            agent=done.agent if done else next((one.name for one in routed), None),
            confidence=done.confidence if done else None,
            passages=tuple(_passage(number, passage, cited) for number, passage in enumerate(passages, 1)),
            citations=tuple(
                Cited(one.number, one.source, one.title, one.text, one.start, one.end)
                for one in (done.citations if done else ())
            ),
            steps=tuple(map(_step, done.steps if done else ())),
            parts=done.parts if done else (),
            unsupported=tuple(span.text for span in done.unsupported) if done else (),
            declined=done is not None and done.declined,
            hedged=done is not None and done.hedged,
            degraded=done.degraded if done else None,
            timing=done.timing if done else None,
            answerer=done.answerer if done else None,
            usage=_usage(done, calls),
            **run,
        )


class Explained(msgspec.Struct, frozen=True):
    run: Explanation


def _passage(number: int, passage: SourcePassage, cited: set[int]) -> Passage:
    return Passage(
        number,
        passage.id,
        passage.title,
        passage.source,
        passage.section,
        passage.page,
        passage.version,
        passage.text,
        passage.score,
        number in cited,
    )


def _step(step: Reasoning) -> Step:
    return Step(step.kind, step.content, step.tool, step.arguments, step.ok, step.ms, step.timestamp)


def _usage(completed: Completed | None, calls: tuple[Call, ...]) -> Usage:
    if completed is None:
        costs = [call.cost_micros for call in calls]
        return Usage(
            "",
            sum(call.input_tokens for call in calls),
            sum(call.output_tokens for call in calls),
            0,
            sum(cost for cost in costs if cost is not None) if None not in costs and costs else None,
            calls,
        )
    used = completed.usage
    return Usage(used.model, used.input_tokens, used.output_tokens, used.cached_tokens, used.cost_micros, calls)
