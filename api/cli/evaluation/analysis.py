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

SHOWN = 50
"""Rows of a result that are judged, as many as a client is shown."""


def read_asked(file: Path) -> "list[AnalysisCase]":
    """The questions of a file. Raises CommandFailed that names file and line."""
    from orchestrator.evaluation.analysis import parse_analysis_case
    from orchestrator.evaluation.cases import identity

    found: dict[str, AnalysisCase] = {}
    for number, line in numbered_json_lines(file):
        try:
            asked = parse_analysis_case(line)
        except ValueError as error:
            raise CommandFailed(f"{file}, line {number}: {error}") from error
        if identity(asked.id) in found:
            raise CommandFailed(f"{file}, line {number}: the id {asked.id} is there already.")
        found[identity(asked.id)] = asked
    if not found:
        raise CommandFailed(f"{file} holds no questions. Write one JSON object per line: `id`, `question`, `answer`.")
    return list(found.values())


def analysed(settings: "Settings", asked: "list[AnalysisCase]") -> "tuple[Lines, Sequence[AnalysisOutcome]]":
    """Predictions {id, result, verified, confidence, total, rows, said} and outcomes."""
    import asyncio

    from orchestrator.evaluation.analysis import judge

    shown = asyncio.run(_all_shown(settings, asked))
    outcomes = [judge(item, what) for item, what in zip(asked, shown, strict=True)]
    lines = [
        {
            "id": outcome.id,
            "result": outcome.result,
            "verified": outcome.verified,
            "confidence": outcome.confidence,
            "total": what.total,
            "rows": what.rows,
            "said": what.explanation,
        }
        for outcome, what in zip(outcomes, shown, strict=True)
    ]
    return lines, outcomes


async def _all_shown(settings: "Settings", asked: "list[AnalysisCase]") -> "list[AnalysisOutput]":
    from agents.dataset import DatasetUnavailable, DatasetUnknown
    from api.compose.database import open_migrated_database
    from api.compose.datasets import open_datasets

    database = open_migrated_database(settings)
    try:
        datasets = open_datasets(settings, database)
        try:
            found = []
            with progress("Working out") as advance:
                for done, item in enumerate(asked):
                    advance(done, len(asked), str(item.id))
                    found.append(await _shown(datasets, item))
                advance(len(asked), len(asked), "")
            return found
        except (DatasetUnknown, DatasetUnavailable) as error:
            raise CommandFailed(f"{error} See `pitcrew datasets list`.") from error
        finally:
            await datasets.close()
    finally:
        database.dispose()


async def _shown(datasets: "Datasets", asked: "AnalysisCase") -> "AnalysisOutput":
    from datetime import UTC, datetime

    from agents.analyst.offline import work_out
    from agents.dataset import ALL
    from orchestrator.evaluation.analysis import AnalysisOutput

    noon = datetime.fromisoformat(f"{asked.today}T12:00:00+00:00") if asked.today else datetime.now(UTC)
    plan = None
    for text in (*asked.before, asked.question):
        found = await work_out(datasets, text, asked.dataset or ALL, noon, plan)
        plan = found.plan
    if found.rows is None:
        return AnalysisOutput(None, explanation=found.said)
    total = len(found.rows.rows) if found.rows.total is None else found.rows.total
    valid, confidence = (found.verdict.valid, found.verdict.confidence) if found.verdict else (False, 0.0)
    checks = " ".join(check.text for check in found.verdict.checks) if found.verdict else ""
    return AnalysisOutput(
        tuple(map(tuple, found.rows.rows[:SHOWN])), total, valid, confidence, f"{found.said}\n{checks}"
    )
