"""Figures of whole answers: each is judged by the checks that apply to its case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.cases import ROUTERS_OWN, Case
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import Outcome, Share, coverage_points, coverage_statistics, headline, of, share
from orchestrator.evaluation.statistics import mean

FIRST_SOURCES = 5
"""A relevant document is to be among so many first passages."""
Check = Literal["route", "contains", "source", "declined"]
CHECKS: tuple[Check, ...] = ("route", "contains", "source", "declined")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out for a case. `routes` as in Routed, or `clarify`; `sources` are the documents of the passages found,
    in their order, one per passage; `cited` says whether the text rests on any of them; `confidence` is the
    router's."""

    routes: frozenset[str]
    response: str
    sources: tuple[str, ...]
    cited: bool
    declined: bool
    confidence: float = 1.0


class AnswerOutcome(Outcome, frozen=True):
    """`checks`: which of those that apply went well: `route`, `contains` (every text is in the answer), `source` (a
    relevant document is among the first five passages), `declined` (what no document has was not said)."""

    checks: dict[Check, bool]
    confidence: Share
    declined: bool

    @property
    def passed(self) -> bool:
        return all(self.checks.values())

    @property
    def certainty(self) -> float:
        """The router's confidence; nothing where the answer was declined."""
        return 0.0 if self.declined else self.confidence


def judge(case: Case, answer: Answer) -> AnswerOutcome:
    """The checks of one answer."""
    checks: dict[Check, bool] = {}
    if case.routes:
        checks["route"] = answer.routes == case.routes
    if case.kind == "absent":
        checks["declined"] = answer.declined or not answer.cited
    elif case.kind not in ROUTERS_OWN:
        if case.contains:
            text = plain(answer.response)
            checks["contains"] = all(plain(expected) in text for expected in case.contains)
        if case.documents:
            checks["source"] = not set(case.documents).isdisjoint(answer.sources[:FIRST_SOURCES])
    return AnswerOutcome(*of(case), checks, min(max(answer.confidence, 0.0), 1.0), answer.declined)


def plain(text: str) -> str:
    """Text for comparison: case folded, every run of white space a single blank."""
    return " ".join(text.casefold().split())


def statistics(outcomes: Sequence[AnswerOutcome]) -> dict[str, Statistic]:
    """The headline figures: the share that passed all checks, each check, and coverage."""
    checked = {name: mean([outcome.checks.get(name) for outcome in outcomes]) for name in CHECKS}
    return (
        {"passed": mean([outcome.passed for outcome in outcomes])}
        | checked
        | coverage_statistics(by_certainty(outcomes))
    )


def by_certainty(outcomes: Sequence[AnswerOutcome]) -> Curve:
    """Coverage against the share that passed: the most confident first, what was declined last."""
    return curve([outcome.certainty for outcome in outcomes], [outcome.passed for outcome in outcomes])


def figures(outcomes: Sequence[AnswerOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, the checks over all cases and by kind, and what failed."""
    summary = headline(statistics(outcomes), len(outcomes))
    kinds = sorted({outcome.kind for outcome in outcomes})
    return {
        **{name: value for name, value in summary.items() if name != "passed" and name not in CHECKS},
        "overall": _checked(outcomes),
        "by_kind": {kind: _checked([outcome for outcome in outcomes if outcome.kind == kind]) for kind in kinds},
        "coverage": coverage_points(by_certainty(outcomes)),
        "failed": [outcome.id for outcome in outcomes if not outcome.passed],
    }


def _checked(outcomes: Sequence[AnswerOutcome]) -> Mapping[str, Any]:
    shares: dict[str, float | None] = {
        name: share([outcome.checks[name] for outcome in outcomes if name in outcome.checks]) for name in CHECKS
    }
    return {"cases": len(outcomes), "passed": share([outcome.passed for outcome in outcomes]), **shares}
