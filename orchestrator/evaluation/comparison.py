"""A run against an earlier one: figure by figure over the same cases, with what the choice of cases may explain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.evaluation.bootstrap import Estimate, Floats, Statistic, estimates, values
from orchestrator.evaluation.cases import Identified, identity
from orchestrator.evaluation.measures import LOWER_IS_BETTER
from orchestrator.evaluation.outcomes import Outcome
from orchestrator.evaluation.saved_runs import Kind, Run

_TOO_LITTLE = 0.5
"""Share of the baseline's cases; more must still be there as they were."""


class ForeignBaseline(ValueError):
    """The baseline measured something else; the message says what."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure, then and now, over the shared cases. `difference` is new minus old, with its interval; `worse` and
    `better` mean that the whole interval lies on that side of none."""

    old: float
    new: float
    difference: Estimate
    verdict: Literal["better", "same", "worse"]


@dataclass(frozen=True, slots=True)
class Common:
    """What two question sets share: cases of one id that ask and expect the same. The others, by id: `missing` from the
    newer set, `added` in it, `changed` between them."""

    shared: tuple[str, ...]
    missing: tuple[Any, ...]
    added: tuple[Any, ...]
    changed: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures over the cases in `common`; `worse` and `better` are those of them that went so."""

    common: Common
    figures: dict[str, Change]
    worse: tuple[Any, ...]
    better: tuple[Any, ...]

    @property
    def regressions(self) -> tuple[str, ...]:
        """The figures that are worse beyond noise."""
        return tuple(name for name, change in self.figures.items() if change.verdict == "worse")


def common(old: Run, kind: Kind, cases: Iterable[Identified]) -> Common:
    """What an earlier run shares with cases that are measured, or will be. Raises ForeignBaseline where that is too
    little."""
    if old.kind != kind:
        raise ForeignBaseline(f"it measured {old.kind}, not {kind}")
    now = {identity(case.id): case for case in cases}
    both = [key for key in old.by_id if key in now]
    changed = [key for key in both if old.by_id[key].fingerprint != now[key].fingerprint]
    shared = [key for key in both if old.by_id[key].fingerprint == now[key].fingerprint]
    if len(shared) <= _TOO_LITTLE * len(old.outcomes):
        raise ForeignBaseline(
            f"it is of another question set: only {len(shared)} of its {len(old.outcomes)} cases are in this one as "
            "they were"
        )
    return Common(
        tuple(shared),
        missing=tuple(outcome.id for key, outcome in old.by_id.items() if key not in now),
        added=tuple(case.id for key, case in now.items() if key not in old.by_id),
        changed=tuple(now[key].id for key in changed),
    )


def compare(old: Run, new: Run) -> Comparison:
    """The newer run against the older, by a paired bootstrap: both are resampled by the same cases, so what is hard for
    both counts for neither. Raises ForeignBaseline as `common`."""
    cases = common(old, new.kind, new.outcomes)
    before, after = [old.by_id[key] for key in cases.shared], [new.by_id[key] for key in cases.shared]
    goodness = new.measure.goodness
    went = [(now.id, goodness(then), goodness(now)) for then, now in zip(before, after, strict=True)]
    return Comparison(
        cases,
        _changes(new, before, after),
        worse=tuple(case for case, then, now in went if then is not None and now is not None and now < then),
        better=tuple(case for case, then, now in went if then is not None and now is not None and now > then),
    )


def _changes(run: Run, before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, Change]:
    then, now = run.measure.statistics(before), run.measure.statistics(after)
    old, new = values(then, len(before)), values(now, len(after))
    apart = estimates({name: _difference(then[name], now[name]) for name in now}, len(after))
    changes = {}
    for name, difference in apart.items():
        was, became = old[name], new[name]
        if difference and was is not None and became is not None:
            changes[name] = Change(was, became, difference, _verdict(name, difference))
    return changes


def _difference(then: Statistic, now: Statistic) -> Statistic:
    def statistic(weights: Floats) -> Floats:
        return now(weights) - then(weights)

    return statistic


def _verdict(name: str, difference: Estimate) -> Literal["better", "same", "worse"]:
    low, high = difference.low, difference.high
    if name in LOWER_IS_BETTER:
        low, high = -high, -low
    if high < 0:
        return "worse"
    return "better" if low > 0 else "same"
