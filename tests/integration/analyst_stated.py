"""The questions whose answers stand beside them as data, and the product's own judge of what the analyst shows."""

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.evaluation.analysis import AnalysisOutput, judge, parse_analysis_case
from tests.bundled import ROOT
from tests.integration.analyst_answers import Answer
from tests.integration.analyst_running import Analysed


def _lines(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "datasets" / "operations" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


FIRST = _lines("questions.jsonl")
SECOND = _lines("questions-second.jsonl")


def stated(line: Mapping[str, Any], analysed: Analysed) -> bool:
    """Whether the analysis shows what stands beside the question; where it has no answer, whether it was declined."""
    shown, checked = analysed.computed, analysed.checked
    rows = None if shown is None else tuple(tuple(row.values()) for row in shown.rows)
    total = 0 if shown is None else shown.total
    verified = checked is not None and checked.valid
    outcome = judge(parse_analysis_case(line), AnalysisOutput(rows, total, verified, 0.0, analysed.text))
    return outcome.result == "right" and (rows is not None or analysed.done.answered.declined)


def right(answer: Answer, analysed: Analysed) -> bool:
    """The same for an answer that was worked out in Python."""
    return stated({"id": "", "question": "", "answer": written(answer)}, analysed)


def written(answer: Answer) -> dict[str, Any] | None:
    """An answer that was worked out in Python, as it stands in a file."""
    if answer is None:
        return None
    if isinstance(answer, int | float):
        return {"figure": answer}
    if isinstance(answer, Mapping):
        return {"groups": {name: list(one) if isinstance(one, tuple) else one for name, one in answer.items()}}
    if answer and isinstance(answer[0], tuple):
        return {"ranking": [list(one) for one in answer]}
    return {"rows": list(map(str, answer))}
