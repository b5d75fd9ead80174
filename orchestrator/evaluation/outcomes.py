"""What every measure keeps of a case, and how its figures are told: enough to work them out again, or compare them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import numpy as np

from orchestrator.evaluation.bootstrap import Estimate, Statistic, estimates
from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.coverage import STEPS, Curve

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_PLACES = 4
_POINTS = slice(4, None, 5)
COVERAGES = {"accuracy@80": 0.8, "accuracy@90": 0.9}
"""Figures that tell the accuracy where this share is answered."""


class Outcome(msgspec.Struct, frozen=True):
    """What came out for one case. `fingerprint` and `kind` are the case's."""

    id: Any
    fingerprint: str
    kind: str


def of(case: Case) -> tuple[Any, str, str]:
    """The fields that an outcome takes over from its case."""
    return case.id, case.fingerprint, case.kind


def coverage_statistics(curve: Curve) -> dict[str, Statistic]:
    """The headline figures of a curve."""
    return {"coverage_area": curve.area()} | {name: curve.at(share) for name, share in COVERAGES.items()}


def headline(statistics: Mapping[str, Statistic], cases: int) -> dict[str, Any]:
    """Each figure by its name, as a number or None, and under `intervals` the same with low and high."""
    figures = estimates(statistics, cases)
    return {name: estimate and estimate.value for name, estimate in figures.items()} | {
        "intervals": {name: interval(estimate) for name, estimate in figures.items() if estimate}
    }


def interval(estimate: Estimate) -> dict[str, float]:
    """An estimate as JSON."""
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def coverage_points(curve: Curve) -> list[dict[str, float]]:
    """The curve at every twentieth; empty where no case can be judged."""
    accuracies = curve.accuracies(np.ones((1, len(curve.order))))[0]
    return [
        {"coverage": round(float(coverage), 2), "accuracy": round(float(accuracy), _PLACES)}
        for coverage, accuracy in zip(STEPS[_POINTS], accuracies[_POINTS], strict=True)
        if not np.isnan(accuracy)
    ]


def share(outcomes: Sequence[bool]) -> float | None:
    """The share of true ones; None where there are none to judge."""
    return round(sum(outcomes) / len(outcomes), _PLACES) if outcomes else None
