"""The kinds of evaluation as values, so that saving, comparing and drawing do not ask which kind it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.evaluation import analysis, answers, corrections, dialogues, retrieval, routing
from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.coverage import Curve
from orchestrator.evaluation.outcomes import Outcome

LOWER_IS_BETTER = frozenset(
    {"calibration_error", "asked_back", "wrong", "wrong_and_verified"} | {"needless declines", "too long"}
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A kind of evaluation. `figures` are what is shown, `statistics` what has an interval and can be compared,
    `goodness` says how well one case went (None: not judged), `curve` is drawn by `certainty` against `accuracy`."""

    outcome: type[Outcome]
    figures: Callable[[Sequence[Any]], dict[str, Any]]
    statistics: Callable[[Sequence[Any]], dict[str, Statistic]]
    goodness: Callable[[Any], float | None]
    curve: Callable[[Sequence[Any]], Curve]
    certainty: str
    accuracy: str


_ROUTING = Measure(
    routing.RoutingOutcome,
    routing.figures,
    routing.statistics,
    lambda outcome: outcome.right,
    routing.by_confidence,
    "confidence",
    "routed right",
)
MEASURES: Mapping[str, Measure] = {
    "routing": _ROUTING,
    "labels": _ROUTING,
    "retrieval": Measure(
        retrieval.RetrievalOutcome,
        retrieval.figures,
        retrieval.statistics,
        lambda outcome: outcome.scores.get("ndcg@10"),
        retrieval.by_answerable,
        "answerable",
        "first document right",
    ),
    "answers": Measure(
        answers.AnswerOutcome,
        answers.figures,
        answers.statistics,
        lambda outcome: outcome.passed,
        answers.by_certainty,
        "confidence, declined last",
        "passed every check",
    ),
    "dialogues": Measure(
        dialogues.DialogueOutcome,
        dialogues.figures,
        dialogues.statistics,
        lambda outcome: outcome.passed,
        dialogues.by_length,
        "the shortest first",
        "passed in every turn",
    ),
    "analysis": Measure(
        analysis.AnalysisOutcome,
        analysis.figures,
        analysis.statistics,
        lambda outcome: outcome.goodness,
        analysis.by_confidence,
        "confidence",
        "answered right",
    ),
    "cases": Measure(
        corrections.CorrectionOutcome,
        corrections.figures,
        corrections.statistics,
        lambda outcome: outcome.right,
        corrections.in_order,
        "as they were frozen",
        "says what it should",
    ),
}
