"""From the compiled graph to events: runs it, reads its own event stream, and says what that means to a customer.

The only module that knows how typed outputs leave the graph.
"""

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from langgraph.types import Command

from agents.types import (
    Answering,
    Asks,
    Citation,
    Decided,
    Found,
    Learned,
    Output,
    PartDone,
    Routing,
    Said,
    Searching,
)
from orchestrator.errors import ProcessingError
from orchestrator.events import (
    AnyEvent,
    CitedSpan,
    Completed,
    InputRequired,
    MisplacedMarker,
    Option,
    Progress,
    Routed,
    RoutedAgent,
    SourcePassage,
    Sources,
    Timing,
    Token,
    UnsupportedSpan,
    UsageFigures,
)
from orchestrator.merge import Merge, Piece
from orchestrator.parking import Parked, decode_parked, encode_parked
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
    def checkpointer(self) -> Any: ...

    @property
    def astream(self) -> Callable[..., AsyncIterator[Any]]: ...

    @property
    def aget_state(self) -> Callable[..., Awaitable[Any]]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """The graph has interrupted itself; it goes on when `interrupt_id` is answered."""

    interrupt_id: str
    asks: Asks


async def stream_outputs(
    graph: CompiledGraph, run: RunInput, desk: Desk, steps: int = STEP_LIMIT
) -> AsyncGenerator[Output | Asked]:
    """The typed outputs of the graph's nodes, as they happen; the last one is Asked where a node waits for an answer.

    Only a graph with a saver can wait. The saver writes once, when the graph ends or waits; of several nodes that wait,
    one is asked for and the others when it has gone on.
    """
    state: Any = {"question": run.question, "role": run.role}
    config: dict[str, Any] = {"recursion_limit": steps}
    if graph.checkpointer is None:
        async for output in graph.astream(state, config, stream_mode="custom", context=desk):
            yield output
        return
    # A saver knows plain data only.
    state["question"] = replace(run.question, facts=dict(run.question.facts))
    config["configurable"] = {"thread_id": run.run_id}
    if run.reply is not None:
        parked = decode_parked(run.reply.parked).interrupt_id
        waiting = (await graph.aget_state(config)).interrupts
        if parked not in {interrupt.id for interrupt in waiting}:
            raise ProcessingError("INTERRUPTED")
        state = Command(resume={parked: run.reply.value})
    asked: Asked | None = None
    modes = ["custom", "updates"]
    stream = graph.astream(state, config, stream_mode=modes, subgraphs=True, context=desk, durability="exit")
    async for namespace, mode, chunk in stream:
        if mode == "custom":
            yield chunk
        elif not namespace and asked is None and "__interrupt__" in chunk:
            first = chunk["__interrupt__"][0]
            asked = Asked(first.id, first.value)
    if asked is not None:
        yield asked


async def stream_events(
    graph: CompiledGraph, run: RunInput, desk: Desk, steps: int = STEP_LIMIT
) -> AsyncGenerator[AnyEvent]:
    """Run the graph and yield its events; the last one is Completed, or InputRequired where the run is to be parked:
    then `desk.parked` holds what it needs to go on. `desk.facts` are the conversation's facts, once there are new ones.

    A run that goes on says its text so far again, as one token at offset 0: followers may be others than before.
    Raises what the graph's nodes raise, and ProcessingError when the parked run cannot be found.
    """
    view = _View(run)
    seen: list[Output] = []
    if run.reply is None:
        yield view.step("starting")
    else:
        parked = decode_parked(run.reply.parked)
        seen += parked.outputs
        for event in view.again(parked):
            yield event
    async for output in stream_outputs(graph, run, desk, steps):
        if isinstance(output, Asked):
            desk.parked = encode_parked(Parked(output.interrupt_id, view.elapsed(), tuple(seen)))
            yield view.asks(output.asks)
            return
        if graph.checkpointer is not None:
            seen.append(output)
        if isinstance(output, Learned):
            desk.facts = output.facts
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
        self._elapsed_before_ms = 0.0

    def again(self, parked: Parked) -> list[AnyEvent]:
        """Take up where the run was parked: what was said, and the step."""
        self._elapsed_before_ms = parked.elapsed_ms
        for output in parked.outputs:
            self.see(output)
        text = self._merge.text
        said: list[AnyEvent] = [Token(self._run.run_id, text, 0)] if text else []
        return [self.step("generating", self._agent if self._agents else None), *said]

    def asks(self, asks: Asks) -> InputRequired:
        expires = datetime.now(UTC) + timedelta(seconds=asks.expires_s)
        return InputRequired(
            run_id=self._run.run_id,
            session_id=self._run.session_id,
            request_id=str(uuid.uuid4()),
            kind=asks.kind,
            prompt=asks.prompt,
            options=tuple(Option(option.value, option.label) for option in asks.options),
            proposal=dict(asks.proposal),
            expires_at=expires.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            partial_response=self._merge.text,
        )

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
            self._first_token_ms = self.elapsed()
        return [Token(self._run.run_id, piece.text, piece.offset, piece.specialist) for piece in pieces]

    def elapsed(self) -> float:
        """Milliseconds of work so far; the time that the run was parked does not count."""
        return round(self._elapsed_before_ms + (time.perf_counter() - self._run.started) * 1000, 1)

    def completed(self) -> Completed:
        results, citations, usage = self._merge.results, self._merge.citations, self._merge.usage
        total = self.elapsed()
        return Completed(
            run_id=self._run.run_id,
            session_id=self._run.session_id,
            message_id=str(uuid.uuid4()),
            response=self._merge.text,
            agent=self._agent,
            agents=self._agents,
            confidence=self._confidence,
            sources=tuple(dict.fromkeys(citation.passage.chunk.document_id for citation in citations)),
            citations=tuple(map(cited_span, citations)),
            usage=UsageFigures(usage.model, usage.input_tokens, usage.output_tokens),
            timing=Timing(self._first_token_ms if self._first_token_ms is not None else total, total),
            answerer=", ".join(dict.fromkeys(result.answerer for result in results)),
            declined=bool(results) and all(result.answered.declined for result in results),
            degraded=self._degraded,
            truncated=any(result.answered.truncated for result in results),
            unsupported=tuple(UnsupportedSpan(one.start, one.end, one.text) for one in self._merge.unsupported),
            misplaced=tuple(
                MisplacedMarker(one.start, one.end, one.number, one.instead) for one in self._merge.misplaced
            ),
        )


def cited_span(citation: Citation) -> CitedSpan:
    """The citation as clients see it, with the evidence itself."""
    chunk = citation.passage.chunk
    return CitedSpan(
        number=citation.number,
        passage_id=chunk.id,
        source=chunk.document_id,
        title=chunk.title,
        start=citation.start,
        end=citation.end,
        page=chunk.page,
        version=chunk.version,
        text=chunk.text[citation.start - chunk.start : citation.end - chunk.start],
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
        version=chunk.version,
    )
