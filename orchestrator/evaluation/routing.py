"""Figures of routing: whom a message was given to, and how sure the classifier was."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.cases import ROUTERS_OWN, Case
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import (
    Outcome,
    Share,
    coverage_points,
    coverage_statistics,
    headline,
    of,
    share,
)
from orchestrator.evaluation.statistics import calibration_error, macro_f1, mean

_REFUSED = frozenset({"out_of_scope"})


@dataclass(frozen=True, slots=True)
class Routed:
    """A prediction. `routes`: all specialists chosen, or one of ROUTERS_OWN; `confidence` that this is right;
    `asked_back`: in a conversation the customer would have been asked first."""

    routes: frozenset[str]
    confidence: float
    asked_back: bool = False


class RoutingOutcome(Outcome, frozen=True):
    """`expected` is empty where the right route is not known."""

    expected: frozenset[str]
    predicted: frozenset[str]
    confidence: Share
    asked_back: bool = False

    @property
    def right(self) -> bool | None:
        return self.expected == self.predicted if self.expected else None

    @property
    def kept(self) -> bool | None:
        """Of a message that is for a specialist: whether it was not refused."""
        return self.predicted != _REFUSED if self.expected and self.expected.isdisjoint(ROUTERS_OWN) else None

    @property
    def refused(self) -> bool | None:
        """Of a message that is out of scope: whether it was refused."""
        return self.predicted == _REFUSED if self.expected == _REFUSED else None


def outcome(case: Case, made: Routed) -> RoutingOutcome:
    """What is kept of a case and its prediction."""
    return RoutingOutcome(*of(case), case.routes, made.routes, min(max(made.confidence, 0.0), 1.0), made.asked_back)


def statistics(outcomes: Sequence[RoutingOutcome]) -> dict[str, Statistic]:
    """The headline figures. All but `asked_back` count only cases whose right route is known."""
    right = [outcome.right for outcome in outcomes]
    nobody: frozenset[str] = frozenset()
    return {
        "accuracy": mean(right),
        "macro_f1": macro_f1(
            [outcome.expected for outcome in outcomes],
            [outcome.predicted if outcome.expected else nobody for outcome in outcomes],
        ),
        "in_scope_kept": mean([outcome.kept for outcome in outcomes]),
        "out_of_scope_recall": mean([outcome.refused for outcome in outcomes]),
        "asked_back": mean([outcome.asked_back for outcome in outcomes]),
        "calibration_error": calibration_error([outcome.confidence for outcome in outcomes], right),
        **coverage_statistics(by_confidence(outcomes)),
    }


def by_confidence(outcomes: Sequence[RoutingOutcome]) -> Curve:
    """Coverage against accuracy, the most confident first."""
    return curve([outcome.confidence for outcome in outcomes], [outcome.right for outcome in outcomes])


def figures(outcomes: Sequence[RoutingOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, recall, precision and F1 by route, and the confusion."""
    scored_outcomes = [outcome for outcome in outcomes if outcome.expected]
    return {
        "cases": len(outcomes),
        "scored": len(scored_outcomes),
        **headline(statistics(outcomes), len(outcomes)),
        "by_kind": {
            kind: share([bool(outcome.right) for outcome in scored_outcomes if outcome.kind == kind])
            for kind in sorted({outcome.kind for outcome in scored_outcomes})
        },
        "by_route": _by_route(scored_outcomes),
        "confusion": confusion(scored_outcomes),
        "coverage": coverage_points(by_confidence(outcomes)),
    }


def _by_route(outcomes: Sequence[RoutingOutcome]) -> dict[str, dict[str, Any]]:
    expected, predicted, right = Counter[str](), Counter[str](), Counter[str]()
    for outcome in outcomes:
        expected.update(outcome.expected)
        predicted.update(outcome.predicted)
        right.update(outcome.expected & outcome.predicted)
    return {
        name: {
            "cases": expected[name],
            "recall": _quotient(right[name], expected[name]),
            "precision": _quotient(right[name], predicted[name]),
            "f1": _quotient(2 * right[name], expected[name] + predicted[name]),
        }
        for name in sorted(expected | predicted)
    }


def _quotient(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def confusion(outcomes: Sequence[RoutingOutcome]) -> Mapping[str, Mapping[str, int]]:
    """How often each expected route (rows) got each prediction; several specialists are one name, joined by `+`."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        counted["+".join(sorted(outcome.expected))]["+".join(sorted(outcome.predicted))] += 1
    return {name: dict(sorted(counted[name].items())) for name in sorted(counted)}
