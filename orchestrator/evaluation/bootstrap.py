"""How certain a figure is: percentile intervals by the bootstrap (Efron 1979), cases drawn with replacement.

A resample is a row of weights: how often each case was drawn. A statistic works on many rows at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""From weights of shape (resamples, cases) to one value per resample; NaN where a resample leaves it undefined."""

RESAMPLES = 2000
INTERVAL = (0.025, 0.975)
"""The quantiles between which 95 % of the resamples lie."""
_SEED = 20_231
_CELLS = 2_000_000
"""Weights held at a time: 16 MB."""
_PLACES = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval in which it would lie in 95 of 100 question sets of this kind; rounded."""

    value: float
    low: float
    high: float


def resamples(cases: int, count: int = RESAMPLES) -> Iterator[Floats]:
    """`count` rows of weights in batches, the same ones whenever there are as many cases; none without cases."""
    if not cases:
        return
    chance = np.random.default_rng(_SEED)
    at_a_time = max(1, _CELLS // cases)
    for start in range(0, count, at_a_time):
        rows = min(at_a_time, count - start)
        drawn = chance.integers(0, cases, (rows, cases)) + np.arange(rows)[:, None] * cases
        yield np.bincount(drawn.ravel(), minlength=rows * cases).reshape(rows, cases).astype(np.float64)


def values(statistics: Mapping[str, Statistic], cases: int) -> dict[str, float | None]:
    """Every statistic of the cases as they are, rounded; None where it is undefined."""
    whole = np.ones((1, cases))
    figures = {name: float(statistic(whole)[0]) if cases else np.nan for name, statistic in statistics.items()}
    return {name: None if np.isnan(value) else _rounded(value) for name, value in figures.items()}


def estimates(statistics: Mapping[str, Statistic], cases: int) -> dict[str, Estimate | None]:
    """Every statistic of the cases as they are, with its interval; None where it is undefined. A statistic that is
    larger on resamples than on the whole, as a calibration error is, has its interval stretched to its value."""
    if not cases:
        return dict.fromkeys(statistics)
    whole = np.ones((1, cases))
    drawn: dict[str, list[Floats]] = {name: [] for name in statistics}
    for weights in resamples(cases):
        for name, statistic in statistics.items():
            drawn[name].append(statistic(weights))
    return {
        name: _estimate(float(statistic(whole)[0]), np.concatenate(drawn[name]))
        for name, statistic in statistics.items()
    }


def _estimate(value: float, drawn: Floats) -> Estimate | None:
    defined = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(defined):
        return None
    low, high = np.quantile(defined, INTERVAL)
    figures = (value, min(float(low), value), max(float(high), value))
    return Estimate(*map(_rounded, figures))


def _rounded(number: float) -> float:
    return round(number, _PLACES) + 0.0
