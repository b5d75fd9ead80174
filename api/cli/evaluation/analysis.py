"""Evaluate the analyst: questions about the figures of the registered datasets, read without a language model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.evaluation.questions import Lines
from api.cli.terminal.output import numbered_json_lines, progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.dataset import Datasets
    from api.settings import Settings
    from orchestrator.evaluation.analysis import AnalysisCase, AnalysisOutcome, AnalysisOutput

MOST_ROWS = 50
"""Rows of a result that are judged, as many as a client is shown."""


def read_analysis_questions(file: Path) -> "list[AnalysisCase]":
    """The questions of a file. Raises CommandFailed that names file and line."""
    from orchestrator.evaluation.analysis import parse_analysis_case
    from orchestrator.evaluation.cases import identity

    questions: dict[str, AnalysisCase] = {}
    for number, line in numbered_json_lines(file):
        try:
            question = parse_analysis_case(line)
        except ValueError as error:
            raise CommandFailed(f"{file}, line {number}: {error}") from error
        if identity(question.id) in questions:
            raise CommandFailed(f"{file}, line {number}: the id {question.id} is there already.")
        questions[identity(question.id)] = question
    if not questions:
        raise CommandFailed(f"{file} holds no questions. Write one JSON object per line: `id`, `question`, `answer`.")
    return list(questions.values())


def analysed(settings: "Settings", questions: "list[AnalysisCase]") -> "tuple[Lines, Sequence[AnalysisOutcome]]":
    """Predictions {id, result, verified, confidence, total, rows, said} and outcomes."""
    import asyncio

    from orchestrator.evaluation.analysis import judge

    results = asyncio.run(_results(settings, questions))
    outcomes = [judge(question, result) for question, result in zip(questions, results, strict=True)]
    lines = [
        {
            "id": outcome.id,
            "result": outcome.result,
            "verified": outcome.verified,
            "confidence": outcome.confidence,
            "total": result.total,
            "rows": result.rows,
            "said": result.explanation,
        }
        for outcome, result in zip(outcomes, results, strict=True)
    ]
    return lines, outcomes


async def _results(settings: "Settings", questions: "list[AnalysisCase]") -> "list[AnalysisOutput]":
    from agents.dataset import DatasetUnavailable, DatasetUnknown
    from api.compose.database import open_migrated_database
    from api.compose.datasets import open_datasets

    database = open_migrated_database(settings)
    try:
        datasets = open_datasets(settings, database)
        try:
            results = []
            with progress("Working out") as advance:
                for done, question in enumerate(questions):
                    advance(done, len(questions), str(question.id))
                    results.append(await _result(datasets, question))
                advance(len(questions), len(questions), "")
            return results
        except (DatasetUnknown, DatasetUnavailable) as error:
            raise CommandFailed(f"{error} See `pitcrew datasets list`.") from error
        finally:
            await datasets.close()
    finally:
        database.dispose()


async def _result(datasets: "Datasets", question: "AnalysisCase") -> "AnalysisOutput":
    from datetime import UTC, datetime

    from agents.analyst.alternatives import work_out
    from agents.dataset import ALL
    from orchestrator.evaluation.analysis import AnalysisOutput

    noon = datetime.fromisoformat(f"{question.today}T12:00:00+00:00") if question.today else datetime.now(UTC)
    plan = None
    for text in (*question.before, question.question):
        result = await work_out(datasets, text, question.dataset or ALL, noon, plan)
        plan = result.plan
    if result.rows is None:
        return AnalysisOutput(None, explanation=result.said)
    total = len(result.rows.rows) if result.rows.total is None else result.rows.total
    valid, confidence = (result.verdict.valid, result.verdict.confidence) if result.verdict else (False, 0.0)
    checks = " ".join(check.text for check in result.verdict.checks) if result.verdict else ""
    rows = tuple(map(tuple, result.rows.rows[:MOST_ROWS]))
    return AnalysisOutput(rows, total, valid, confidence, f"{result.said}\n{checks}")
