"""Evaluate frozen cases: answers that the staff has corrected, made again from the passages of that time."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.evaluation.questions import Lines
from api.cli.terminal.output import numbered_json_lines, progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.specialist import Specialist
    from agents.types import Part
    from api.settings import Settings
    from orchestrator.evaluation.corrections import CorrectionOutcome
    from orchestrator.graph.state import Dependencies, Gathered
    from orchestrator.staff.cases import CaseLine


def read_corrections(file: Path) -> "list[CaseLine]":
    """The cases of a file. Raises CommandFailed that names file and line."""
    from orchestrator.evaluation.corrections import parse_correction

    cases: dict[str, CaseLine] = {}
    for number, line in numbered_json_lines(file):
        try:
            case = parse_correction(line)
        except ValueError as error:
            raise CommandFailed(f"{file}, line {number}: {error}") from error
        if case.id in cases:
            raise CommandFailed(f"{file}, line {number}: the id {case.id} is there already.")
        cases[case.id] = case
    if not cases:
        raise CommandFailed(f"{file} holds no cases. GET /api/v1/staff/cases.jsonl gives them.")
    return list(cases.values())


def corrected(settings: "Settings", cases: "list[CaseLine]") -> "tuple[Lines, Sequence[CorrectionOutcome]]":
    """Predictions {id, response, right, changed} and outcomes."""
    import asyncio

    from orchestrator.evaluation.corrections import judge

    responses = asyncio.run(_responses(settings, cases))
    outcomes = [judge(case, response) for case, response in zip(cases, responses, strict=True)]
    lines = [
        {"id": outcome.id, "response": response, "right": outcome.right, "changed": outcome.changed}
        for outcome, response in zip(outcomes, responses, strict=True)
    ]
    return lines, outcomes


async def _responses(settings: "Settings", cases: "list[CaseLine]") -> list[str]:
    from agents.types import Question
    from api.cli.evaluation.answers import answer_to
    from api.cli.evaluation.scratch import open_scratch_appointment_store
    from api.cli.terminal.knowledge import open_knowledge
    from api.compose.answering import open_dependencies
    from orchestrator.graph.saver import memory_saver
    from orchestrator.graph.turn import build_graph

    responses = []
    async with AsyncExitStack() as stack:
        library = stack.enter_context(open_knowledge(settings))
        advance = stack.enter_context(progress("Answering"))
        appointment_store = await stack.enter_async_context(open_scratch_appointment_store())
        dependencies = await open_dependencies(settings, library, appointment_store)
        for done, case in enumerate(cases):
            advance(done, len(cases), case.id)
            graph = build_graph(_with_passages(dependencies, case), memory_saver())
            state = case.state
            question = Question(case.question, state.history, state.facts, zone=state.zone)
            responses.append((await answer_to(graph, question)).response)
        advance(len(cases), len(cases), "")
    return responses


def _with_passages(dependencies: "Dependencies", case: "CaseLine") -> "Dependencies":
    """The same, finding what was found then: what skills look up is read of the documents of today."""
    from orchestrator.graph.state import Gathered
    from rag.types import Chunk, Passage

    found = tuple(
        Passage(
            Chunk(
                id=passage.id,
                document_id=passage.source,
                subject=passage.source.partition("/")[0],
                title=passage.title,
                section=tuple(filter(None, passage.section.split(" > "))),
                page=passage.page,
                start=passage.start,
                end=passage.end,
                text=passage.text,
                version=passage.version,
            ),
            passage.score,
        )
        for passage in case.passages
    )

    async def research(part: "Part", specialist: "Specialist", facts: Mapping[str, str]) -> "Gathered":
        return Gathered(found)

    return replace(dependencies, research=research)
