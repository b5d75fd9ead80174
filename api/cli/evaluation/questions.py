"""The question set of an evaluation, read from a file that somebody wrote by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.terminal.output import numbered_json_lines
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.types import Question
    from agents.vehicles.range import Vehicles
    from orchestrator.evaluation.cases import Case

Lines = list[dict[str, Any]]
"""Predictions as they are written, one per case."""
_LONGEST_TEXT = 100_000


def read_questions(file: Path, labelled: bool = False) -> "list[Case]":
    """The cases of a file; where it is `labelled`, `label` is what is expected. Raises CommandFailed that names file
    and line."""
    from orchestrator.evaluation.cases import identity, parse_case

    cases: list[Case] = []
    lines: dict[str, int] = {}
    for number, line in numbered_json_lines(file):
        try:
            case = parse_case(_with_label(line) if labelled else line)
        except ValueError as error:
            raise CommandFailed(f"{file}, line {number}: {error}") from error
        if len(case.text) > _LONGEST_TEXT:
            raise CommandFailed(f"{file}, line {number}: the text is longer than {_LONGEST_TEXT:,} characters.")
        key = identity(case.id)
        if key in lines:
            raise CommandFailed(f"{file}, line {number}: the id {key} is there already, on line {lines[key]}.")
        lines[key] = number
        cases.append(case)
    if not cases:
        raise CommandFailed(f"{file} holds no questions. Write one JSON object per line, with `id` and `text`.")
    return cases


def _with_label(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line as a case whose route is its label, and nothing else of it."""
    label = line.get("label")
    if label is not None and not isinstance(label, str):
        raise ValueError("`label` is no text")
    return {name: line[name] for name in ("id", "text", "question") if name in line} | {"route": label}


def question(case: "Case", vehicles: "Vehicles") -> "Question":
    """The case as the conversation would ask it: what the customer said before has taught it facts."""
    from agents.types import Question

    facts: Mapping[str, str] = case.facts
    for turn in case.history:
        if turn.role == "customer":
            facts = vehicles.facts(turn.text, facts)
    return Question(case.text, case.history, facts)
