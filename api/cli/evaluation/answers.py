"""Evaluate answers: every question through the whole graph, with the answerer that needs no language model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.cli.evaluation.questions import Lines, question
from api.cli.terminal.output import progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.types import Question
    from api.settings import Settings
    from orchestrator.evaluation.answers import Answer
    from orchestrator.evaluation.cases import Case
    from orchestrator.evaluation.outcomes import Outcome
    from orchestrator.graph.stream import CompiledGraph


def answered(settings: "Settings", cases: "list[Case]") -> "tuple[Lines, Sequence[Outcome]]":
    """Predictions {id, routes, response, sources, declined, confidence} and outcomes."""
    import asyncio

    from orchestrator.evaluation.answers import judge

    answers = asyncio.run(_answers(settings, cases))
    lines = [
        {
            "id": case.id,
            "routes": sorted(answer.routes),
            "response": answer.response,
            "sources": list(answer.sources),
            "declined": answer.declined,
            "confidence": answer.confidence,
        }
        for case, answer in zip(cases, answers, strict=True)
    ]
    return lines, [judge(case, answer) for case, answer in zip(cases, answers, strict=True)]


async def _answers(settings: "Settings", cases: "list[Case]") -> "list[Answer]":
    from contextlib import AsyncExitStack

    from api.cli.evaluation.scratch import open_scratch_appointment_store
    from api.cli.terminal.knowledge import open_knowledge
    from api.compose.answering import open_dependencies
    from api.compose.learnt import load_vehicles
    from orchestrator.graph.saver import memory_saver
    from orchestrator.graph.turn import build_graph

    vehicles = load_vehicles(settings)
    answers = []
    async with AsyncExitStack() as stack:
        library = stack.enter_context(open_knowledge(settings))
        advance = stack.enter_context(progress("Answering"))
        appointment_store = await stack.enter_async_context(open_scratch_appointment_store())
        dependencies = await open_dependencies(settings, library, appointment_store)
        graph = build_graph(dependencies, memory_saver())
        for done, case in enumerate(cases):
            advance(done, len(cases), str(case.id))
            answers.append(await answer_to(graph, question(case, vehicles)))
        advance(len(cases), len(cases), "")
    return answers


async def answer_to(graph: "CompiledGraph", question: "Question") -> "Answer":
    import uuid

    from orchestrator.evaluation.answers import Answer
    from orchestrator.events import Completed, InputRequired, Routed, Sources
    from orchestrator.graph.stream import stream_events
    from orchestrator.run import Desk, RunInput

    sources: tuple[str, ...] = ()
    routed: frozenset[str] = frozenset()
    completed: Completed | None = None
    run = RunInput(str(uuid.uuid4()), "evaluation", question, "customer")
    async for event in stream_events(graph, run, Desk()):
        if isinstance(event, Sources):
            sources = tuple(passage.source for passage in event.passages)
        elif isinstance(event, Routed):
            routed = frozenset(agent.name for agent in event.agents)
        elif isinstance(event, Completed):
            completed = event
        elif isinstance(event, InputRequired):
            return Answer(routed, f"{event.partial_response}\n\n{event.prompt}", sources, False, False)
    if completed is None:
        raise CommandFailed("The graph ended without an answer.")
    routes = frozenset(agent.name for agent in completed.agents) or frozenset({completed.agent})
    cited = bool(completed.citations)
    return Answer(routes, completed.response, sources, cited, completed.declined, completed.confidence)
