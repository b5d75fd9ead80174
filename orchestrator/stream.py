"""From the compiled graph to events: runs it, reads its own event stream, and says what that means to a customer.

The only module that knows how typed outputs leave the graph.
"""

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from agents.types import (
    Answering,
    Decided,
    Found,
    Learned,
    Output,
    PartDone,
    Routing,
    Said,
    Searching,
)
from orchestrator.events import (
    AnyEvent,
    CitedSpan,
    Completed,
    Progress,
    Routed,
    RoutedAgent,
    SourcePassage,
    Sources,
    Timing,
    Token,
    UsageFigures,
)
from orchestrator.merge import Merge, Piece
from orchestrator.run import Desk, RunInput
from rag.types import Passage

STEPS: dict[str, str] = {
    "starting": "Reading your question...",
    "agent_routing": "Finding the right specialist...",
    "rag_retrieval": "Searching knowledge base...",
    "generating": "Writing the answer...",
}
"""The steps in their order and what a person reads."""

STEP_LIMIT = 25
"""Graph steps a run may take; a run that needs more is going round in circles."""


class CompiledGraph(Protocol):
    """The part of LangGraph's compiled graph that is used here."""

    @property
    def astream(self) -> Callable[..., AsyncIterator[Any]]: ...


async def stream_outputs(graph: CompiledGraph, run: RunInput) -> AsyncGenerator[Output]:
    """The typed outputs of the graph's nodes, as they happen."""
    state = {"question": run.question, "role": run.role}
    stream = graph.astream(state, {"recursion_limit": STEP_LIMIT}, stream_mode="custom", context=Desk())
    async for output in stream:
        yield output


async def stream_events(
    graph: CompiledGraph, run: RunInput, learn: Callable[[Mapping[str, str]], None]
) -> AsyncGenerator[AnyEvent]:
    """Run the graph and yield its events; the last one is Completed. `learn` is told the conversation's new facts.

    Raises what the graph's nodes raise.
    """
    view = _View(run)
    yield view.step("starting")
    async for output in stream_outputs(graph, run):
        if isinstance(output, Learned):
            learn(output.facts)
        else:
            for event in view.see(output):
                yield event
    yield view.completed()


class _View:
    """What the customer has been shown of one run."""

    def __init__(self, run: RunInput) -> None:
        self._run = run
        self._merge = Merge(1)
        self._agents: tuple[RoutedAgent, ...] = ()
        self._agent = "out_of_scope"
        self._confidence = 0.0
        self._passages: tuple[Passage, ...] = ()
        self._degraded: str | None = None
        self._generating = False
        self._first_token_ms: float | None = None

    def step(self, step: Any, agent: str | None = None) -> Progress:
        return Progress(self._run.run_id, step, STEPS[step], agent)

    def see(self, output: Output) -> list[AnyEvent]:
        match output:
            case Routing():
                return [self.step("agent_routing")]
            case Decided():
                return self._decided(output)
            case Searching(specialists):
                return [self.step("rag_retrieval", ", ".join(specialists))]
            case Found():
                return self._found(output)
            case Answering():
                self._merge.begin(output)
                if self._generating:
                    return []
                self._generating = True
                return [self.step("generating", output.specialist)]
            case Said():
                return self._tokens(self._merge.say(output))
            case PartDone():
                return self._tokens(self._merge.done(output))
            case _:
                return []

    def _decided(self, output: Decided) -> list[AnyEvent]:
        route = output.route
        self._merge = Merge(len(route.parts) if route.kind == "answer" else 1)
        self._confidence = round(route.confidence, 4)
        if route.kind != "answer":
            self._agent = route.kind
            return [Routed(self._run.run_id, ())]
        self._agents = tuple(RoutedAgent(part.specialist, round(part.confidence, 4)) for part in route.parts)
        self._agent = self._agents[0].name
        return [Routed(self._run.run_id, self._agents)]

    def _found(self, output: Found) -> list[AnyEvent]:
        self._passages = output.passages
        if output.degraded:
            self._degraded = "RETRIEVAL_UNAVAILABLE"
        return [Sources(self._run.run_id, tuple(source_passage(passage) for passage in output.passages))]

    def _tokens(self, pieces: list[Piece]) -> list[AnyEvent]:
        if pieces and self._first_token_ms is None:
            self._first_token_ms = self._elapsed()
        return [Token(self._run.run_id, piece.text, piece.offset, piece.specialist) for piece in pieces]

    def _elapsed(self) -> float:
        return round((time.perf_counter() - self._run.started) * 1000, 1)

    def completed(self) -> Completed:
        results, citations, usage = self._merge.results, self._merge.citations, self._merge.usage
        total = self._elapsed()
        return Completed(
            run_id=self._run.run_id,
            session_id=self._run.session_id,
            message_id=str(uuid.uuid4()),
            response=self._merge.text,
            agent=self._agent,
            agents=self._agents,
            confidence=self._confidence,
            sources=tuple(dict.fromkeys(citation.passage.chunk.document_id for citation in citations)),
            citations=tuple(
                CitedSpan(
                    citation.number,
                    citation.passage.chunk.id,
                    citation.passage.chunk.document_id,
                    citation.passage.chunk.title,
                    citation.start,
                    citation.end,
                    citation.passage.chunk.page,
                )
                for citation in citations
            ),
            usage=UsageFigures(usage.model, usage.input_tokens, usage.output_tokens),
            timing=Timing(self._first_token_ms if self._first_token_ms is not None else total, total),
            answerer=", ".join(dict.fromkeys(result.answerer for result in results)),
            declined=bool(results) and all(result.answered.declined for result in results),
            degraded=self._degraded,
            truncated=any(result.answered.truncated for result in results),
        )


def source_passage(passage: Passage) -> SourcePassage:
    """The passage as clients see it."""
    chunk = passage.chunk
    return SourcePassage(
        id=chunk.id,
        title=chunk.title,
        source=chunk.document_id,
        section=" > ".join(chunk.section),
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=round(passage.score, 4),
        page=chunk.page,
    )
