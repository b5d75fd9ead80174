"""What the customer has been shown of one run: typed outputs in, events out."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from agents.types import (
    Answering,
    Asks,
    Checked,
    Citation,
    Coded,
    Computed,
    Decided,
    Delta,
    Drawn,
    Found,
    PartDone,
    PassedOn,
    Routing,
    Searching,
    Staged,
    Thought,
    ToolReturned,
    ToolUsed,
    VisibleOutput,
)
from orchestrator.events import (
    AnswerPart,
    AnyEvent,
    CitedSpan,
    Completed,
    DataReady,
    InputRequired,
    Progress,
    Routed,
    RoutedAgent,
    SourcePassage,
    Sources,
    Timing,
    Token,
    UsageFigures,
    Verification,
)
from orchestrator.graph.merge import Merge, Share
from orchestrator.graph.parking import Parked
from orchestrator.graph.steps import Steps
from orchestrator.run import RunInput
from rag.types import Passage

STEPS: dict[str, str] = {
    "starting": "Reading your question...",
    "agent_routing": "Finding the right specialist...",
    "rag_retrieval": "Searching knowledge base...",
    "tool": "Looking it up...",
    "passed_on": "Passing it on to a colleague...",
    "data_loader": "Loading the data...",
    "code_generator": "Writing the query...",
    "executor": "Running the query...",
    "verifier": "Checking the result...",
    "analyst": "Reading the result...",
    "generating": "Writing the answer...",
}
"""The steps in their order and what a person reads."""


class Projection:
    """Feed it outputs, get events; `completed` is the last of them, or `asks` where the run waits."""

    def __init__(self, run: RunInput) -> None:
        self._run = run
        self._merge = Merge(1, run.run_id)
        self._agents: tuple[RoutedAgent, ...] = ()
        self._agent = "out_of_scope"
        self._act = "request"
        self._confidence = 0.0
        self._confidences: dict[int, float] = {}
        self._working: dict[int, str | None] = {}
        self._passages: tuple[Passage, ...] = ()
        self._degraded: str | None = None
        self._generating = False
        self._first_token_ms: float | None = None
        self._elapsed_before_ms = 0.0
        self._diagram: str | None = None
        self._steps = Steps(run.run_id)

    def again(self, parked: Parked) -> list[AnyEvent]:
        """Take up where the run was parked: what was said, and the step."""
        self._elapsed_before_ms = parked.elapsed_ms
        for output in parked.outputs:
            self.see(output)
        text = self._merge.text
        tokens: list[AnyEvent] = [Token(self._run.run_id, text, 0)] if text else []
        return [self.step("generating", self._agent if self._agents else None), *tokens]

    def asks(self, asks: Asks) -> InputRequired:
        """The customer is asked before an effect."""
        expires = datetime.now(UTC) + timedelta(seconds=asks.expires_s)
        return InputRequired(
            run_id=self._run.run_id,
            session_id=self._run.session_id,
            request_id=str(uuid.uuid4()),
            kind=asks.kind,
            prompt=asks.prompt,
            options=asks.options,
            proposal=dict(asks.proposal),
            expires_at=_iso(expires),
            partial_response=self._merge.text,
        )

    def step(self, step: Any, agent: str | None = None) -> Progress:
        return Progress(self._run.run_id, step, STEPS[step], agent)

    def see(self, output: VisibleOutput) -> list[AnyEvent]:
        """What an output means to those who follow."""
        match output:
            case Delta():
                return self._delta(output)
            case Answering():
                return self._answering(output)
            case PartDone():
                return [*self._tokens(self._merge.done(output))]
            case Routing() | Decided() | Searching() | Found() | PassedOn():
                return self._routing(output)
            case ToolUsed():
                self._generating = False
                working = self._working.get(output.part)
                return [self.step("tool", working), self._steps.tool_used(output, working)]
            case ToolReturned():
                return [self._steps.tool_returned(output, self._working.get(output.part))]
            case Thought() | Staged() | Coded() | Checked() | Computed() | Drawn():
                return self._analysing(output)
            case _:
                assert_never(output)

    def _routing(self, output: Routing | Decided | Searching | Found | PassedOn) -> list[AnyEvent]:
        """Who answers, and from what."""
        match output:
            case Routing():
                return [self.step("agent_routing")]
            case Decided():
                return self._decided(output)
            case Searching(specialists):
                return [self.step("rag_retrieval", ", ".join(dict.fromkeys(specialists)))]
            case Found():
                return self._retrieval(output)
            case PassedOn():
                return self._passed_on(output)
            case _:
                assert_never(output)

    def _analysing(self, output: Thought | Staged | Coded | Checked | Computed | Drawn) -> list[AnyEvent]:
        """What an answer shows of the way to it."""
        match output:
            case Thought(part, text, aspect):
                return [self._steps.thought(text, aspect, part, self._working.get(part))]
            case Staged(part, stage):
                return [self.step(stage, self._working.get(part))]
            case Coded(_, text, attempt):
                return [self._steps.coded(text, attempt)]
            case Checked(_, valid, confidence, attempts, checks):
                return [Verification(self._run.run_id, valid, confidence, attempts, checks)]
            case Computed():
                return [_data_ready(self._run.run_id, output)]
            case Drawn(_, diagram):
                self._diagram = diagram
                return []
            case _:
                assert_never(output)

    def _decided(self, output: Decided) -> list[AnyEvent]:
        route = output.route
        extra = 1 if route.left_out else 0
        self._merge = Merge(len(route.parts) + extra if route.kind == "answer" else 1, self._run.run_id)
        self._confidence = round(route.confidence, 4)
        self._act = route.act
        if route.kind != "answer":
            self._agent = route.kind
            return [Routed(self._run.run_id, ()), self._steps.routed(route.kind)]
        self._confidences = {number: round(part.confidence, 4) for number, part in enumerate(route.parts)}
        likeliest: dict[str, float] = {}
        for number, part in enumerate(route.parts):
            likeliest[part.specialist] = max(likeliest.get(part.specialist, 0.0), self._confidences[number])
        self._agents = tuple(RoutedAgent(name, confidence) for name, confidence in likeliest.items())
        self._agent = self._agents[0].name
        return [Routed(self._run.run_id, self._agents), self._steps.routed(route.kind, self._agents)]

    def _retrieval(self, output: Found) -> list[AnyEvent]:
        self._passages = output.passages
        if output.degraded:
            self._degraded = "RETRIEVAL_UNAVAILABLE"
        passages = tuple(source_passage(passage) for passage in output.passages)
        return [Sources(self._run.run_id, passages), self._steps.retrieval(passages)]

    def _answering(self, output: Answering) -> list[AnyEvent]:
        self._merge.begin(output)
        self._working[output.part] = output.specialist
        return [] if output.skilled else self._begun(output.part)

    def _delta(self, output: Delta) -> list[AnyEvent]:
        """The first words after tools were called begin the writing again."""
        begun = self._begun(output.part) if output.text else []
        return [*begun, *self._tokens(self._merge.say(output))]

    def _begun(self, part: int) -> list[AnyEvent]:
        if self._generating:
            return []
        self._generating = True
        return [self.step("generating", self._working.get(part))]

    def _passed_on(self, output: PassedOn) -> list[AnyEvent]:
        confidence = self._confidences.get(output.part, 0.0)
        if output.specialist not in {agent.name for agent in self._agents}:
            self._agents = (*self._agents, RoutedAgent(output.specialist, confidence))
        return [self.step("passed_on", output.specialist), Routed(self._run.run_id, self._agents)]

    def _tokens(self, tokens: list[Token]) -> list[Token]:
        if tokens and self._first_token_ms is None:
            self._first_token_ms = self.elapsed()
        return tokens

    def elapsed(self) -> float:
        """Milliseconds of work so far; the time that the run was parked does not count."""
        return round(self._elapsed_before_ms + (time.perf_counter() - self._run.started) * 1000, 1)

    def completed(self) -> Completed:
        """The run's end."""
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
            sources=documents(citations),
            citations=tuple(map(cited_span, citations)),
            usage=UsageFigures(usage.model, usage.input_tokens, usage.output_tokens),
            timing=Timing(self._first_token_ms if self._first_token_ms is not None else total, total),
            answerer=", ".join(dict.fromkeys(result.answerer for result in results)),
            declined=bool(results) and all(result.answered.declined for result in results),
            degraded=self._degraded,
            truncated=any(result.answered.truncated for result in results),
            unsupported=self._merge.unsupported,
            misplaced=self._merge.misplaced,
            parts=self._parts(),
            diagram=self._diagram,
            steps=self._steps.steps,
            act=self._act,
            hedged=bool(results) and all(result.answered.hedged for result in results),
        )

    def _parts(self) -> tuple[AnswerPart, ...]:
        """What each specialist did; what was said before and after a question to the customer is one."""
        parts: list[AnswerPart] = []
        before: list[Share] = []
        for share in self._merge.shares:
            if share.done.answered.proposal is not None:
                before.append(share)
            elif share.specialist is not None:
                parts.append(self._part([*before, share]))
                before = []
        return tuple(parts)

    def _part(self, shares: list[Share]) -> AnswerPart:
        last = shares[-1]
        return AnswerPart(
            part=last.part,
            agent=last.specialist or "",
            status=last.done.answered.status,
            confidence=self._confidences.get(last.part, 0.0),
            start=shares[0].start,
            end=last.end,
            sources=documents(tuple(citation for share in shares for citation in share.done.answered.citations)),
        )


def _data_ready(run_id: str, output: Computed) -> DataReady:
    rows = tuple(dict(row) for row in output.rows)
    figure = dict(output.figure) if output.figure is not None else None
    return DataReady(run_id, output.code, output.columns, rows, output.total, output.dataset, figure)


def documents(citations: tuple[Citation, ...]) -> tuple[str, ...]:
    """The documents that are cited, each once, in the order of the text."""
    return tuple(dict.fromkeys(citation.passage.chunk.document_id for citation in citations))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
